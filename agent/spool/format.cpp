#include "spool/format.h"

#include <charconv>

namespace llmtrail {
namespace {

constexpr std::string_view kStemPrefix = "seg-";
constexpr size_t kDigits = 20;

}  // namespace

std::string segment_stem(uint64_t segment_no) {
    std::string digits = std::to_string(segment_no);
    return std::string(kStemPrefix) + std::string(kDigits - digits.size(), '0') + digits;
}

std::optional<uint64_t> segment_number_of(std::string_view name, std::string_view suffix) {
    if (name.size() != kStemPrefix.size() + kDigits + suffix.size() ||
        !name.starts_with(kStemPrefix) || !name.ends_with(suffix)) {
        return std::nullopt;
    }
    std::string_view digits = name.substr(kStemPrefix.size(), kDigits);
    uint64_t number = 0;
    auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    if (error != std::errc() || end != digits.data() + digits.size()) {
        return std::nullopt;
    }
    return number;
}

}  // namespace llmtrail
