// The four separately encrypted parts of a record, and who may open them (design:
// docs/spool-format.md, "Sections and roles"). The order is part of the leaf and of the frame
// format: frozen.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace llmtrail {

enum class Section : uint8_t {
    kEnvelope =
        0,        // who, when, which model, tokens, outcome, guardrail and finding labels, purpose
    kPrompt = 1,  // system instructions, input messages, tool arguments, old and new setting values
    kSources = 2,  // data sources, tool results, what no parser mapped
    kOutput = 3,   // answers, edits, feedback comments, error text
};

inline constexpr size_t kSectionCount = 4;
inline constexpr std::array<Section, kSectionCount> kSections = {
    Section::kEnvelope, Section::kPrompt, Section::kSources, Section::kOutput};

constexpr std::string_view section_name(Section section) {
    switch (section) {
        case Section::kEnvelope:
            return "envelope";
        case Section::kPrompt:
            return "prompt";
        case Section::kSources:
            return "sources";
        case Section::kOutput:
            return "output";
    }
    return "";
}

}  // namespace llmtrail
