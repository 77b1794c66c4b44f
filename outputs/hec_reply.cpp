#include "outputs/hec_reply.h"

#include <array>

#include "outputs/http_answer.h"

namespace llmtrail {

namespace {

constexpr size_t kAcksMax = 4096;

constexpr std::array<HecCode, 28> kCodes = {{
    {0, HecAction::kReceived, "received"},
    {1, HecAction::kOtherToken, "the token is disabled"},
    {2, HecAction::kOtherToken, "the token did not arrive"},
    {3, HecAction::kOtherToken, "the authorization is not understood"},
    {4, HecAction::kOtherToken, "the token is not known"},
    {5, HecAction::kEventRefused, "no data"},
    {6, HecAction::kEventRefused, "not understood"},
    {7, HecAction::kWrongIndex, "the token may not write to this index"},
    {8, HecAction::kUnknown, "internal error"},
    {9, HecAction::kRetry, "busy"},
    {10, HecAction::kHold, "the channel did not arrive"},
    {11, HecAction::kHold, "the channel is not understood"},
    {12, HecAction::kEventRefused, "the event is missing"},
    {13, HecAction::kEventRefused, "the event is blank"},
    {14, HecAction::kHold,
     "indexer acknowledgement is off for this token: set `ack: false` or turn "
     "it on"},
    {15, HecAction::kEventRefused, "the indexed fields are not understood"},
    {16, HecAction::kHold, "a token in the address is not allowed"},
    {17, HecAction::kHold, "this is the answer of its health check"},
    {18, HecAction::kRetry, "unhealthy: its queues are full"},
    {19, HecAction::kRetry, "unhealthy: acknowledgement is not available"},
    {20, HecAction::kRetry, "unhealthy: its queues are full and acknowledgement is not available"},
    {21, HecAction::kOtherToken, "the token is not valid"},
    {22, HecAction::kOtherToken, "the token is disabled"},
    {23, HecAction::kRetry, "shutting down"},
    {24, HecAction::kSlowDown, "received; its queue is nearly full"},
    {25, HecAction::kSlowDown, "received; its acknowledgements are nearly used up"},
    {26, HecAction::kRetry, "its queue is full"},
    {27, HecAction::kRetry, "its acknowledgement channel is full"},
}};

// An answer without a code, by its status.
HecCode judge_status(int status) {
    switch (status) {
        case 401:
        case 403:
            return {-1, HecAction::kOtherToken, "the token is refused"};
        case 404:
        case 405:
            return {-1, HecAction::kHold, "this is no HTTP Event Collector: check `url`"};
        case 413:
            return {-1, HecAction::kTooLarge, "the batch is too large"};
        case 415:
            return {-1, HecAction::kNoGzip, "compression is not accepted"};
        case 429:
        case 503:
            return {-1, HecAction::kRetry, "busy"};
        case 408:
            return {-1, HecAction::kUnknown, "it waited for the request in vain"};
        default:
            break;
    }
    if (status >= 500) {
        return {-1, HecAction::kUnknown, "it failed"};
    }
    if (status >= 300 && status < 400) {
        return {-1, HecAction::kHold,
                "redirects are not followed: put the address itself into `url`"};
    }
    if (status >= 400) {
        return {-1, HecAction::kHold, "refused"};
    }
    return {-1, HecAction::kUnknown,
            "this is not what a HTTP Event Collector answers: check `url`"};
}

const HecCode* known_code(std::optional<uint64_t> code) {
    return code && *code < kCodes.size() ? &kCodes[static_cast<size_t>(*code)] : nullptr;
}

// A code is believed with a status it can come with: only 200 says that something was received.
HecCode judge(std::optional<uint64_t> code, int status) {
    const HecCode* row = known_code(code);
    bool row_received = row != nullptr && (row->action == HecAction::kReceived ||
                                           row->action == HecAction::kSlowDown);
    if (status == 200 && code && row == nullptr) {
        return {static_cast<int>(*code), HecAction::kSlowDown, "received, with a code that is new"};
    }
    if (row == nullptr || row_received != (status == 200)) {
        return row != nullptr && row->code == 17 ? *row : judge_status(status);
    }
    return *row;
}

}  // namespace

std::span<const HecCode> hec_codes() {
    return kCodes;
}

HecVerdict judge_hec_reply(const HttpReply& reply) {
    HecVerdict verdict;
    std::optional<uint64_t> code;
    for_each_member(reply.body, [&](std::string_view key, std::string_view value) {
        if (key == "code") {
            code = unsigned_of(value);
        } else if (key == "invalid-event-number") {
            verdict.event_number = unsigned_of(value);
        } else if (key == "ackId") {
            verdict.ack_id = unsigned_of(value);
        }
    });
    HecCode row = judge(code, reply.status);
    verdict.action = row.action;
    verdict.problem = "HTTP " + std::to_string(reply.status);
    if (row.code >= 0) {
        verdict.problem += ", code " + std::to_string(row.code);
    }
    verdict.problem.append(": ").append(row.meaning);
    verdict.retry_after_ms = retry_after_ms(reply);
    return verdict;
}

std::optional<std::vector<uint64_t>> read_hec_acks(const HttpReply& reply) {
    if (reply.status != 200) {
        return std::nullopt;
    }
    std::optional<std::vector<uint64_t>> acknowledged;
    for_each_member(reply.body, [&](std::string_view key, std::string_view value) {
        if (key != "acks") {
            return;
        }
        acknowledged.emplace();
        for_each_member(value, [&](std::string_view id, std::string_view state) {
            std::optional<uint64_t> number = unsigned_of(id);
            if (number && state.starts_with("true") && acknowledged->size() < kAcksMax) {
                acknowledged->push_back(*number);
            }
        });
    });
    return acknowledged;
}

}  // namespace llmtrail
