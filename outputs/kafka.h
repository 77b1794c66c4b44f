// Events to a topic of Apache Kafka, through librdkafka's idempotent producer. An event is
// confirmed when every replica in sync has it (`acknowledged`). docs/outputs.md, "kafka". Deliver
// thread.
#pragma once

#include <memory>

#include "outputs/kafka_producer.h"
#include "outputs/output.h"
#include "outputs/outputs.h"

namespace llmtrail {

// kUnsupported: librdkafka is not installed. kConfig: clear text to another host.
Result<std::unique_ptr<Output>> make_kafka_output(const OutputPlan& plan, Random& random);

// With a library of its own, for tests.
Result<std::unique_ptr<Output>> make_kafka_output(const OutputPlan& plan,
                                                  std::shared_ptr<KafkaLibrary> library,
                                                  Random& random);

}  // namespace llmtrail
