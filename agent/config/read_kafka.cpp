#include <algorithm>

#include "config/map_reader.h"
#include "config/section_readers.h"
#include "config/values.h"

namespace llmtrail {

namespace {

constexpr size_t kBrokersMax = 32;
constexpr size_t kTopicBytesMax = 249;
constexpr size_t kUserBytesMax = 256;
constexpr std::string_view kBrokersHint =
    "brokers: [\"kafka-1.example.com:9093\", \"kafka-2.example.com:9093\"]";

// Letters, digits and what else names of hosts and topics have: the library reads both from lists
// of its own form.
bool is_word(std::string_view text, std::string_view more) {
    return !text.empty() && std::all_of(text.begin(), text.end(), [more](char c) {
        return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
               more.find(c) != std::string_view::npos;
    });
}

void read_brokers(MapReader& reader, KafkaSettings& kafka) {
    std::vector<std::string> addresses;
    const ConfigNode* node = reader.need("brokers", kBrokersHint);
    reader.text_list("brokers", addresses);
    for (const std::string& address : addresses) {
        auto endpoint = parse_endpoint(address);
        if (!endpoint || !is_word(endpoint->host, ".-_:")) {
            reader.problem(*node, "`" + address + "` is no address of a broker",
                           "write host:port or [IPv6]:port");
            return;
        }
        kafka.brokers.push_back(*endpoint);
    }
    if (node != nullptr && node->kind == NodeKind::kList &&
        (addresses.empty() || addresses.size() > kBrokersMax)) {
        reader.problem(*node, "`brokers` takes 1 to 32 addresses", std::string(kBrokersHint));
    }
}

void read_topic(MapReader& reader, KafkaSettings& kafka) {
    const ConfigNode* node = reader.need_scalar("topic", "topic: llm-audit");
    if (node == nullptr) {
        return;
    }
    kafka.topic = node->scalar;
    if (!is_word(kafka.topic, "._-") || kafka.topic.size() > kTopicBytesMax ||
        kafka.topic.find_first_not_of('.') == std::string::npos) {
        reader.problem(*node, "`topic` is no name of a topic",
                       "at most 249 letters, digits, `.`, `_`, `-`");
    }
}

void read_user(MapReader& reader, KafkaSettings& kafka) {
    reader.text("user", kafka.user_name);
    reader.secret("password", kafka.password);
    if (reader.has("user") != reader.has("password")) {
        reader.problem_here("`user` and `password` go together", "set both or neither");
    }
    if (kafka.user_name.size() > kUserBytesMax) {
        reader.problem(*reader.find("user"), "`user` is longer than 256 bytes");
    }
}

}  // namespace

void read_kafka(MapReader& reader, OutputSettings& output, Problems& problems) {
    KafkaSettings& kafka = output.kafka;
    read_brokers(reader, kafka);
    read_topic(reader, kafka);
    read_user(reader, kafka);
    uint64_t queue = kafka.queue_bytes_max;
    reader.size("max_queue", queue, kKafkaQueueBytesLeast, kKafkaQueueBytesMost);
    kafka.queue_bytes_max = queue;
    kafka.plain = reader.find("tls") == nullptr &&
                  std::all_of(kafka.brokers.begin(), kafka.brokers.end(), is_loopback);
    read_tls(reader, output, problems);
}

}  // namespace llmtrail
