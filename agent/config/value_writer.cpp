#include "config/value_writer.h"

#include <algorithm>

#include "base/utf8.h"
#include "config/values.h"

namespace llmtrail {

namespace {

// Words that YAML or a reader of it takes for something else than text, or that begin or hold
// something of its grammar, stand in quotes.
bool is_plain(std::string_view text) {
    auto allowed = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '_' || c == '-' || c == '.' || c == '/' || c == '+';
    };
    return !text.empty() && text.front() != '-' && text.front() != '.' && text.front() != '+' &&
           text != "null" && std::all_of(text.begin(), text.end(), allowed);
}

// The code point at the front of valid UTF-8, taken away from it.
uint32_t take_code_point(std::string_view& text) {
    auto lead = static_cast<unsigned char>(text.front());
    size_t size = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    uint32_t point = size == 1 ? lead : lead & (0xFFU >> (size + 1));
    for (size_t i = 1; i < size && i < text.size(); ++i) {
        point = (point << 6U) | (static_cast<unsigned char>(text[i]) & 0x3FU);
    }
    text.remove_prefix(std::min(size, text.size()));
    return point;
}

std::string escaped(uint32_t point) {
    std::string digits = "\\U";
    for (int shift = 28; shift >= 0; shift -= 4) {
        digits.push_back("0123456789abcdef"[(point >> static_cast<unsigned>(shift)) & 15U]);
    }
    return digits;
}

std::string list_of(const std::vector<std::string>& yaml) {
    std::string text = "[";
    for (const std::string& item : yaml) {
        text.append(text.size() > 1 ? ", " : "").append(item);
    }
    return text + "]";
}

}  // namespace

std::string yaml_scalar(std::string_view text) {
    if (is_plain(text)) {
        return std::string(text);
    }
    std::string quoted = "\"";
    while (!text.empty()) {
        std::string_view left = text;
        uint32_t point = take_code_point(left);
        std::string_view written = text.substr(0, text.size() - left.size());
        text = left;
        if (point == '"' || point == '\\') {
            quoted.append("\\").append(written);
        } else if (terminal_safe(written) != written) {
            quoted += escaped(point);
        } else {
            quoted += written;
        }
    }
    return quoted + "\"";
}

ValueWriter ValueWriter::below(std::string_view name) const {
    ValueWriter writer = *this;
    writer.path_.emplace_back(name);
    return writer;
}

void ValueWriter::raw(std::string_view key, std::string yaml) {
    values_.push_back({path_, std::move(yaml)});
    values_.back().path.emplace_back(key);
}

void ValueWriter::text(std::string_view key, std::string_view value) {
    raw(key, value.empty() ? "" : yaml_scalar(value));
}

void ValueWriter::texts(std::string_view key, const std::vector<std::string>& values) {
    std::vector<std::string> items;
    std::transform(values.begin(), values.end(), std::back_inserter(items),
                   [](const std::string& value) { return yaml_scalar(value); });
    raw(key, list_of(items));
}

void ValueWriter::boolean(std::string_view key, bool value) {
    raw(key, value ? "true" : "false");
}

void ValueWriter::number(std::string_view key, uint64_t value) {
    raw(key, std::to_string(value));
}

void ValueWriter::size(std::string_view key, uint64_t bytes) {
    raw(key, describe_size(bytes));
}

void ValueWriter::duration(std::string_view key, int64_t millis) {
    raw(key, describe_duration(millis));
}

void ValueWriter::secret(std::string_view key, const SecretReference& reference) {
    text(key, describe(reference));
}

void ValueWriter::secrets(std::string_view key, const std::vector<SecretReference>& references) {
    std::vector<std::string> items;
    std::transform(references.begin(), references.end(), std::back_inserter(items),
                   [](const SecretReference& reference) { return describe(reference); });
    if (items.size() == 1) {
        text(key, items.front());
    } else {
        texts(key, items);
    }
}

}  // namespace llmtrail
