#include "frame_walker.h"

#include "base/hex.h"
#include "json_tree/json_tree.h"

namespace llmtrail::coverage {

namespace {

size_t number(std::string_view bytes, size_t at, size_t size) {
    size_t value = 0;
    for (char c : bytes.substr(at, size)) {
        value = value * 256 + static_cast<unsigned char>(c);
    }
    return value;
}

// All headers of the samples are texts: length of the name, name, 7, length of the value, value.
std::string_view header(std::string_view headers, std::string_view name) {
    while (headers.size() > 4) {
        size_t name_size = number(headers, 0, 1);
        size_t value_size = number(headers, name_size + 2, 2);
        if (headers.substr(1, name_size) == name) {
            return headers.substr(name_size + 4, value_size);
        }
        headers.remove_prefix(name_size + 4 + value_size);
    }
    return {};
}

std::string json_of(std::string_view event, std::string_view payload) {
    JsonTree tree;
    auto root = tree.read(payload, false);
    std::string whole = "{\"" + std::string(event) + "\":" + std::string(payload) + '}';
    if (!root || event != "chunk") {
        return whole;
    }
    std::string bytes = from_base64((*root)["bytes"].text()).value_or("");
    std::string padding = R"({"chunk":{"p":)" + (*root)["p"].json() + "}}";
    JsonTree inner;
    if (inner.read(bytes, false)) {
        return bytes + ',' + padding;
    }
    std::string text;
    for (char c : bytes) {
        text += c == '"' || c == '\\' ? "\\" : "";
        text += c == '\n' ? "\\n" : std::string(1, c);
    }
    return R"({"chunk":{"bytes":")" + text + R"("}},)" + padding;
}

}  // namespace

std::string json_of_frames(std::string_view base64) {
    std::string bytes = from_base64(base64).value_or("");
    std::string_view rest = bytes;
    std::string out = "[";
    while (rest.size() >= 16) {
        size_t size = number(rest, 0, 4);
        size_t headers = number(rest, 4, 4);
        out += out.size() > 1 ? "," : "";
        out += json_of(header(rest.substr(12, headers), ":event-type"),
                       rest.substr(12 + headers, size - headers - 16));
        rest.remove_prefix(size);
    }
    return out + ']';
}

}  // namespace llmtrail::coverage
