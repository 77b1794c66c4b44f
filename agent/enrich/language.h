// Which language a text is written in, when that can be told: by its script where a script belongs
// to one language, else by CLD2. Nothing below the threshold is said. Called by the ingest thread
// for prompts whose source says nothing; pure, any thread; never fails.
//
// Costs about 20 us a call whatever the length (CLD2 clears its tables): docs/bench.md.
#pragma once

#include <optional>
#include <string_view>

namespace llmtrail {

struct DetectedLanguage {
    std::string_view code;  // BCP 47, constant text
    double confidence = 0;  // 0..1: the share of the text that is in it
};

inline constexpr size_t kLanguageBytesLookedAt = 1024;   // of the text's beginning
inline constexpr double kLanguageConfidenceLeast = 0.8;  // a mixed text has no language
inline constexpr size_t kLanguageLettersLeast = 8;       // of a script that many languages share
inline constexpr size_t kLanguageOwnScriptLettersLeast = 2;  // of one that belongs to one language

// Nothing: too short, mixed, no words, not told reliably, or no valid UTF-8.
std::optional<DetectedLanguage> detect_language(std::string_view text);

}  // namespace llmtrail
