#include "parsers/server_log_wrapper.h"

#include <cstdint>

namespace llmtrail {

const LineWrapper* wrapper_of(JsonValue document) {
    static constexpr LineWrapper kWrappers[] = {
        {"MESSAGE", "__REALTIME_TIMESTAMP", "__CURSOR", true},
        {"log", "time", "stream"},
    };
    for (const LineWrapper& wrapper : kWrappers) {
        JsonValue line = document[wrapper.line];
        bool text = line.is_string() || (wrapper.is_journal && line.is_array());
        if (text && document[wrapper.time].is_string() && document[wrapper.sure].is_string()) {
            return &wrapper;
        }
    }
    return nullptr;
}

std::string_view text_of_line(JsonValue line, std::string& bytes) {
    constexpr int64_t kByteMax = 255;
    if (!line.is_array()) {
        return line.text();
    }
    bytes.clear();
    for (JsonValue byte : line.items()) {
        int64_t value = byte.integer().value_or(-1);
        if (value < 0 || value > kByteMax) {
            bytes.clear();
            break;
        }
        bytes.push_back(static_cast<char>(value));
    }
    return bytes;
}

std::string_view without_line_end(std::string_view text) {
    size_t last = text.find_last_not_of("\r\n");
    return text.substr(0, last == std::string_view::npos ? 0 : last + 1);
}

}  // namespace llmtrail
