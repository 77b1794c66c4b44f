// The members of one element of a list in an application's words (a source, a guardrail result, a
// tool call), sorted into the members of its normal form by a map of names. Used by the
// common_*.cpp files that read such lists. Ingest thread; never fails.
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "bodies/body.h"
#include "json_tree/json_tree.h"
#include "parsers/name_map.h"
#include "parsers/redacted.h"

namespace llmtrail {

// Which member of a normal form these names stand for: normalised, one space between two.
struct MemberNames {
    std::string_view names;
    size_t meaning;
};

// Scalars only, the first of a name; everything else of the element goes to Unmapped.
template <size_t Members>
class Collected {
 public:
    template <typename Map>
    void collect(JsonValue object, const Map& map, std::string_view path, BodyScratch& scratch) {
        for (JsonMember member : object.members()) {
            const size_t* at = map.find(NormalizedKey(member.key));
            if (at != nullptr && !values_[*at].exists() && is_scalar(member.value)) {
                values_[*at] = member.value;
            } else {
                keep_redacted(path, member.key, member.value, scratch.unmapped);
            }
        }
    }

    JsonValue operator[](size_t member) const { return values_[member]; }

    // As text, whatever scalar it is; to be asked once a member. Valid as long as this stands.
    std::string_view text(size_t member) {
        JsonValue value = values_[member];
        if (value.is_string() || !value.exists()) {
            return value.text();
        }
        scalars_.reserve(Members * kScalarBytesMax);  // once: views into it stay
        size_t from = scalars_.size();
        value.append_json(scalars_);
        return std::string_view(scalars_).substr(from);
    }

 private:
    static constexpr size_t kScalarBytesMax = 32;  // of a number or a boolean as JSON text

    static bool is_scalar(const JsonValue& value) {
        return value.is_string() || value.is_number() || value.boolean();
    }

    std::array<JsonValue, Members> values_{};
    std::string scalars_;
};

}  // namespace llmtrail
