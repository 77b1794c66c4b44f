// A cluster of brokers inside the test, librdkafka's own, and what stands in its topic. A failure
// to start ends the test program.
#pragma once

#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

#include <map>
#include <string>
#include <vector>

#include "platform/network.h"

namespace llmtrail {

struct StoredMessage {
    std::string key;
    std::string value;
    std::map<std::string, std::string> headers;
    int32_t partition = 0;
};

class KafkaCluster {
 public:
    static constexpr const char* kTopic = "llm-audit";
    static constexpr int16_t kProduce = 0;  // number of a request

    explicit KafkaCluster(int brokers = 1, int partitions = 4);
    ~KafkaCluster();
    KafkaCluster(const KafkaCluster&) = delete;
    KafkaCluster& operator=(const KafkaCluster&) = delete;

    std::vector<Endpoint> brokers() const;

    // The next requests of this number are answered so, one after the other.
    void answer(int16_t request, const std::vector<rd_kafka_resp_err_t>& errors);
    void answer_as_asked(int16_t request);

    // The same of the only broker there is, which says how many answers are left.
    void answer_of_one(int16_t request, const std::vector<rd_kafka_resp_err_t>& errors);
    size_t answers_left_of_one(int16_t request) const;
    void say_of_topic(rd_kafka_resp_err_t error);
    void set_down(bool down);

    // All of the topic, in its order.
    std::vector<StoredMessage> read_all() const;

 private:
    rd_kafka_t* handle_ = nullptr;
    rd_kafka_mock_cluster_t* cluster_ = nullptr;
    int partitions_ = 0;
};

}  // namespace llmtrail
