#include "outputs/kafka_properties.h"

namespace llmtrail {

namespace {

// librdkafka cannot be told which versions of TLS it may speak. Suites below 1.3 it can: this one
// takes a shared key, there is none, so that none is ever offered and a broker without 1.3 is
// refused.
constexpr const char* kNoSuiteBelowTls13 = "PSK-AES256-GCM-SHA384";

std::string addresses_of(const std::vector<Endpoint>& brokers) {
    std::string list;
    for (const Endpoint& broker : brokers) {
        bool bare_v6 = broker.host.find(':') != std::string::npos;
        list.append(list.empty() ? "" : ",")
            .append(bare_v6 ? "[" + broker.host + "]" : broker.host)
            .append(":" + std::to_string(broker.port));
    }
    return list;
}

void add_delivery(KafkaProperties& properties, const KafkaPlan& plan) {
    properties.insert(
        properties.end(),
        {
            {"enable.idempotence", "true"},
            {"acks", "all"},
            {"message.timeout.ms", "0"},  // the spool waits as long as it takes
            {"partitioner", "murmur2_random"},
            {"compression.codec", "lz4"},
            {"linger.ms", "20"},
            {"batch.size", "131072"},
            {"queue.buffering.max.kbytes", std::to_string(plan.queue_bytes_max >> 10)},
            {"queue.buffering.max.messages", "100000"},
            {"message.max.bytes", std::to_string(kKafkaMessageBytesMax)},
            {"receive.message.max.bytes", "4194304"},
            {"allow.auto.create.topics", "false"},
            {"topic.metadata.propagation.max.ms", "5000"},
        });
}

void add_connection(KafkaProperties& properties) {
    properties.insert(properties.end(), {
                                            {"client.id", "llmtrail"},
                                            {"log_level", "0"},
                                            {"log.connection.close", "false"},
                                            {"socket.keepalive.enable", "true"},
                                            {"socket.connection.setup.timeout.ms", "10000"},
                                            {"reconnect.backoff.ms", "200"},
                                            {"reconnect.backoff.max.ms", "10000"},
                                        });
}

void add_tls(KafkaProperties& properties, const TlsOptions& tls) {
    properties.insert(properties.end(), {
                                            {"ssl.cipher.suites", kNoSuiteBelowTls13},
                                            {"ssl.curves.list", "X25519:P-256:P-384"},
                                            {"enable.ssl.certificate.verification", "true"},
                                            {"ssl.endpoint.identification.algorithm", "https"},
                                        });
    for (const auto& [name, file] :
         {std::pair("ssl.ca.location", &tls.ca_file), std::pair("ssl.crl.location", &tls.crl_file),
          std::pair("ssl.certificate.location", &tls.cert_file),
          std::pair("ssl.key.location", &tls.key_file)}) {
        if (!file->empty()) {
            properties.emplace_back(name, *file);
        }
    }
}

}  // namespace

KafkaProperties kafka_properties(const KafkaPlan& plan, const TlsOptions& tls) {
    bool sasl = !plan.user_name.empty();
    KafkaProperties properties;
    properties.emplace_back("bootstrap.servers", addresses_of(plan.brokers));
    properties.emplace_back("security.protocol",
                            std::string(sasl ? "sasl_" : "") + (plan.plain ? "plaintext" : "ssl"));
    if (sasl) {
        properties.emplace_back("sasl.mechanisms", "SCRAM-SHA-512");
        properties.emplace_back("sasl.username", plan.user_name);
    }
    if (!plan.plain) {
        add_tls(properties, tls);
    }
    add_connection(properties);
    add_delivery(properties, plan);
    return properties;
}

}  // namespace llmtrail
