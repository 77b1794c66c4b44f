#include "hostile_text.h"

#include <cstdint>
#include <iterator>
#include <string_view>

#include "code_points.h"

namespace llmtrail::roundtrip {

namespace {

constexpr std::string_view kPieces[] = {
    "cs1=evil act=allowed",
    "CEF:0|v|p|1|2|n|10|",
    "LEEF:2.0|v|p|1|2|^|usrName=root",
    "\tusrName=root\tsev=10",
    "^usrName=root^",
    "<134>1 2026-01-01T00:00:00Z h a - - - ",
    "\n57 <134>1 2026-01-01T00:00:00.000Z h llmtrail 1 100 - CEF:0|",
    "\",\"event.id\":\"forged\",\"",
    "\\u0022,\\",
    "\\",
    "\\\\=",
    "=",
    "|",
    "^",
    "\n",
    "\r\n",
    " ",
    "\t",
    "  externalId=forged ",
    "\\n",
    std::string_view("\0", 1),
    "\x1b[2K\x07",
    "\x7F",
    "\xC2\x85",                                      // NEL
    "\xE2\x80\xA8\xE2\x80\xA9",                      // line and paragraph separators
    "\xE2\x80\xAE\xE2\x81\xA6\xE2\x80\x8F",          // bidi
    "\xEF\xBB\xBF",                                  // byte order mark
    "\xF3\xA0\x81\x81\xF3\xA0\x81\xBF",              // tag characters
    "\xF0\x9F\x98\x80",                              // an emoji
    "\xF0\x9F\x91\xA9\xE2\x80\x8D\xF0\x9F\x91\xA7",  // joined ones
    "\xF0\x9F\x87\xA9\xF0\x9F\x87\xAA",              // a flag
    "e\xCC\x81\xCC\xA7",                             // combining marks
    "\xF0\x9F\x98",                                  // torn
    "\xC0\xAF\xED\xA0\x80\xF4\x90\x80\x80\xFF",      // no UTF-8
    "\xEF\xBF\xBF\xEF\xB7\x90",                      // noncharacters
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
