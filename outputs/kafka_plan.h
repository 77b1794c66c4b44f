// What a kafka output needs to know: which brokers to ask first, where its events go and as whom.
// The pipeline fills it from the settings. Checked there: without TLS every broker is of this host.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "outputs/secret_reader.h"
#include "platform/network.h"

namespace llmtrail {

struct KafkaPlan {
    std::vector<Endpoint> brokers;
    std::string topic;
    std::string key;        // of every message: the host's id
    std::string user_name;  // SASL SCRAM-SHA-512; empty: none
    SecretReader password;
    bool plain = false;  // without TLS, and then to addresses of this host alone
    size_t queue_bytes_max = size_t{8} << 20;
};

}  // namespace llmtrail
