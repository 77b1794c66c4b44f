// Which records a search wants: conditions on envelope fields, a span of time, words in content.
// Filled in from the command line, asked for each record. Pure; one thread. Errors of parsing are
// kInvalidArgument, in words for a person.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "base/time.h"
#include "record/audit_record.h"

namespace llmtrail {

// A value, or what a value begins with: "gpt-4*". A star that is meant is written "\*".
class ValuePattern {
 public:
    explicit ValuePattern(std::string_view text);

    bool matches(std::string_view value) const {
        return prefix_ ? value.starts_with(text_) : value == text_;
    }

 private:
    std::string text_;
    bool prefix_ = false;
};

// Words as they may stand in a section's bytes: as they are, or inside JSON. Letters A to Z match
// in both cases.
class TextPattern {
 public:
    explicit TextPattern(std::string_view words);

    bool found_in(ByteView section) const;

 private:
    std::string words_;
    std::string escaped_;
};

class RecordFilter {
 public:
    // "NAME=VALUE" with the name of an envelope field. Several values of one name: any of them.
    Result<void> add_field(std::string_view condition);
    void add_kind(std::string_view value);
    void add_user(std::string_view value);   // identifier, e-mail address or name
    void add_model(std::string_view value);  // asked for or answering
    // "2026-01-31", "2026-01-31T10:00:00Z"; without a zone: UTC. From `since` on, up to and without
    // `until`.
    Result<void> set_since(std::string_view time);
    Result<void> set_until(std::string_view time);

    void add_text(std::string_view words) { texts_.emplace_back(words); }

    bool wants_text() const { return !texts_.empty(); }

    bool matches_envelope(const AuditRecord& record) const;

    // Each of the words stands in at least one of these sections.
    template <typename Sections>
    bool matches_text(const Sections& sections) const {
        for (const TextPattern& text : texts_) {
            bool found = false;
            for (ByteView section : sections) {
                found = found || text.found_in(section);
            }
            if (!found) {
                return false;
            }
        }
        return true;
    }

 private:
    struct Condition {
        std::string name;
        std::vector<Field> fields;  // any of them
        std::vector<ValuePattern> values;
    };

    void add(std::string_view name, std::vector<Field> fields, std::string_view value);

    std::vector<Condition> conditions_;
    std::optional<UnixNanos> since_;
    std::optional<UnixNanos> until_;
    std::vector<TextPattern> texts_;
};

}  // namespace llmtrail
