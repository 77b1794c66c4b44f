// The members of one element of a list in an application's words (a source, a guardrail result, a
// tool call), sorted into the members of its normal form by a table of names. Used by the
// common_*.cpp files that read such lists. Ingest thread; never fails.
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "bodies/body.h"
#include "json_tree/json_tree.h"
#include "parsers/common_name_table.h"
#include "parsers/redacted.h"

namespace llmtrail {

// Which member of a normal form these names stand for: normalised, one space between two.
struct MemberNames {
    std::string_view names;
    size_t member;
};

// Scalars only, the first of a name; everything else of the element goes to Unmapped.
template <size_t Members>
struct Collected {
    std::array<JsonValue, Members> values{};

    template <typename Table>
    void collect(JsonValue object, const Table& table, std::string_view path,
                 BodyScratch& scratch) {
        for (JsonMember member : object.members()) {
            size_t at = member_of(table, NormalizedKey(member.key).text());
            if (at < Members && !values[at].exists() && is_scalar(member.value)) {
                values[at] = member.value;
            } else {
                keep_redacted(path, member.key, member.value, scratch.unmapped);
            }
        }
    }

    static bool is_scalar(JsonValue value) {
        return value.is_string() || value.is_number() || value.boolean();
    }

    template <typename Table>
    static size_t member_of(const Table& table, std::string_view key) {
        for (const MemberNames& row : table) {
            if (names_contain(row.names, key)) {
                return row.member;
            }
        }
        return Members;
    }
};

// A scalar as text; numbers and booleans in `storage`.
inline std::string_view as_text(JsonValue value, std::string& storage) {
    if (value.is_string() || !value.exists()) {
        return value.text();
    }
    storage = value.json();
    return storage;
}

}  // namespace llmtrail
