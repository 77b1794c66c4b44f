// The visible table of outputs: from a plan, which the pipeline fills from the settings, to an
// Output. A new kind of output is one file and one line in outputs.cpp. Called at start and reload;
// kInvalidArgument for a plan that names no such kind.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "outputs/kafka_plan.h"
#include "outputs/output.h"
#include "outputs/secret_reader.h"
#include "outputs/sentinel_plan.h"
#include "platform/file_system.h"
#include "platform/network.h"
#include "platform/random.h"

namespace llmtrail {

enum class Carrier : uint8_t { kTls, kTcp, kUdp, kUnix };

struct OutputPlan {
    std::string id;
    std::string type;  // syslog, file, splunk_hec, sentinel, kafka

    // syslog
    Endpoint address;
    std::string socket_path;  // instead of an address, by Carrier::kUnix
    Carrier carrier = Carrier::kTls;
    bool relp = false;  // over TLS or TCP
    TlsOptions tls;
    bool octet_counting = true;  // of a stream; false: one event a line
    uint8_t facility = 20;       // RFC 5424, 0..23; 20 is local4
    std::string host_name;       // of this host, for the header
    int64_t process_id = 0;

    // file
    std::string path;

    // splunk_hec; host_name and tls too
    std::string url;  // https://HOST:PORT
    std::vector<SecretReader> tokens;
    bool acknowledged = true;
    bool gzip = true;
    bool json_members = false;  // events are made by make_hec_json_formatter()
    size_t batch_bytes_max = 900'000;
    std::string source;
    std::string sourcetype;
    std::string index;

    // sentinel; tls and batch_bytes_max too
    SentinelPlan sentinel;

    // kafka; tls too
    KafkaPlan kafka;
};

// The seams must outlive the output.
Result<std::unique_ptr<Output>> make_output(const OutputPlan& plan, Network& network,
                                            FileSystem& files, Random& random);

}  // namespace llmtrail
