#include "hostile_text.h"

#include <cstdint>
#include <iterator>
#include <string_view>

#include "code_points.h"

namespace llmtrail::roundtrip {

namespace {

using std::string_view_literals::operator""sv;

constexpr std::string_view kPieces[] = {
    "cs1=evil act=allowed"sv,
    "CEF:0|v|p|1|2|n|10|"sv,
    "LEEF:2.0|v|p|1|2|^|usrName=root"sv,
    "\tusrName=root\tsev=10"sv,
    "^usrName=root^"sv,
    "<134>1 2026-01-01T00:00:00Z h a - - - "sv,
    "\n57 <134>1 2026-01-01T00:00:00.000Z h llmtrail 1 100 - CEF:0|"sv,
    "\",\"event.id\":\"forged\",\""sv,
    "\\u0022,\\"sv,
    "\\"sv,
    "\\\\="sv,
    "="sv,
    "|"sv,
    "^"sv,
    "\n"sv,
    "\r\n"sv,
    " "sv,
    "\t"sv,
    "  externalId=forged "sv,
    "\\n"sv,
    "\0"sv,
    "\x1b[2K\x07"sv,
    "\x7F"sv,
    "\xC2\x85"sv,                                      // NEL
    "\xE2\x80\xA8\xE2\x80\xA9"sv,                      // line and paragraph separators
    "\xE2\x80\xAE\xE2\x81\xA6\xE2\x80\x8F"sv,          // bidi
    "\xEF\xBB\xBF"sv,                                  // byte order mark
    "\xF3\xA0\x81\x81\xF3\xA0\x81\xBF"sv,              // tag characters
    "\xF0\x9F\x98\x80"sv,                              // an emoji
    "\xF0\x9F\x91\xA9\xE2\x80\x8D\xF0\x9F\x91\xA7"sv,  // joined ones
    "\xF0\x9F\x87\xA9\xF0\x9F\x87\xAA"sv,              // a flag
    "e\xCC\x81\xCC\xA7"sv,                             // combining marks
    "\xF0\x9F\x98"sv,                                  // torn
    "\xC0\xAF\xED\xA0\x80\xF4\x90\x80\x80\xFF"sv,      // no UTF-8
    "\xEF\xBF\xBF\xEF\xB7\x90"sv,                      // noncharacters
};

void append_piece(FakeRandom& random, std::string& text) {
    uint64_t which = random.next();
    switch (which % 5) {
        case 0:
        case 1:
            text += kPieces[(which >> 8) % std::size(kPieces)];
            break;
        case 2:
            text.push_back(static_cast<char>((which >> 8) % 128));
            break;
        case 3: {
            auto value = static_cast<uint32_t>((which >> 8) % 0x110000);
            append_code_point(text, value >= 0xD800 && value <= 0xDFFF ? 0x1F600 : value);
            break;
        }
        default:
            text.append((which >> 8) % 8, static_cast<char>('a' + (which >> 16) % 26));
            break;
    }
}

}  // namespace

void make_hostile_text(FakeRandom& random, size_t cut_at, std::string& text) {
    text.clear();
    uint64_t form = random.next();
    if (form % 16 == 0) {
        text.append(cut_at - (form >> 8) % 4, 'x');
        text += "\xF0\x9F\x98\x80";
    }
    for (uint64_t left = 1 + (form >> 16) % 6; left > 0; --left) {
        append_piece(random, text);
    }
}

}  // namespace llmtrail::roundtrip
