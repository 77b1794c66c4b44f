#include "outputs/kafka_verdict.h"

#include <librdkafka/rdkafka.h>

#include <algorithm>
#include <array>

namespace llmtrail {

namespace {

struct Known {
    int code;
    KafkaAction action;
    ErrorCode error;
    const char* words;
};

constexpr const char* kNoTopic =
    "the cluster has no such topic, or this user may not see it; it is not made by the agent";
constexpr const char* kNotAllowed = "this user may not write to the topic";
constexpr const char* kMayNotProduce =
    "this user may not write to the cluster (on brokers before 2.8 also IdempotentWrite)";
constexpr const char* kTooOld = "the brokers are too old: an idempotent producer needs 0.11";
constexpr const char* kNotSignedIn = "a broker refuses user or password";
constexpr const char* kTls =
    "TLS with a broker failed: its certificate, its name, its version or ours; `llmtrail check "
    "--connect` says which";
constexpr const char* kAway = "no broker can be reached";
constexpr const char* kNoName = "the name of a broker is not found";

constexpr std::array kKnown = {
    Known{RD_KAFKA_RESP_ERR__QUEUE_FULL, KafkaAction::kNoRoom, ErrorCode::kBusy, "full"},
    Known{RD_KAFKA_RESP_ERR__FATAL, KafkaAction::kNoRoom, ErrorCode::kBusy, "news tell why"},
    Known{RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE, KafkaAction::kEventRefused, ErrorCode::kLimit,
          "larger than the topic takes"},
    Known{RD_KAFKA_RESP_ERR_INVALID_RECORD, KafkaAction::kEventRefused, ErrorCode::kInvalidArgument,
          "against the rules of the topic"},
    Known{RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART, KafkaAction::kHold, ErrorCode::kConfig,
          kNoTopic},
    Known{RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC, KafkaAction::kHold, ErrorCode::kConfig, kNoTopic},
    Known{RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION, KafkaAction::kHold, ErrorCode::kConfig, kNoTopic},
    Known{RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION, KafkaAction::kHold, ErrorCode::kConfig,
          "the brokers take no topic of this name"},
    Known{RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, KafkaAction::kHold, ErrorCode::kConfig,
          kNotAllowed},
    Known{RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED, KafkaAction::kHold, ErrorCode::kConfig,
          kMayNotProduce},
    Known{RD_KAFKA_RESP_ERR_POLICY_VIOLATION, KafkaAction::kHold, ErrorCode::kConfig,
          "a policy of the brokers forbids it"},
    Known{RD_KAFKA_RESP_ERR__UNSUPPORTED_FEATURE, KafkaAction::kHold, ErrorCode::kConfig, kTooOld},
    Known{RD_KAFKA_RESP_ERR_UNSUPPORTED_VERSION, KafkaAction::kHold, ErrorCode::kConfig, kTooOld},
    Known{RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED, KafkaAction::kHold, ErrorCode::kConfig,
          kNotSignedIn},
    Known{RD_KAFKA_RESP_ERR__AUTHENTICATION, KafkaAction::kHold, ErrorCode::kConfig, kNotSignedIn},
    Known{RD_KAFKA_RESP_ERR__SSL, KafkaAction::kRetry, ErrorCode::kTls, kTls},
    Known{RD_KAFKA_RESP_ERR__TRANSPORT, KafkaAction::kRetry, ErrorCode::kNetwork, kAway},
    Known{RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN, KafkaAction::kRetry, ErrorCode::kNetwork, kAway},
    Known{RD_KAFKA_RESP_ERR__RESOLVE, KafkaAction::kRetry, ErrorCode::kNetwork, kNoName},
};

}  // namespace

KafkaVerdict judge_kafka_error(int code, const std::string& name) {
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR) {
        return {};
    }
    auto known = std::find_if(kKnown.begin(), kKnown.end(),
                              [code](const Known& one) { return one.code == code; });
    if (known == kKnown.end()) {
        return {KafkaAction::kRetry, ErrorCode::kNetwork, "a broker did not take it: " + name};
    }
    return {known->action, known->error, std::string(known->words) + " (" + name + ")"};
}

}  // namespace llmtrail
