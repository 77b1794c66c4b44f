#include "outputs/http_answer.h"

#include <algorithm>
#include <charconv>

#include "base/time.h"
#include "record/object_list.h"

namespace llmtrail {

static constexpr size_t kJsonBytesMax = size_t{64} << 10;

void for_each_member(std::string_view json, const MemberVisitor& visit) {
    if (json.size() > kJsonBytesMax) {
        return;
    }
    Bytes listed;
    listed.reserve(json.size() + 2);
    listed.append("[").append(json).append("]");
    ObjectListReader reader(listed);
    std::string_view key;
    std::string_view value;
    if (reader.next_item()) {
        while (reader.next_member(key, value)) {
            visit(key, value);
        }
    }
    wipe(listed);  // some answers hold a token
}

std::optional<uint64_t> unsigned_of(std::string_view value) {
    uint64_t number = 0;
    while (!value.empty() && value.back() <= ' ') {
        value.remove_suffix(1);
    }
    auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
    return error == std::errc() && end == value.data() + value.size() && !value.empty()
               ? std::optional(number)
               : std::nullopt;
}

int64_t retry_after_ms(const HttpReply& reply) {
    std::string_view text = reply.header("retry-after");
    if (std::optional<uint64_t> seconds = unsigned_of(text)) {
        uint64_t seconds_max = kRetryAfterMsMax / 1000;
        return static_cast<int64_t>(std::min(*seconds, seconds_max)) * 1000;
    }
    std::optional<Timestamp> until = parse_http_date(text);
    std::optional<Timestamp> now = parse_http_date(reply.header("date"));
    if (!until || !now) {
        return -1;
    }
    int64_t wait_ms = (until->at.value - now->at.value) / kNanosPerMilli;
    return std::clamp<int64_t>(wait_ms, 0, kRetryAfterMsMax);
}

}  // namespace llmtrail
