#include "bodies/event_stream.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <optional>

#include "base/hex.h"
#include "base/json_text.h"

namespace llmtrail {

namespace {

constexpr size_t kPreludeBytes = 12;
constexpr size_t kChecksumBytes = 4;
constexpr size_t kMessageBytesMin = kPreludeBytes + kChecksumBytes;
constexpr size_t kMessageBytesMax = size_t{24} << 20;
constexpr size_t kHeadersBytesMax = size_t{128} << 10;

// Random letters that hide how long the payload is; they stand in payloads as "p".
constexpr std::string_view kPadding = "p";

constexpr std::array<uint32_t, 256> crc_table() {
    constexpr uint32_t kPolynomial = 0xEDB88320;  // IEEE 802.3, reflected
    std::array<uint32_t, 256> table{};
    for (uint32_t byte = 0; byte < table.size(); ++byte) {
        uint32_t crc = byte;
        for (int bit = 0; bit < 8; ++bit) {
            crc = (crc >> 1) ^ ((crc & 1) != 0 ? kPolynomial : 0);
        }
        table[byte] = crc;
    }
    return table;
}

uint32_t crc32(std::string_view bytes) {
    static constexpr std::array<uint32_t, 256> kTable = crc_table();
    uint32_t crc = 0xFFFFFFFF;
    for (char c : bytes) {
        crc = kTable[(crc ^ static_cast<uint8_t>(c)) & 255] ^ (crc >> 8);
    }
    return ~crc;
}

template <typename Integer>
Integer big_endian(std::string_view bytes, size_t at) {
    Integer value = 0;
    for (size_t i = 0; i < sizeof value; ++i) {
        value = static_cast<Integer>((value << 8) | static_cast<uint8_t>(bytes[at + i]));
    }
    return value;
}

struct Prelude {
    size_t message_bytes = 0;
    size_t headers_bytes = 0;
};

// Nothing when the lengths cannot be a message's.
std::optional<Prelude> prelude_of(std::string_view bytes) {
    if (bytes.size() < kPreludeBytes) {
        return std::nullopt;
    }
    Prelude prelude{big_endian<uint32_t>(bytes, 0), big_endian<uint32_t>(bytes, 4)};
    bool possible = prelude.message_bytes >= kMessageBytesMin &&
                    prelude.message_bytes <= kMessageBytesMax &&
                    prelude.headers_bytes <= kHeadersBytesMax &&
                    prelude.headers_bytes <= prelude.message_bytes - kMessageBytesMin;
    return possible ? std::optional(prelude) : std::nullopt;
}

bool is_sound(std::string_view prelude) {
    return crc32(prelude.substr(0, 8)) == big_endian<uint32_t>(prelude, 8);
}

// How many bytes the text's base64 digits give; what follows them is `rest`.
std::string bytes_of(std::string_view text, std::string_view& rest) {
    constexpr std::string_view kDigits =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    size_t digits = std::min(text.find_first_not_of(kDigits), text.size());
    size_t end = digits - digits % 4;
    std::string_view last = text.substr(end, 4);
    if (last.size() == 4 && last.ends_with('=')) {
        if (auto bytes = from_base64(text.substr(0, end + 4))) {
            rest = text.substr(end + 4);
            return std::move(*bytes);
        }
    }
    rest = text.substr(end);
    return from_base64(text.substr(0, end)).value_or(std::string());
}

// How long a header's value is, with its own length before it; nothing for an unknown type.
std::optional<size_t> value_bytes(uint8_t type, std::string_view after_type) {
    constexpr std::array<size_t, 10> kBytes = {0, 0, 1, 2, 4, 8, 2, 2, 8, 16};
    constexpr uint8_t kByteArray = 6;
    constexpr uint8_t kString = 7;
    if (type >= kBytes.size() || after_type.size() < kBytes[type]) {
        return std::nullopt;
    }
    size_t bytes = kBytes[type];
    if (type == kByteArray || type == kString) {
        bytes += big_endian<uint16_t>(after_type, 0);
    }
    return bytes <= after_type.size() ? std::optional(bytes) : std::nullopt;
}

}  // namespace

struct EventStreamReader::Message {
    std::string_view type;  // event, exception or error
    std::string_view event;
    std::string_view exception;
    std::string_view error_code;
    std::string_view error_message;
};

bool EventStreamReader::read_headers(std::string_view headers, Message& message) {
    struct Row {
        std::string_view name;
        std::string_view& value;
    };

    const Row rows[] = {
        {":message-type", message.type},           {":event-type", message.event},
        {":exception-type", message.exception},    {":error-code", message.error_code},
        {":error-message", message.error_message},
    };
    constexpr uint8_t kString = 7;
    while (!headers.empty()) {
        size_t name_bytes = static_cast<uint8_t>(headers[0]);
        if (headers.size() < name_bytes + 2) {
            return false;
        }
        std::string_view name = headers.substr(1, name_bytes);
        auto type = static_cast<uint8_t>(headers[name_bytes + 1]);
        headers.remove_prefix(name_bytes + 2);
        auto bytes = value_bytes(type, headers);
        if (!bytes) {
            return false;
        }
        for (const Row& row : rows) {
            if (type == kString && row.name == name) {
                row.value = headers.substr(2, *bytes - 2);
            }
        }
        headers.remove_prefix(*bytes);
    }
    return true;
}

bool EventStreamReader::is_event_stream(std::string_view base64) {
    constexpr size_t kHeadBytes = kPreludeBytes + 3;  // and a header's first letter
    std::string_view rest;
    std::string head = bytes_of(base64.substr(0, kHeadBytes / 3 * 4), rest);
    auto prelude = prelude_of(head);
    return prelude && head.size() == kHeadBytes && prelude->headers_bytes > 0 &&
           head[kPreludeBytes + 1] == ':';
}

std::string& EventStreamReader::next_chunk() {
    if (array_.size() > 1) {
        array_.push_back(',');
    }
    return array_;
}

// {"<name>": {members but for the padding and `without`}}; of an event without a name its members.
void EventStreamReader::add_event(std::string_view name, JsonValue payload,
                                  std::string_view without) {
    std::string& out = next_chunk();
    if (!name.empty()) {
        out.push_back('{');
        append_json_string(out, name);
        out.push_back(':');
    }
    out.push_back('{');
    for (JsonMember member : payload.members()) {
        bool padding = member.key == kPadding && member.value.is_string();
        if (!padding && (without.empty() || member.key != without)) {
            out += out.back() == '{' ? "" : ",";
            append_json_string(out, member.key);
            out.push_back(':');
            member.value.append_json(out);
        }
    }
    out += name.empty() ? "}" : "}}";
}

// {"bytes": …}: false when these are not what they should be.
bool EventStreamReader::add_bytes(JsonValue payload, std::string_view event, ChunkBytes form) {
    auto bytes = from_base64(payload["bytes"].text());
    if (!bytes) {
        return false;
    }
    if (form == ChunkBytes::kJson) {
        auto chunk = inner_.read(*bytes, false);
        if (!chunk || !chunk->is_object()) {
            return false;
        }
        if (inner_.repairs().any()) {
            chunk->append_json(next_chunk());
        } else {
            next_chunk() += *bytes;
        }
    } else {
        std::string& out = next_chunk();
        out.push_back('{');
        append_json_string(out, event);
        out += ":{\"text\":";
        append_json_string(out, *bytes);
        out += "}}";
    }
    size_t known = payload[kPadding].is_string() ? 2 : 1;
    if (payload.size() > known) {
        add_event(event, payload, "bytes");
    }
    return true;
}

void EventStreamReader::read_message(std::string_view bytes, ChunkBytes form) {
    Prelude prelude = *prelude_of(bytes);
    size_t checked = bytes.size() - kChecksumBytes;
    whole_ = whole_ && crc32(bytes.substr(0, checked)) == big_endian<uint32_t>(bytes, checked);
    Message message;
    bool headers = read_headers(bytes.substr(kPreludeBytes, prelude.headers_bytes), message);
    std::string_view text = bytes.substr(kPreludeBytes + prelude.headers_bytes,
                                         bytes.size() - kMessageBytesMin - prelude.headers_bytes);
    auto payload = payload_.read(text.empty() ? std::string_view("{}") : text, false);
    bool read = headers && payload && payload->is_object();
    if (read && (message.type == "exception" || message.type == "error")) {
        std::string_view says = (*payload)["message"].text();
        error_type_ = message.exception.empty() ? message.error_code : message.exception;
        error_message_ = says.empty() ? message.error_message : says;
        add_event(error_type_, *payload, says.empty() ? "" : "message");
    } else if (read && (*payload)["bytes"].is_string()) {
        read = add_bytes(*payload, message.event, form);
    } else if (read) {
        add_event(message.event, *payload, {});
    }
    if (!read) {
        whole_ = false;
        unread_ += bytes;
    }
}

EventStream EventStreamReader::read(std::string_view base64, ChunkBytes form) {
    array_.assign(1, '[');
    unread_.clear();
    error_type_.clear();
    error_message_.clear();
    std::string_view tail;
    std::string bytes = bytes_of(base64, tail);
    std::string_view rest = bytes;
    whole_ = tail.empty();
    while (!rest.empty()) {
        auto prelude = prelude_of(rest);
        if (!prelude || !is_sound(rest) || prelude->message_bytes > rest.size()) {
            whole_ = false;
            unread_ += rest;
            break;
        }
        read_message(rest.substr(0, prelude->message_bytes), form);
        rest.remove_prefix(prelude->message_bytes);
    }
    array_.push_back(']');
    EventStream stream;
    if (auto chunks = tree_.read(array_, false)) {
        stream.chunks = *chunks;
    } else {  // nested too deep
        whole_ = false;
        unread_ = bytes;
    }
    unreadable_ = to_base64(unread_);
    unreadable_ += tail;
    stream.whole = whole_;
    stream.unreadable = unreadable_;
    stream.error_type = error_type_;
    stream.error_message = error_message_;
    return stream;
}

}  // namespace llmtrail
