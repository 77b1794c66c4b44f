// What an answer of the Logs Ingestion API means for the batch it answers: the status table of
// docs/outputs.md ("sentinel") as data. The text of an answer is never read: whoever answers may be
// anybody. Pure, any thread.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "http/http_client.h"

namespace llmtrail {

enum class IngestAction : uint8_t {
    kAccepted,    // all of it
    kRetry,       // none of it: the same again after a while
    kUnknown,     // whether it was accepted cannot be known
    kOtherToken,  // none of it: this token does not open
    kHold,        // none of it: somebody has to change a setting; tried again slowly
    kRefused,     // none of it: something in it is wrong
    kTooLarge,    // none of it: smaller batches
};

struct IngestStatus {
    int status;
    IngestAction action;
    std::string_view meaning;
};

std::span<const IngestStatus> ingest_statuses();

struct IngestVerdict {
    IngestAction action = IngestAction::kUnknown;
    std::string problem;  // for the operator: the status and what it means
    int64_t retry_after_ms = -1;
};

IngestVerdict judge_ingest_reply(const HttpReply& reply);

}  // namespace llmtrail
