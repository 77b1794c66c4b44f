// UTF-8 to code points and back, by table 3-7 of the Unicode standard. For the readers of the round
// trip, which share nothing with the program's own code.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace llmtrail::roundtrip {

inline constexpr uint32_t kReplacement = 0xFFFD;

struct CodePoint {
    uint32_t value = kReplacement;
    size_t bytes = 1;  // of the input; of an ill-formed one, its maximal subpart
    bool well_formed = false;
};

CodePoint code_point_at(std::string_view text, size_t at);  // at < text.size()

void append_code_point(std::string& out, uint32_t value);

bool is_well_formed(std::string_view text);

// What docs/outputs.md, "Characters", calls able to deceive a reader: invisible, backwards, or a
// line end.
bool deceives(uint32_t value);

}  // namespace llmtrail::roundtrip
