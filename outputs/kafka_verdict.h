// What an error code of librdkafka, its own or a broker's, means for the output: the table in
// docs/outputs.md, "kafka". The words are ours and the library's name of the code; a broker's text
// is never looked at. Pure, any thread.
#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"

namespace llmtrail {

enum class KafkaAction : uint8_t {
    kTaken,         // no error
    kNoRoom,        // now
    kEventRefused,  // of the event itself, or of one that went with it
    kHold,          // until somebody changes a setting here or there
    kRetry,         // after a while
};

struct KafkaVerdict {
    KafkaAction action = KafkaAction::kTaken;
    ErrorCode code = ErrorCode::kNetwork;
    std::string problem;
};

// `name`: what the library calls `code`.
KafkaVerdict judge_kafka_error(int code, const std::string& name);

}  // namespace llmtrail
