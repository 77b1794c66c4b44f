#include <algorithm>
#include <array>
#include <charconv>

#include "base/time.h"
#include "bodies/body_place.h"
#include "bodies/secret_names.h"
#include "parsers/exchange_parts.h"
#include "parsers/redacted.h"

namespace llmtrail {

namespace {

constexpr size_t kHeaderNameBytesMax = 64;

enum class Header : uint8_t { kOther, kDate, kRequestId, kOrganization, kProcessingMs, kRegion };

struct HeaderRow {
    std::string_view name;  // lower case
    Header header;
};

constexpr auto kResponseHeaders = std::to_array<HeaderRow>({
    {"apim-request-id", Header::kRequestId},
    {"date", Header::kDate},
    {"openai-organization", Header::kOrganization},
    {"openai-processing-ms", Header::kProcessingMs},
    {"request-id", Header::kRequestId},
    {"x-amzn-bedrock-invocation-latency", Header::kProcessingMs},
    {"x-amzn-requestid", Header::kRequestId},
    {"x-request-id", Header::kRequestId},
    {"x-ms-region", Header::kRegion},
    {"anthropic-organization-id", Header::kOrganization},
});

Header header_of(std::string_view name) {
    std::array<char, kHeaderNameBytesMax> lower{};
    if (name.size() > lower.size()) {
        return Header::kOther;
    }
    std::transform(name.begin(), name.end(), lower.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; });
    std::string_view key(lower.data(), name.size());
    for (const HeaderRow& row : kResponseHeaders) {
        if (row.name == key) {
            return row.header;
        }
    }
    return Header::kOther;
}

// Some loggers keep each header as an array of its values.
std::string_view value_of(JsonValue value) {
    return value.is_array() && value.size() == 1 ? (*value.items().begin()).text() : value.text();
}

void keep_header(std::string_view path, std::string_view name, JsonValue value,
                 Unmapped& unmapped) {
    if (!is_secret_header(name)) {
        unmapped.add(path, name, value);
    } else if (!value.is_null()) {
        unmapped.add_text(joined_path(path, name), kRedacted);
    }
}

// Headers as an array of pairs or as one text.
void keep_other_form(std::string_view path, JsonValue headers, Unmapped& unmapped) {
    if (!headers.is_object()) {
        unmapped.add(path, headers);
    }
}

bool set_duration(AuditRecord& record, std::string_view milliseconds) {
    constexpr int64_t kMillisecondsMax = int64_t{1} << 40;
    int64_t value = 0;
    const char* end = milliseconds.data() + milliseconds.size();
    auto read = std::from_chars(milliseconds.data(), end, value);
    if (read.ec != std::errc() || read.ptr != end || value < 0 || value > kMillisecondsMax ||
        record.has(Field::kEventDuration)) {
        return false;
    }
    record.set_integer(Field::kEventDuration, value * kNanosPerMilli);
    return true;
}

}  // namespace

void read_response_headers(JsonValue headers, std::string_view path, BodyScratch& scratch,
                           AuditRecord& record, std::string_view& date) {
    keep_other_form(path, headers, scratch.unmapped);
    for (auto [key, value] : headers.members()) {
        std::string_view text = value_of(value);
        bool placed = false;
        switch (header_of(key)) {
            case Header::kDate:
                placed = !text.empty() && date.empty() && parse_http_date(text).has_value();
                date = placed ? text : date;
                break;
            case Header::kRequestId:
                placed = fill_text(record, Field::kHttpRequestId, text);
                break;
            case Header::kOrganization:
                placed = fill_text(record, Field::kOrganizationId, text);
                break;
            case Header::kProcessingMs:
                placed = set_duration(record, text);
                break;
            case Header::kRegion:
                placed = fill_text(record, Field::kCloudRegion, text);
                break;
            case Header::kOther:
                break;
        }
        if (!placed) {
            keep_header(path, key, value, scratch.unmapped);
        }
    }
}

void read_request_headers(JsonValue headers, std::string_view path, BodyScratch& scratch,
                          AuditRecord& record) {
    keep_other_form(path, headers, scratch.unmapped);
    for (auto [key, value] : headers.members()) {
        bool agent = key.size() == std::string_view("user-agent").size() &&
                     (key == "user-agent" || key == "User-Agent");
        if (!agent || !fill_text(record, Field::kUserAgentOriginal, value_of(value))) {
            keep_header(path, key, value, scratch.unmapped);
        }
    }
}

void read_url_query(std::string_view url, Unmapped& unmapped) {
    url = url.substr(0, url.find('#'));
    size_t mark = url.find('?');
    std::string path;
    for (std::string_view rest = url.substr(std::min(mark, url.size())); rest.size() > 1;) {
        rest.remove_prefix(1);
        std::string_view parameter = rest.substr(0, rest.find('&'));
        rest.remove_prefix(parameter.size());
        size_t equals = std::min(parameter.find('='), parameter.size());
        std::string_view name = parameter.substr(0, equals);
        bool secret = is_secret_parameter(name);
        path.assign("url.query.").append(name);
        std::string_view value = parameter.substr(std::min(equals + 1, parameter.size()));
        unmapped.add_text(path, secret && !value.empty() ? kRedacted : value);
    }
}

}  // namespace llmtrail
