// What outputs read out of answers over HTTP, whoever gave them: the numbers of a JSON object, and
// how long to wait. Pure, any thread; an answer that is something else has no members and no wait.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>

#include "http/http_client.h"

namespace llmtrail {

inline constexpr int64_t kRetryAfterMsMax = 600'000;

// Of the one object that `json` is. A value is the inside of a string (escaped), or the JSON text
// of anything else; both views end with the call.
using MemberVisitor = std::function<void(std::string_view key, std::string_view value)>;
void for_each_member(std::string_view json, const MemberVisitor& visit);

std::optional<uint64_t> unsigned_of(std::string_view value);

// Retry-After: seconds, or a date by the clock of whoever wrote it; at most kRetryAfterMsMax. -1:
// none.
int64_t retry_after_ms(const HttpReply& reply);

}  // namespace llmtrail
