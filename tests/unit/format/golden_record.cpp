#include "golden_record.h"

#include <charconv>

#include "base/time.h"
#include "record/object_list.h"

using namespace llmtrail;

namespace {

template <typename Number>
bool read_number(std::string_view text, Number& number) {
    const char* end = text.data() + text.size();
    auto read = std::from_chars(text.data(), end, number);
    return read.ec == std::errc() && read.ptr == end;
}

bool unquote(std::string_view json, std::string& text) {
    if (json.size() < 2 || json.front() != '"' || json.back() != '"') {
        return false;
    }
    append_unescaped_json(text, json.substr(1, json.size() - 2));
    return true;
}

bool set_field(AuditRecord& record, const FieldRow& row, std::string_view json) {
    std::string text;
    int64_t integer = 0;
    double real = 0;
    switch (row.type) {
        case FieldType::kText:
            if (unquote(json, text)) {
                record.set_text(row.field, text);
            }
            return !text.empty();
        case FieldType::kTextList:
        case FieldType::kJson:
            record.set_json(row.field, json);
            return true;
        case FieldType::kInteger:
            if (!read_number(json, integer)) {
                return false;
            }
            record.set_integer(row.field, integer);
            return true;
        case FieldType::kReal:
            if (!read_number(json, real)) {
                return false;
            }
            record.set_real(row.field, real);
            return true;
        case FieldType::kBoolean:
            record.set_boolean(row.field, json == "true");
            return json == "true" || json == "false";
        case FieldType::kTime: {
            auto stamp = unquote(json, text) ? parse_iso_time(text) : std::nullopt;
            if (stamp) {
                record.set_time(row.field, stamp->at);
            }
            return stamp.has_value();
        }
    }
    return false;
}

bool read_member(AuditRecord& record, std::string_view line) {
    size_t colon = line.find("\": ");
    if (!line.starts_with("  \"") || colon == std::string_view::npos) {
        return false;
    }
    auto field = field_by_name(line.substr(3, colon - 3));
    std::string_view value = line.substr(colon + 3);
    if (value.ends_with(',')) {
        value.remove_suffix(1);
    }
    return field && set_field(record, field_row(*field), value);
}

}  // namespace

std::vector<AuditRecord> read_golden_records(std::string_view text) {
    std::vector<AuditRecord> records;
    while (!text.empty()) {
        size_t size = std::min(text.find('\n'), text.size());
        std::string_view line = text.substr(0, size);
        text.remove_prefix(std::min(size + 1, text.size()));
        if (line == "{") {
            records.emplace_back();
        } else if (line.starts_with("  ")) {
            if (records.empty() || !read_member(records.back(), line)) {
                return {};
            }
        } else if (line != "[" && line != "]" && line != "}" && line != "},") {
            return {};
        }
    }
    return records;
}
