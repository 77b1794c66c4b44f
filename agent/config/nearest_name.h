// The known name that a mistyped one most likely meant. Pure, any thread.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace llmtrail {

// Letters inserted, removed, changed or swapped with their neighbour, to get from one to the other;
// counting stops at kNameBytesMax bytes of each.
inline constexpr size_t kNearestNameBytesMax = 64;
size_t edit_distance(std::string_view a, std::string_view b);

// "" when none is near enough: a third of the name's length may differ, at least one letter.
std::string nearest_name(std::string_view typed, std::span<const std::string> known);

// "did you mean `paths`?"; else "known: a, b, c" (`what` names them), at most 400 bytes.
std::string name_hint(std::string_view typed, std::span<const std::string> known,
                      std::string_view what);

}  // namespace llmtrail
