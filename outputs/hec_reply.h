// What an answer of a Splunk HTTP Event Collector means for the batch it answers: the code table
// of docs/outputs.md ("splunk_hec") as data. The text of an answer is never shown: whoever answers
// may be anybody. Pure, any thread; an answer that is no JSON is judged by its status.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "http/http_client.h"

namespace llmtrail {

enum class HecAction : uint8_t {
    kReceived,      // all of it
    kSlowDown,      // all of it, and the receiver is nearly full
    kRetry,         // none of it: the same again after a while
    kUnknown,       // whether it was stored cannot be known
    kOtherToken,    // none of it: this token does not open
    kHold,          // none of it: somebody has to change a setting; tried again slowly
    kWrongIndex,    // as kHold; what stands before the event is stored
    kEventRefused,  // one event is wrong; what stands before it is stored
    kTooLarge,      // none of it: smaller batches
    kNoGzip,        // none of it: without compression
};

struct HecCode {
    int code;
    HecAction action;
    std::string_view meaning;
};

std::span<const HecCode> hec_codes();

struct HecVerdict {
    HecAction action = HecAction::kUnknown;
    std::string problem;                   // for the operator: status, code and what they mean
    std::optional<uint64_t> event_number;  // of the event that is wrong, from 0
    std::optional<uint64_t> ack_id;
    int64_t retry_after_ms = -1;
};

HecVerdict judge_hec_reply(const HttpReply& reply);

// The ids that are acknowledged in an answer to a question for acknowledgements; nothing: it is
// none.
std::optional<std::vector<uint64_t>> read_hec_acks(const HttpReply& reply);

}  // namespace llmtrail
