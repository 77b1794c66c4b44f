#include "tail/bracket_scanner.h"

#include <algorithm>
#include <bit>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace llmtrail {

namespace {

constexpr size_t kBlockBytes = 64;

struct Masks {  // bit n: byte n of the block is one
    uint64_t quotes = 0;
    uint64_t backslashes = 0;
    uint64_t newlines = 0;
    uint64_t brackets = 0;
};

#if defined(__SSE2__)

uint64_t bits(__m128i equal) {
    return static_cast<uint32_t>(_mm_movemask_epi8(equal));
}

Masks masks_of(const char* bytes) {
    const __m128i quote = _mm_set1_epi8('"');
    const __m128i backslash = _mm_set1_epi8('\\');
    const __m128i newline = _mm_set1_epi8('\n');
    const __m128i open = _mm_set1_epi8('{');
    const __m128i close = _mm_set1_epi8('}');
    const __m128i square_to_curly = _mm_set1_epi8(0x20);
    Masks masks;
    for (unsigned lane = 0; lane < 4; ++lane) {
        const __m128i raw =
            _mm_loadu_si128(reinterpret_cast<const __m128i*>(bytes + size_t{16} * lane));
        const __m128i curly = _mm_or_si128(raw, square_to_curly);
        const __m128i bracket =
            _mm_or_si128(_mm_cmpeq_epi8(curly, open), _mm_cmpeq_epi8(curly, close));
        const unsigned shift = 16 * lane;
        masks.quotes |= bits(_mm_cmpeq_epi8(raw, quote)) << shift;
        masks.backslashes |= bits(_mm_cmpeq_epi8(raw, backslash)) << shift;
        masks.newlines |= bits(_mm_cmpeq_epi8(raw, newline)) << shift;
        masks.brackets |= bits(bracket) << shift;
    }
    return masks;
}

#else

Masks masks_of(const char* bytes) {
    Masks masks;
    for (size_t i = 0; i < kBlockBytes; ++i) {
        const auto is = [&](char c) { return uint64_t{bytes[i] == c} << i; };
        masks.quotes |= is('"');
        masks.backslashes |= is('\\');
        masks.newlines |= is('\n');
        masks.brackets |= is('{') | is('}') | is('[') | is(']');
    }
    return masks;
}

#endif

// Bit n: byte n is escaped by a backslash before it. An escaped backslash escapes nothing.
uint64_t escaped_by(uint64_t backslashes, uint64_t& carry) {
    uint64_t escaped = carry;
    carry = 0;
    for (uint64_t left = backslashes & ~escaped; left != 0;) {
        const uint64_t lowest = left & (~left + 1);
        const uint64_t next = lowest << 1;
        carry |= lowest >> 63;
        escaped |= next;
        left &= ~(lowest | next);
    }
    return escaped;
}

// Bit n: an odd number of bits is set at or below n.
uint64_t parity_up_to(uint64_t bits_set) {
    for (unsigned shift = 1; shift < 64; shift *= 2) {
        bits_set ^= bits_set << shift;
    }
    return bits_set;
}

bool is_white(char byte) {
    return byte == ' ' || byte == '\n' || byte == '\r' || byte == '\t';
}

}  // namespace

void BracketScanner::begin(uint64_t resync_bytes, uint64_t endless_bytes) {
    *this = BracketScanner();
    resync_bytes_ = resync_bytes;
    endless_bytes_ = endless_bytes;
}

BracketScanner::Block BracketScanner::look(const char* bytes, size_t size) {
    char padded[kBlockBytes];
    if (size < kBlockBytes) {
        std::memset(padded, ' ', sizeof padded);
        std::memcpy(padded, bytes, size);
        bytes = padded;
    }
    const Masks masks = masks_of(bytes);
    const uint64_t escaped = escaped_by(masks.backslashes, escape_carry_);
    Block block;
    block.in_string = parity_up_to(masks.quotes & ~escaped) ^ string_carry_;
    block.events = masks.newlines | ((masks.brackets | masks.backslashes) & ~block.in_string);
    string_carry_ = 0 - (block.in_string >> 63);
    if (size < kBlockBytes) {
        escape_carry_ =
            (escaped >> size) & 1;  // of the first byte after these, not after the padding
    }
    return block;
}

