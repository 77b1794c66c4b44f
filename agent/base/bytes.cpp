#include "base/bytes.h"

namespace llmtrail {

void put_varint(Bytes& out, uint64_t value) {
    while (value >= 0x80) {
        out.push_back(static_cast<char>(value | 0x80));
        value >>= 7;
    }
    out.push_back(static_cast<char>(value));
}

uint64_t ByteReader::varint() {
    uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
        if (at_ >= bytes_.size()) {
            break;
        }
        auto byte = static_cast<uint8_t>(bytes_[at_++]);
        value |= static_cast<uint64_t>(byte & 0x7f) << shift;
        if ((byte & 0x80) == 0) {
            return value;
        }
    }
    ok_ = false;
    at_ = bytes_.size();
    return 0;
}

ByteView ByteReader::take(uint64_t size) {
    if (size > remaining()) {
        ok_ = false;
        at_ = bytes_.size();
        return {};
    }
    ByteView taken = bytes_.substr(at_, static_cast<size_t>(size));
    at_ += static_cast<size_t>(size);
    return taken;
}

}  // namespace llmtrail
