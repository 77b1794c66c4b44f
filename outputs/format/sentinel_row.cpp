#include "format/sentinel_row.h"

#include <algorithm>
#include <charconv>

#include "base/check.h"
#include "base/json_text.h"
#include "base/time.h"
#include "base/utf8.h"
#include "format/visible_json.h"

namespace llmtrail {

static constexpr std::string_view kEllipsis = "\xE2\x80\xA6";

void append_unescaped_cef(std::string& out, std::string_view escaped) {
    for (size_t at = 0; at < escaped.size(); ++at) {
        char c = escaped[at];
        if (c == '\\' && at + 1 < escaped.size()) {
            char next = escaped[++at];
            c = next == 'n' ? '\n' : next == 'r' ? '\r' : next;
        }
        out.push_back(c);
    }
}

size_t SentinelRow::index_of(std::string_view column) const {
    auto found = std::find_if(columns_.begin(), columns_.end(),
                              [&](const SentinelColumn& known) { return known.name == column; });
    LLMTRAIL_CHECK(found != columns_.end());
    return static_cast<size_t>(found - columns_.begin());
}

ColumnType SentinelRow::type_of(std::string_view column) const {
    return columns_[index_of(column)].type;
}

// False: it is written already.
bool SentinelRow::begin_column(std::string_view column) {
    size_t index = index_of(column);
    if (written_[index]) {
        return false;
    }
    written_[index] = true;
    text_ += text_.size() > 1 ? ",\"" : "\"";
    text_.append(column).append("\":");
    return true;
}

void SentinelRow::add_text(std::string_view column, std::string_view text) {
    LLMTRAIL_CHECK(type_of(column) == ColumnType::kString);
    if (text.empty() || !begin_column(column)) {
        return;
    }
    if (text.size() <= kColumnBytesMax) {
        append_visible_json_string(text_, text);
        return;
    }
    std::string cut(utf8_prefix_bytes(text, kColumnBytesMax - kEllipsis.size()));
    append_visible_json_string(text_, cut.append(kEllipsis));
}

void SentinelRow::add_integer(std::string_view column, int64_t value) {
    LLMTRAIL_CHECK(type_of(column) == ColumnType::kLong);
    if (begin_column(column)) {
        append_json_integer(text_, value);
    }
}

void SentinelRow::add_time(std::string_view column, int64_t time_ns) {
    LLMTRAIL_CHECK(type_of(column) == ColumnType::kDateTime);
    if (begin_column(column)) {
        append_json_string(text_, format_iso_millis(UnixNanos{time_ns}));
    }
}

void SentinelRow::add_boolean(std::string_view column, bool value) {
    LLMTRAIL_CHECK(type_of(column) == ColumnType::kBoolean);
    if (begin_column(column)) {
        text_ += value ? "true" : "false";
    }
}

void SentinelRow::add_pair(std::string_view column, std::string_view escaped) {
    switch (type_of(column)) {
        case ColumnType::kString:
            plain_.clear();
            append_unescaped_cef(plain_, escaped);
            add_text(column, plain_);
            return;
        case ColumnType::kBoolean:  // a pair is there when it is true
            add_boolean(column, true);
            return;
        case ColumnType::kDateTime: {
            int64_t millis = 0;
            std::from_chars(escaped.data(), escaped.data() + escaped.size(), millis);
            add_time(column, millis * kNanosPerMilli);
            return;
        }
        case ColumnType::kInt:
        case ColumnType::kLong:
        case ColumnType::kReal:  // numbers are written as JSON has them
            if (begin_column(column)) {
                text_ += escaped;
            }
            return;
    }
}

}  // namespace llmtrail
