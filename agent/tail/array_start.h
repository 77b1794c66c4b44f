// Whether a '[' begins a JSON array or a line of text such as "[GIN] 2026/01/02": the token behind
// it decides (docs/splitting.md, rule 3). Used by DocumentSplitter alone; pure, one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace llmtrail {

inline constexpr size_t kFirstNumberBytesMax = 32;  // a longer one is taken for JSON

class ArrayStart {
 public:
    enum class Verdict : uint8_t { kOpen, kArray, kText };

    // The bytes behind the bracket, one by one, until it says what they are.
    Verdict take(char byte);

 private:
    enum class State : uint8_t {
        kFirst,
        kSign,
        kInteger,
        kPoint,
        kFraction,
        kExponent,
        kPower,
        kWord
    };

    Verdict first(char byte);
    Verdict number(char byte);
    Verdict word(char byte);

    State state_ = State::kFirst;
    size_t number_bytes_ = 0;
    std::string_view rest_;  // of the word
};

}  // namespace llmtrail
