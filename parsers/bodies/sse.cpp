#include "bodies/sse.h"

#include <algorithm>

namespace llmtrail {

namespace {

constexpr std::string_view kDone = "[DONE]";
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

std::string_view trimmed(std::string_view text) {
    constexpr std::string_view kBlanks = " \t\r\n";
    size_t first = text.find_first_not_of(kBlanks);
    if (first == std::string_view::npos) {
        return {};
    }
    return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

// Cuts the next line off `text`: CR, LF and CR LF end one.
std::string_view next_line(std::string_view& text) {
    size_t end = std::min(text.find_first_of("\r\n"), text.size());
    std::string_view line = text.substr(0, end);
    size_t skip = text.substr(end).starts_with("\r\n") ? 2 : 1;
    text.remove_prefix(std::min(end + skip, text.size()));
    return line;
}

std::string_view data_of(std::string_view line) {
    constexpr std::string_view kData = "data:";
    return line.starts_with(kData) ? trimmed(line.substr(kData.size())) : std::string_view();
}

std::string_view without_mark(std::string_view text) {
    if (text.starts_with(kByteOrderMark)) {
        text.remove_prefix(kByteOrderMark.size());
    }
    return text;
}

}  // namespace

bool SseReader::is_event_stream(std::string_view text) {
    text = trimmed(without_mark(text));
    for (std::string_view field : {"data:", "event:", "id:", "retry:", ":"}) {
        if (text.starts_with(field)) {
            return text.find("data:") != std::string_view::npos;
        }
    }
    return false;
}

bool SseReader::is_json_lines(std::string_view text) {
    text = trimmed(without_mark(text));
    if (!text.starts_with('{')) {
        return false;
    }
    size_t next = text.find_first_of("\r\n");
    return next != std::string_view::npos && trimmed(text.substr(next)).starts_with('{');
}

StreamText SseReader::read_events(std::string_view text) {
    return read(without_mark(text), Form::kEvents);
}

StreamText SseReader::read_json_lines(std::string_view text) {
    return read(without_mark(text), Form::kJsonLines);
}

// All chunks are read at once, as one array. When that is no JSON, or another number of values than
// there were lines, at least one line is not a value of its own, and each is tried by itself.
StreamText SseReader::read(std::string_view text, Form form) {
    StreamText stream;
    array_.assign(1, '[');
    size_t lines = 0;
    for (std::string_view rest = text; !rest.empty();) {
        std::string_view line = next_line(rest);
        std::string_view data = form == Form::kEvents ? data_of(line) : trimmed(line);
        if (data == kDone) {
            stream.done = true;
        } else if (!data.empty()) {
            if (lines++ > 0) {
                array_.push_back(',');
            }
            array_ += data;
        }
    }
    array_.push_back(']');
    Result<JsonValue> chunks = tree_.read(array_, false);
    if (chunks && chunks->size() == lines) {
        stream.chunks = *chunks;
        return stream;
    }
    read_singly(text, form, stream);
    return stream;
}

void SseReader::read_singly(std::string_view text, Form form, StreamText& stream) {
    array_.assign(1, '[');
    for (std::string_view rest = text; !rest.empty();) {
        std::string_view line = next_line(rest);
        std::string_view data = form == Form::kEvents ? data_of(line) : trimmed(line);
        if (data.empty() || data == kDone) {
            continue;
        }
        if (probe_.read(data, false)) {
            if (array_.size() > 1) {
                array_.push_back(',');
            }
            array_ += data;
        } else if (stream.unreadable.empty()) {
            stream.unreadable = data;
        }
    }
    array_.push_back(']');
    if (Result<JsonValue> chunks = tree_.read(array_, false)) {
        stream.chunks = *chunks;
    } else if (stream.unreadable.empty()) {
        stream.unreadable = text;
    }
}

}  // namespace llmtrail
