// A configuration on disk and commands that go over the network with it: files, clock and network
// are those of the system, servers stand on loopback.
#pragma once

#include <sys/stat.h>

#include "command_case.h"
#include "fakes/azure_server.h"
#include "fakes/certificates.h"
#include "fakes/hec_server.h"
#include "fakes/kafka_cluster.h"
#include "fakes/temp_directory.h"
#include "fakes/tls_server.h"
#include "platform/host.h"
#include "platform/posix.h"

namespace llmtrail {

// Passes twenty times as fast, for deadlines.
class FastClock : public Clock {
 public:
    UnixNanos wall_now() override { return clock_->wall_now(); }

    MonotonicNanos monotonic_now() override { return {20 * clock_->monotonic_now().value}; }

    ClockState state() override { return clock_->state(); }

 private:
    std::unique_ptr<Clock> clock_ = make_posix_clock();
};

class HostCase {
 public:
    HostCase() { certificates.issue("server", {}); }

    void configure(const std::string& outputs) const {
        directory.write("agent.yaml", "state_dir: " + directory.path() +
                                          "/state\nspool: {min_free: 1MiB}\noutputs:\n" + outputs);
        REQUIRE(::chmod((directory / "agent.yaml").c_str(), 0600) == 0);
    }

    std::string secret(const std::string& text) const {
        directory.write("secret", text);
        REQUIRE(::chmod((directory / "secret").c_str(), 0600) == 0);
        return "'${file:" + (directory / "secret") + "}'";
    }

    ExitCode run(std::vector<std::string> arguments) {
        arguments.insert(arguments.end(), {"--config", directory / "agent.yaml"});
        data.text.clear();
        talk_text.text.clear();
        Talk talk(talk_text);
        MemoryFiles none;
        TextInputs inputs{none};
        return run_command_line(
            arguments, CommandSeams{data, talk, inputs, *files, *clock, *random, effective_user()});
    }

    ExitCode connect() { return run({"check", "--connect"}); }

    ServerPlan server_plan() const { return server_plan_of(certificates); }

    std::string syslog(const Endpoint& to, const std::string& more = "") const {
        return "  - {id: soc, type: syslog, address: '" + to.host + ":" + std::to_string(to.port) +
               "'" +
               (more.empty() ? ", tls: {ca_file: " + certificates.path("ca.pem") + "}" : more) +
               "}\n";
    }

    // The report has these parts, one behind the other.
    void check_report(const std::vector<std::string>& parts) const {
        size_t at = 0;
        for (const std::string& part : parts) {
            size_t found = data.text.find(part, at);
            CHECK_MESSAGE(found != std::string::npos, part << " is not in\n"
                                                           << data.text << talk_text.text);
            at = found == std::string::npos ? at : found + part.size();
        }
    }

    TempDirectory directory;
    CertificateDirectory certificates;
    TextKeeper data;
    TextKeeper talk_text;
    std::unique_ptr<FileSystem> files = make_posix_file_system();
    std::unique_ptr<Clock> clock = make_posix_clock();
    std::unique_ptr<Random> random = make_posix_random();
};

inline std::string hec_output(const HecServer& server, const std::string& token,
                              const std::string& more = "") {
    return "  - {id: splunk, type: splunk_hec, url: '" + server.url() + "', token: " + token +
           ", tls: {ca_file: " + server.ca_file() + "}" + more + "}\n";
}

inline std::string kafka_output(const Endpoint& broker, const std::string& more = "") {
    return "  - {id: bus, type: kafka, topic: " + std::string(KafkaCluster::kTopic) +
           ", brokers: ['" + broker.host + ":" + std::to_string(broker.port) + "']" + more + "}\n";
}

// `authority`: another server that gives the tokens. `tls`: of the output.
inline std::string sentinel_output(const AzureServer& server, const std::string& secret,
                                   const AzureServer& authority, const std::string& tls) {
    return "  - {id: azure, type: sentinel, endpoint: '" + server.url() +
           "', rule_id: " + AzureServer::kRuleId +
           ", stream: Custom-LlmTrail_CL, auth: {kind: client_secret, tenant_id: " +
           AzureServer::kTenant + ", client_id: " + AzureServer::kClientId + ", authority: '" +
           authority.url() + "', client_secret: " + secret + "}, tls: {" + tls + "}}\n";
}

inline std::string sentinel_output(const AzureServer& server, const std::string& secret) {
    return sentinel_output(server, secret, server, "ca_file: " + server.ca_file());
}

}  // namespace llmtrail
