#include "fakes/kafka_cluster.h"

#include <array>
#include <cstdlib>
#include <sstream>

namespace llmtrail {

namespace {

constexpr int kReadMs = 10'000;

rd_kafka_t* make_handle(rd_kafka_type_t type,
                        const std::vector<std::pair<const char*, std::string>>& properties) {
    std::array<char, 256> problem{};
    rd_kafka_conf_t* conf = rd_kafka_conf_new();
    for (const auto& [name, value] : properties) {
        if (rd_kafka_conf_set(conf, name, value.c_str(), problem.data(), problem.size()) !=
            RD_KAFKA_CONF_OK) {
            std::abort();
        }
    }
    rd_kafka_conf_set_log_cb(conf, nullptr);
    rd_kafka_t* handle = rd_kafka_new(type, conf, problem.data(), problem.size());
    if (handle == nullptr) {
        std::abort();
    }
    return handle;
}

StoredMessage stored(const rd_kafka_message_t& message) {
    StoredMessage one;
    one.key.assign(static_cast<const char*>(message.key), message.key_len);
    one.value.assign(static_cast<const char*>(message.payload), message.len);
    one.partition = message.partition;
    rd_kafka_headers_t* headers = nullptr;
    if (rd_kafka_message_headers(&message, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR) {
        return one;
    }
    const char* name = nullptr;
    const void* value = nullptr;
    size_t size = 0;
    for (size_t i = 0;
         rd_kafka_header_get_all(headers, i, &name, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR;
         ++i) {
        one.headers[name].assign(static_cast<const char*>(value), size);
    }
    return one;
}

}  // namespace

KafkaCluster::KafkaCluster(int brokers, int partitions)
    : handle_(make_handle(RD_KAFKA_PRODUCER, {})),
      cluster_(rd_kafka_mock_cluster_new(handle_, brokers)),
      partitions_(partitions) {
    if (cluster_ == nullptr || rd_kafka_mock_topic_create(cluster_, kTopic, partitions, brokers) !=
                                   RD_KAFKA_RESP_ERR_NO_ERROR) {
        std::abort();
    }
}

KafkaCluster::~KafkaCluster() {
    rd_kafka_mock_cluster_destroy(cluster_);
    rd_kafka_destroy(handle_);
}

std::vector<Endpoint> KafkaCluster::brokers() const {
    std::vector<Endpoint> endpoints;
    std::istringstream list(rd_kafka_mock_cluster_bootstraps(cluster_));
    for (std::string address; std::getline(list, address, ',');) {
        endpoints.push_back(parse_endpoint(address).value());
    }
    return endpoints;
}

void KafkaCluster::answer(int16_t request, const std::vector<rd_kafka_resp_err_t>& errors) {
    rd_kafka_mock_push_request_errors_array(cluster_, request, errors.size(), errors.data());
}

void KafkaCluster::answer_as_asked(int16_t request) {
    rd_kafka_mock_clear_request_errors(cluster_, request);
}

void KafkaCluster::answer_of_one(int16_t request, const std::vector<rd_kafka_resp_err_t>& errors) {
    for (rd_kafka_resp_err_t error : errors) {
        rd_kafka_mock_broker_push_request_error_rtts(cluster_, 1, request, 1, error, 0);
    }
}

size_t KafkaCluster::answers_left_of_one(int16_t request) const {
    size_t left = 0;
    rd_kafka_mock_broker_error_stack_cnt(cluster_, 1, request, &left);
    return left;
}

void KafkaCluster::say_of_topic(rd_kafka_resp_err_t error) {
    rd_kafka_mock_topic_set_error(cluster_, kTopic, error);
}

void KafkaCluster::set_down(bool down) {
    if (down) {
        rd_kafka_mock_broker_set_down(cluster_, -1);
    } else {
        rd_kafka_mock_broker_set_up(cluster_, -1);
    }
}

std::vector<StoredMessage> KafkaCluster::read_all() const {
    rd_kafka_t* consumer = make_handle(
        RD_KAFKA_CONSUMER, {{"bootstrap.servers", rd_kafka_mock_cluster_bootstraps(cluster_)},
                            {"group.id", "test"},
                            {"enable.partition.eof", "true"}});
    rd_kafka_poll_set_consumer(consumer);
    rd_kafka_topic_partition_list_t* all = rd_kafka_topic_partition_list_new(partitions_);
    for (int32_t i = 0; i < partitions_; ++i) {
        rd_kafka_topic_partition_list_add(all, kTopic, i)->offset = RD_KAFKA_OFFSET_BEGINNING;
    }
    rd_kafka_assign(consumer, all);
    rd_kafka_topic_partition_list_destroy(all);

    std::vector<StoredMessage> messages;
    for (int ended = 0; ended < partitions_;) {
        rd_kafka_message_t* message = rd_kafka_consumer_poll(consumer, kReadMs);
        if (message == nullptr) {
            std::abort();
        }
        if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
            messages.push_back(stored(*message));
        }
        ended += message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF ? 1 : 0;
        rd_kafka_message_destroy(message);
    }
    rd_kafka_consumer_close(consumer);
    rd_kafka_destroy(consumer);
    return messages;
}

}  // namespace llmtrail
