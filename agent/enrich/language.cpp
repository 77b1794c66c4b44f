#include "enrich/language.h"

// CLD2's header uses FILE and does not include it.
// clang-format off
#include <cstdio>
#include <cld2/public/compact_lang_det.h>
#include <cld2/public/encodings.h>
// clang-format on

#include <array>
#include <cstdint>

#include "base/utf8.h"

namespace llmtrail {

namespace {

// Scripts that one living language is written in (Unicode 15 blocks).
struct OwnScript {
    uint32_t first;
    uint32_t last;
    std::string_view language;
};

constexpr auto kOwnScripts = std::to_array<OwnScript>({
    {0x0370, 0x03FF, "el"},  // Greek
    {0x0530, 0x058F, "hy"},  // Armenian
    {0x0A00, 0x0A7F, "pa"},  // Gurmukhi
    {0x0A80, 0x0AFF, "gu"},  // Gujarati
    {0x0B00, 0x0B7F, "or"},  // Odia
    {0x0B80, 0x0BFF, "ta"},  // Tamil
    {0x0C00, 0x0C7F, "te"},  // Telugu
    {0x0C80, 0x0CFF, "kn"},  // Kannada
    {0x0D00, 0x0D7F, "ml"},  // Malayalam
    {0x0D80, 0x0DFF, "si"},  // Sinhala
    {0x0E00, 0x0E7F, "th"},  // Thai
    {0x0E80, 0x0EFF, "lo"},  // Lao
    {0x10A0, 0x10FF, "ka"},  // Georgian
    {0x1780, 0x17FF, "km"},  // Khmer
    {0x3040, 0x30FF, "ja"},  // Hiragana, Katakana
    {0xAC00, 0xD7AF, "ko"},  // Hangul
});

bool is_ascii_letter(uint32_t c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

bool is_han(uint32_t c) {
    return (c >= 0x3400 && c <= 0x4DBF) || (c >= 0x4E00 && c <= 0x9FFF);
}

// What the letters of a text are; everything from U+00C0 on that is no punctuation counts as one.
struct Letters {
    size_t all = 0;
    size_t han = 0;
    std::array<size_t, kOwnScripts.size()> own{};
};

bool is_other_letter(uint32_t c) {
    bool sign = c == 0xD7 || c == 0xF7 || (c >= 0x2000 && c <= 0x2BFF) ||
                (c >= 0x3000 && c <= 0x303F) || (c >= 0xE000 && c <= 0xF8FF) ||
                (c >= 0xFE00 && c <= 0xFE0F) || (c >= 0xFF00 && c <= 0xFF20) || c >= 0x1F000;
    return c >= 0xC0 && !sign;
}

void count(uint32_t c, Letters& letters) {
    if (is_ascii_letter(c)) {
        ++letters.all;
        return;
    }
    if (!is_other_letter(c)) {
        return;
    }
    ++letters.all;
    if (is_han(c)) {
        ++letters.han;
    }
    for (size_t i = 0; i < kOwnScripts.size(); ++i) {
        if (c >= kOwnScripts[i].first && c <= kOwnScripts[i].last) {
            ++letters.own[i];
            return;
        }
    }
}

// Of valid UTF-8: the code point at `at`, which moves behind it.
uint32_t next_code_point(std::string_view text, size_t& at) {
    auto byte = [&] { return static_cast<uint8_t>(text[at++]); };
    uint32_t lead = byte();
    if (lead < 0x80) {
        return lead;
    }
    size_t more = lead >= 0xF0 ? 3 : lead >= 0xE0 ? 2 : 1;
    uint32_t c = lead & (0x3FU >> more);
    while (more-- > 0) {
        c = (c << 6) | (byte() & 0x3FU);
    }
    return c;
}

Letters letters_of(std::string_view text) {
    Letters letters;
    for (size_t at = 0; at < text.size();) {
        count(next_code_point(text, at), letters);
    }
    return letters;
}

// Japanese is Han with kana between, Korean may have some Han.
std::optional<DetectedLanguage> by_script(const Letters& letters) {
    for (size_t i = 0; i < kOwnScripts.size(); ++i) {
        std::string_view language = kOwnScripts[i].language;
        bool with_han = language == "ja" || language == "ko";
        size_t own = letters.own[i];
        size_t fitting = own + (with_han && own > 0 ? letters.han : 0);
        double share =
            letters.all == 0 ? 0 : static_cast<double>(fitting) / static_cast<double>(letters.all);
        if (own >= kLanguageOwnScriptLettersLeast && share >= kLanguageConfidenceLeast) {
            return DetectedLanguage{language, share};
        }
    }
    return std::nullopt;
}

// CLD2 has a few codes that were withdrawn, and some that are no languages (un, xxx, xx-Cham).
std::string_view bcp47(std::string_view code) {
    if (code == "iw") {
        return "he";
    }
    if (code == "jw") {
        return "jv";
    }
    bool none = code == "un" || code.starts_with("xx");
    return none ? std::string_view() : code;
}

std::optional<DetectedLanguage> by_words(std::string_view text) {
    constexpr bool kPlainText = true;
    CLD2::CLDHints hints{nullptr, nullptr, CLD2::UNKNOWN_ENCODING, CLD2::UNKNOWN_LANGUAGE};
    std::array<CLD2::Language, 3> languages{};
    std::array<int, 3> percents{};
    std::array<double, 3> scores{};
    int text_bytes = 0;
    bool reliable = false;
    CLD2::ExtDetectLanguageSummary(text.data(), static_cast<int>(text.size()), kPlainText, &hints,
                                   0, languages.data(), percents.data(), scores.data(), nullptr,
                                   &text_bytes, &reliable);
    double share = percents[0] / 100.0;
    std::string_view code = bcp47(CLD2::LanguageCode(languages[0]));
    if (!reliable || code.empty() || share < kLanguageConfidenceLeast) {
        return std::nullopt;
    }
    return DetectedLanguage{code, share};
}

}  // namespace

std::optional<DetectedLanguage> detect_language(std::string_view text) {
    text = utf8_prefix_bytes(text, kLanguageBytesLookedAt);
    if (!is_valid_utf8(text)) {
        return std::nullopt;
    }
    Letters letters = letters_of(text);
    if (std::optional<DetectedLanguage> own = by_script(letters)) {
        return own;
    }
    // A Han character says as much as several letters.
    if (letters.all + 3 * letters.han < kLanguageLettersLeast) {
        return std::nullopt;
    }
    return by_words(text);
}

}  // namespace llmtrail
