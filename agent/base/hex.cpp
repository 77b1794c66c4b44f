#include "base/hex.h"

#include <array>
#include <cstdint>

namespace llmtrail {

std::string to_hex(ByteView bytes) {
    static constexpr char kDigits[] = "0123456789abcdef";
    std::string text(bytes.size() * 2, '\0');
    char* at = text.data();
    for (char c : bytes) {
        auto byte = static_cast<uint8_t>(c);
        *at++ = kDigits[byte >> 4];
        *at++ = kDigits[byte & 15];
    }
    return text;
}

static int hex_value(char c) {
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    if (c >= 'a' && c <= 'f') {
        return c - 'a' + 10;
    }
    return -1;
}

std::optional<Bytes> from_hex(std::string_view text) {
    if (text.size() % 2 != 0) {
        return std::nullopt;
    }
    Bytes bytes;
    bytes.reserve(text.size() / 2);
    for (size_t i = 0; i < text.size(); i += 2) {
        int high = hex_value(text[i]);
        int low = hex_value(text[i + 1]);
        if (high < 0 || low < 0) {
            return std::nullopt;
        }
        bytes.push_back(static_cast<char>(high * 16 + low));
    }
    return bytes;
}

std::string to_base32(ByteView bytes) {
    static constexpr char kDigits[] = "abcdefghijklmnopqrstuvwxyz234567";
    std::string text((bytes.size() * 8 + 4) / 5, '\0');
    char* at = text.data();
    uint32_t window = 0;
    unsigned bits = 0;
    for (char c : bytes) {
        window = (window << 8) | static_cast<uint8_t>(c);
        bits += 8;
        while (bits >= 5) {
            bits -= 5;
            *at++ = kDigits[(window >> bits) & 31];
        }
    }
    if (bits > 0) {
        *at++ = kDigits[(window << (5 - bits)) & 31];
    }
    return text;
}

static constexpr char kBase64[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

std::string to_base64(ByteView bytes) {
    std::string text;
    text.reserve((bytes.size() + 2) / 3 * 4);
    for (size_t i = 0; i < bytes.size(); i += 3) {
        size_t left = bytes.size() - i;
        uint32_t group = static_cast<uint32_t>(static_cast<uint8_t>(bytes[i])) << 16;
        if (left > 1) {
            group |= static_cast<uint32_t>(static_cast<uint8_t>(bytes[i + 1])) << 8;
        }
        if (left > 2) {
            group |= static_cast<uint8_t>(bytes[i + 2]);
        }
        text.push_back(kBase64[(group >> 18) & 63]);
        text.push_back(kBase64[(group >> 12) & 63]);
        text.push_back(left > 1 ? kBase64[(group >> 6) & 63] : '=');
        text.push_back(left > 2 ? kBase64[group & 63] : '=');
    }
    return text;
}

static std::array<int8_t, 256> base64_values() {
    std::array<int8_t, 256> values{};
    values.fill(-1);
    for (int i = 0; i < 64; ++i) {
        values[static_cast<uint8_t>(kBase64[i])] = static_cast<int8_t>(i);
    }
    return values;
}

std::optional<Bytes> from_base64(std::string_view text) {
    static const std::array<int8_t, 256> kValues = base64_values();
    if (text.size() % 4 != 0) {
        return std::nullopt;
    }
    size_t padding = text.ends_with("==") ? 2 : text.ends_with('=') ? 1 : 0;
    Bytes bytes;
    uint32_t window = 0;
    unsigned bits = 0;
    for (char c : text.substr(0, text.size() - padding)) {
        int value = kValues[static_cast<uint8_t>(c)];
        if (value < 0) {
            return std::nullopt;
        }
        window = (window << 6) | static_cast<uint32_t>(value);
        bits += 6;
        if (bits >= 8) {
            bits -= 8;
            bytes.push_back(static_cast<char>((window >> bits) & 255));
        }
    }
    if ((window & ((1U << bits) - 1)) != 0) {
        return std::nullopt;
    }
    return bytes;
}

}  // namespace llmtrail
