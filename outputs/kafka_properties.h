// The properties that librdkafka is given, all but the password. Everything that matters to what
// the output promises is said, whatever the library's defaults are. Pure, any thread.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "outputs/kafka_plan.h"

namespace llmtrail {

using KafkaProperties = std::vector<std::pair<std::string, std::string>>;

// Of one message, headers and all; an event has at most 1 MiB of text.
inline constexpr size_t kKafkaMessageBytesMax = (size_t{1} << 20) + (size_t{64} << 10);

KafkaProperties kafka_properties(const KafkaPlan& plan, const TlsOptions& tls);

}  // namespace llmtrail