BracketScanner::Found BracketScanner::scan(ByteView bytes) {
    // Given up at that very length, however the bytes were cut, when there is a newline to go back
    // to.
    const uint64_t until_endless = endless_bytes_ > scanned_ ? endless_bytes_ - scanned_ : 0;
    const Found found = scan_part(bytes.substr(0, until_endless));
    if (found != Found::kNothing || bytes.size() < until_endless) {
        return found;
    }
    if (resync_at_ != 0) {
        return Found::kEndless;
    }
    return scan_part(bytes.substr(until_endless));
}

BracketScanner::Found BracketScanner::scan_part(ByteView bytes) {
    significant_from_ = 0;
    if (check_next_ && !bytes.empty()) {
        check_next_ = false;
        if (!start_line(bytes[0])) {
            return Found::kBroken;
        }
    }
    const uint64_t before = scanned_;
    for (size_t at = 0; at < bytes.size(); at += kBlockBytes) {
        const size_t size = std::min(kBlockBytes, bytes.size() - at);
        const Block block = look(bytes.data() + at, size);
        for (uint64_t events = block.events; events != 0; events &= events - 1) {
            const auto index = static_cast<unsigned>(std::countr_zero(events));
            scanned_ = before + at + index;
            const Found found = event(bytes, at + index, ((block.in_string >> index) & 1) != 0);
            if (found != Found::kNothing) {
                return found;
            }
        }
    }
    remember_significant(bytes, bytes.size());
    scanned_ = before + bytes.size();
    return Found::kNothing;
}

BracketScanner::Found BracketScanner::event(ByteView bytes, size_t at, bool in_string) {
    switch (bytes[at]) {
        case '{':
            return open(false);
        case '[':
            return open(true);
        case '}':
            return close(false);
        case ']':
            return close(true);
        case '\n':
            return newline(bytes, at, in_string);
        default:
            return Found::kBroken;  // a backslash outside a string
    }
}

BracketScanner::Found BracketScanner::open(bool array) {
    if (depth_ == kBracketDepthMax) {
        return Found::kBroken;
    }
    uint64_t& word = arrays_[depth_ / 64];
    const uint64_t bit = uint64_t{1} << (depth_ % 64);
    word = array ? word | bit : word & ~bit;
    ++depth_;
    return Found::kNothing;
}

BracketScanner::Found BracketScanner::close(bool array) {
    const size_t top = depth_ - 1;  // depth_ is at least 1: the document ends when it becomes 0
    if ((((arrays_[top / 64] >> (top % 64)) & 1) != 0) != array) {
        return Found::kBroken;
    }
    depth_ = top;
    if (depth_ == 0) {
        ++scanned_;
        return Found::kEnd;
    }
    return Found::kNothing;
}

BracketScanner::Found BracketScanner::newline(ByteView bytes, size_t at, bool in_string) {
    if (in_string) {
        return Found::kBroken;
    }
    if (resync_at_ == 0 && scanned_ >= resync_bytes_) {
        resync_at_ = scanned_;
    }
    if (scanned_ >= endless_bytes_) {
        return Found::kEndless;
    }
    remember_significant(bytes, at);
    significant_from_ = at + 1;
    if (at + 1 == bytes.size()) {
        check_next_ = true;
    } else if (!start_line(bytes[at + 1])) {
        ++scanned_;
        return Found::kBroken;
    }
    return Found::kNothing;
}

bool BracketScanner::start_line(char byte) {
    saw_open_at_column_0_ = saw_open_at_column_0_ || byte == '{' || byte == '[';
    return may_start_line(byte);
}

bool BracketScanner::may_start_line(char byte) const {
    const bool in_array = ((arrays_[(depth_ - 1) / 64] >> ((depth_ - 1) % 64)) & 1) != 0;
    const bool value_may_follow =
        significant_ == '[' || significant_ == ':' || (significant_ == ',' && in_array);
    switch (byte) {
        case ' ':
        case '\t':
        case '\r':
        case '\n':
        case '}':
        case ']':
        case ',':
        case ':':
            return true;
        case '"':
            return value_may_follow || significant_ == '{' || significant_ == ',';
        case '{':
        case '[':
        case '-':
        case 't':
        case 'f':
        case 'n':
            return value_may_follow;
        default:
            return byte >= '0' && byte <= '9' && value_may_follow;
    }
}

// Each byte is looked at once, since significant_from_ moves on with every newline.
void BracketScanner::remember_significant(ByteView bytes, size_t end) {
    for (size_t i = end; i > significant_from_; --i) {
        if (!is_white(bytes[i - 1])) {
            significant_ = bytes[i - 1];
            return;
        }
    }
}

}  // namespace llmtrail
