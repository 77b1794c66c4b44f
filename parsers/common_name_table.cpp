#include "parsers/common_name_table.h"

#include "parsers/common_name_rows.h"

namespace llmtrail {

namespace {

constexpr auto kNames = [] {
    NameMap<uint16_t, 2048> map;  // to the number in kNameRows
    for (size_t row = 0; row < kNameRows.size(); ++row) {
        map.add(kNameRows[row].names, static_cast<uint16_t>(row),
                static_cast<uint8_t>(kNameRows[row].scope));
    }
    return map;
}();

static_assert(kNames.is_sound(),
              "a name stands twice in one scope: its second meaning would never be asked for");

}  // namespace

const NameRow* find_common_name(NameScope scope, const NormalizedKey& key) {
    const uint16_t* number = kNames.find(key, static_cast<uint8_t>(scope));
    return number == nullptr ? nullptr : &kNameRows[*number];
}

}  // namespace llmtrail
