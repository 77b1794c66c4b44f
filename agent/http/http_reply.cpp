#include "http/http_reply.h"

#include <algorithm>

namespace llmtrail {

static constexpr size_t kHeadersMax = 64;

static char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
}

void take_header_line(std::string_view line, HttpReply& reply) {
    if (line.starts_with("HTTP/")) {
        reply.headers.clear();  // of an interim answer
    }
    size_t colon = line.find(':');
    if (colon == std::string_view::npos || line.size() > kHttpHeaderBytesMax ||
        reply.headers.size() == kHeadersMax) {
        return;
    }
    HttpHeader header{std::string(line.substr(0, colon)), {}};
    std::transform(header.name.begin(), header.name.end(), header.name.begin(), lower);
    std::string_view value = line.substr(colon + 1);
    size_t begin = std::min(value.find_first_not_of(" \t"), value.size());
    size_t end = value.find_last_not_of(" \t\r\n") + 1;  // npos + 1 is 0
    header.value = value.substr(begin, end > begin ? end - begin : 0);
    reply.headers.push_back(std::move(header));
}

std::string_view HttpReply::header(std::string_view lower_case_name) const {
    auto found = std::find_if(headers.begin(), headers.end(), [&](const HttpHeader& header) {
        return header.name == lower_case_name;
    });
    return found == headers.end() ? std::string_view() : std::string_view(found->value);
}

}  // namespace llmtrail
