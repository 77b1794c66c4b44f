#include "parsers/langsmith_multipart.h"

#include <algorithm>

#include "base/json_text.h"

namespace llmtrail::langsmith {

namespace {

constexpr size_t kBoundaryBytesMax = 128;

void add_part(std::string& parts, std::string_view name, std::string_view content,
              JsonTree& space) {
    parts += parts.size() > 1 ? "," : "";
    append_json_string(parts, name);
    parts.push_back(':');
    auto read = space.read(content, false);
    if (read) {
        read->append_json(parts);  // repaired, where it has to be
    } else {
        append_json_string(parts, content);
    }
}

// The value of name="…" in a part's headers.
std::string_view name_in(std::string_view headers) {
    constexpr std::string_view kName = "name=\"";
    size_t at = headers.find(kName);
    if (at == std::string_view::npos) {
        return {};
    }
    std::string_view rest = headers.substr(at + kName.size());
    return rest.substr(0, rest.find('"'));
}

struct Split {
    std::string_view head;
    std::string_view tail;
};

// Headers end with an empty line.
Split split_part(std::string_view part) {
    for (std::string_view gap : {"\r\n\r\n", "\n\n"}) {
        size_t at = part.find(gap);
        if (at != std::string_view::npos) {
            return {part.substr(0, at), part.substr(at + gap.size())};
        }
    }
    return {part, {}};
}

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) {
        text.remove_suffix(1);
    }
    return text;
}

std::string_view boundary_of(std::string_view form) {
    std::string_view line = form.substr(0, form.find('\n'));
    line = trimmed(line);
    bool sound = line.starts_with("--") && line.size() > 2 && line.size() <= kBoundaryBytesMax;
    return sound ? line : std::string_view();
}

}  // namespace

PartName part_name(std::string_view name) {
    constexpr std::string_view kEvents[] = {"post", "patch", "feedback", "attachment"};
    size_t dot = name.find('.');
    if (dot == std::string_view::npos || dot + 1 == name.size()) {
        return {};
    }
    std::string_view event = name.substr(0, dot);
    if (std::find(std::begin(kEvents), std::end(kEvents), event) == std::end(kEvents)) {
        return {};
    }
    size_t end = name.find('.', dot + 1);
    bool whole = end == std::string_view::npos;
    return {event, name.substr(0, end), whole ? std::string_view() : name.substr(end + 1)};
}

bool is_multipart_text(std::string_view text) {
    return !boundary_of(text).empty() && text.find("name=\"") != std::string_view::npos;
}

std::string parts_of_text(std::string_view form, JsonTree& space) {
    std::string_view boundary = boundary_of(form);
    std::string parts = "{";
    size_t at = boundary.empty() ? std::string_view::npos : form.find(boundary);
    while (at != std::string_view::npos) {
        size_t begin = at + boundary.size();
        at = form.find(boundary, begin);
        std::string_view part = form.substr(begin, at - begin);
        Split split = split_part(part);
        std::string_view name = name_in(split.head);
        if (!name.empty()) {
            add_part(parts, name, trimmed(split.tail), space);
        }
    }
    return parts + "}";
}

std::string parts_of_list(JsonValue list, JsonTree& space) {
    constexpr std::string_view kValues[] = {"value", "content", "body", "data"};
    std::string parts = "{";
    for (JsonValue part : list.items()) {
        JsonValue value;
        for (std::string_view key : kValues) {
            value = value.exists() ? value : part[key];
        }
        std::string_view name = part["name"].text();
        if (name.empty() || !value.exists()) {
            continue;
        }
        if (value.is_string()) {
            add_part(parts, name, value.text(), space);
        } else {
            parts += parts.size() > 1 ? "," : "";
            append_json_string(parts, name);
            parts.push_back(':');
            value.append_json(parts);
        }
    }
    return parts + "}";
}

}  // namespace llmtrail::langsmith
