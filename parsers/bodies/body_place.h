// Where a body reader stands in its document: the source path, the record being filled and the
// shared scratch, so that each JSON leaf ends in a field or, under its path, in Unmapped. Used by
// the vendor body readers and the otlp and bedrock parsers. The path is a chain of stack objects,
// spelled out only for what no field takes: a child refers to its parent and must not outlive it.
// Ingest thread; never fails.
#pragma once

#include <cstddef>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>

#include "bodies/body.h"
#include "json_tree/json_tree.h"
#include "record/audit_record.h"

namespace llmtrail {

// One simple member of a vendor's object and the field that takes it.
struct MemberField {
    std::string_view key;
    Field field;
};

class BodyPlace {
 public:
    BodyPlace(std::string_view root, BodyScratch& scratch, AuditRecord& record)
        : key_(root), scratch_(&scratch), record_(&record) {}

    BodyPlace below(std::string_view key) const { return BodyPlace(this, key, kNoIndex); }

    BodyPlace below(size_t index) const { return BodyPlace(this, {}, index); }

    // At most kUnmappedPathBytesMax + 1 bytes: a longer path ends there, and Unmapped refuses it.
    std::string path() const;

    BodyScratch& scratch() const { return *scratch_; }

    AuditRecord& record() const { return *record_; }

    // Leaves of `value` to Unmapped, under this path or under this path and `key`.
    void keep(JsonValue value) const;
    void keep(std::string_view key, JsonValue value) const;

    // Members of `object` that are not among `known`; all of it when it is no object.
    void keep_others(JsonValue object, std::initializer_list<std::string_view> known) const;
    // Members that were read as texts and are none.
    void keep_unless_text(JsonValue object, std::initializer_list<std::string_view> keys) const;

    // Calls `read(member)` for each member: one for which it says false is kept, and so is a value
    // that is no object.
    template <typename Read>
    void read_members(JsonValue object, Read&& read) const {
        for (JsonMember member : object.members()) {
            if (!read(member)) {
                keep(member.key, member.value);
            }
        }
        if (!object.is_object()) {
            keep(object);
        }
    }

    void fill_or_keep(Field field, std::string_view key, JsonValue value) const;
    // True when the table names `key`: the value went to its field, or to Unmapped.
    bool fill_member(std::span<const MemberField> table, std::string_view key,
                     JsonValue value) const;

 private:
    static constexpr size_t kNoIndex = static_cast<size_t>(-1);

    BodyPlace(const BodyPlace* parent, std::string_view key, size_t index)
        : parent_(parent),
          key_(key),
          index_(index),
          scratch_(parent->scratch_),
          record_(parent->record_) {}

    void append_path(std::string& out) const;

    const BodyPlace* parent_ = nullptr;
    std::string_view key_;
    size_t index_ = kNoIndex;
    BodyScratch* scratch_;
    AuditRecord* record_;
};

// A duration in milliseconds as event.duration.
void fill_milliseconds(const BodyPlace& place, std::string_view key, JsonValue value);

// Token counters of one answer as the vendor gave them, each with the key it had; absent ones stay
// empty.
struct UsageCounts {
    JsonMember input;
    JsonMember output;
    JsonMember total;
    JsonMember cache_read;
    JsonMember cache_write;
    bool input_excludes_cache = false;  // Anthropic and Bedrock count cached tokens apart
};

// Fills the usage fields. gen_ai.usage.input_tokens includes cached tokens: the counter as given is
// kept when it differs from that, and so are counters that disagree with the record.
void store_usage(const BodyPlace& place, const UsageCounts& counts);

}  // namespace llmtrail
