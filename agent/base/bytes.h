// Bytes in and out of fixed formats. A ByteView is a view, never owned; a Bytes is a buffer.
// ByteReader never reads past its end: after the first short read every further read fails.
// Little-endian throughout (docs/spool-format.md). Pure, any thread.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>

namespace llmtrail {

using Bytes = std::string;
using ByteView = std::string_view;

static_assert(std::endian::native == std::endian::little, "formats are written in host order");

template <typename Integer>
void put_integer(Bytes& out, Integer value) {
    char raw[sizeof value];
    std::memcpy(raw, &value, sizeof value);
    out.append(raw, sizeof value);
}

inline void put_u8(Bytes& out, uint8_t v) {
    out.push_back(static_cast<char>(v));
}

inline void put_u16(Bytes& out, uint16_t v) {
    put_integer(out, v);
}

inline void put_u32(Bytes& out, uint32_t v) {
    put_integer(out, v);
}

inline void put_u64(Bytes& out, uint64_t v) {
    put_integer(out, v);
}

inline void put_i64(Bytes& out, int64_t v) {
    put_integer(out, v);
}

// LEB128, at most 10 bytes.
void put_varint(Bytes& out, uint64_t value);

// varint length, then the bytes
inline void put_sized(Bytes& out, ByteView bytes) {
    put_varint(out, bytes.size());
    out.append(bytes);
}

class ByteReader {
 public:
    explicit ByteReader(ByteView bytes) : bytes_(bytes) {}

    bool ok() const { return ok_; }

    bool at_end() const { return at_ == bytes_.size(); }

    size_t position() const { return at_; }

    size_t remaining() const { return bytes_.size() - at_; }

    uint8_t u8() { return integer<uint8_t>(); }

    uint16_t u16() { return integer<uint16_t>(); }

    uint32_t u32() { return integer<uint32_t>(); }

    uint64_t u64() { return integer<uint64_t>(); }

    int64_t i64() { return integer<int64_t>(); }

    uint64_t varint();
    ByteView take(uint64_t size);  // empty and !ok() when fewer remain

    ByteView sized() { return take(varint()); }

 private:
    template <typename Integer>
    Integer integer() {
        Integer value{};
        ByteView raw = take(sizeof value);
        if (ok_) {
            std::memcpy(&value, raw.data(), sizeof value);
        }
        return value;
    }

    ByteView bytes_;
    size_t at_ = 0;
    bool ok_ = true;
};

}  // namespace llmtrail
