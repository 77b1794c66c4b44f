#include "code_points.h"

namespace llmtrail::roundtrip {

namespace {

// A row of table 3-7: lead bytes, and what the second byte may be. Bytes after it are 80 to BF.
struct Row {
    uint8_t lead_first, lead_last;
    uint8_t second_first, second_last;
    size_t bytes;
};

constexpr Row kRows[] = {
    {0xC2, 0xDF, 0x80, 0xBF, 2}, {0xE0, 0xE0, 0xA0, 0xBF, 3}, {0xE1, 0xEC, 0x80, 0xBF, 3},
    {0xED, 0xED, 0x80, 0x9F, 3}, {0xEE, 0xEF, 0x80, 0xBF, 3}, {0xF0, 0xF0, 0x90, 0xBF, 4},
    {0xF1, 0xF3, 0x80, 0xBF, 4}, {0xF4, 0xF4, 0x80, 0x8F, 4},
};

constexpr uint32_t kLeadBits[] = {0, 0, 0x1F, 0x0F, 0x07};

}  // namespace

CodePoint code_point_at(std::string_view text, size_t at) {
    auto byte = [&](size_t i) { return static_cast<uint8_t>(text[i]); };
    uint8_t lead = byte(at);
    if (lead < 0x80) {
        return {lead, 1, true};
    }
    for (const Row& row : kRows) {
        if (lead < row.lead_first || lead > row.lead_last) {
            continue;
        }
        uint32_t value = lead & kLeadBits[row.bytes];
        for (size_t i = 1; i < row.bytes; ++i) {
            uint8_t first = i == 1 ? row.second_first : 0x80;
            uint8_t last = i == 1 ? row.second_last : 0xBF;
            if (at + i == text.size() || byte(at + i) < first || byte(at + i) > last) {
                return {kReplacement, i, false};
            }
            value = value * 64 + byte(at + i) % 64;
        }
        return {value, row.bytes, true};
    }
    return {};
}

void append_code_point(std::string& out, uint32_t value) {
    if (value < 0x80) {
        out.push_back(static_cast<char>(value));
        return;
    }
    size_t bytes = value < 0x800 ? 2 : value < 0x10000 ? 3 : 4;
    constexpr uint8_t kLeads[] = {0, 0, 0xC0, 0xE0, 0xF0};
    out.push_back(static_cast<char>(kLeads[bytes] | value >> (6 * (bytes - 1))));
    for (size_t left = bytes - 1; left > 0; --left) {
        out.push_back(static_cast<char>(0x80 | (value >> (6 * (left - 1))) % 64));
    }
}

bool is_well_formed(std::string_view text) {
    for (size_t at = 0; at < text.size();) {
        CodePoint found = code_point_at(text, at);
        if (!found.well_formed) {
            return false;
        }
        at += found.bytes;
    }
    return true;
}

bool deceives(uint32_t value) {
    return (value >= 0x80 && value <= 0x9F) || value == 0x61C || value == 0x200E ||
           value == 0x200F || (value >= 0x2028 && value <= 0x202E) ||
           (value >= 0x2066 && value <= 0x2069) || value == 0xFEFF ||
           (value >= 0xE0000 && value <= 0xE007F);
}

}  // namespace llmtrail::roundtrip
