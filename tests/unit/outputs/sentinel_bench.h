// A sentinel output against azure_server.py.
#pragma once

#include "fakes/azure_server.h"
#include "outputs/azure_token.h"
#include "outputs/sentinel.h"
#include "platform/posix.h"
#include "request_bench.h"

namespace llmtrail {

struct SentinelTrial {
    AzureIdentity identity = AzureIdentity::kClientSecret;
    std::string client_secret = AzureServer::kClientSecret;
    std::string client_id = AzureServer::kClientId;
    std::string rule_id = AzureServer::kRuleId;
    size_t batch_bytes_max = 900'000;
    size_t text_bytes = 100;
    int64_t request_ms = 5'000;
};

class SentinelBench : public RequestBench {
 public:
    SentinelBench(const AzureScript& script, uint64_t count, const SentinelTrial& trial = {})
        : RequestBench(
              count, [this](const std::string& kind) { return server.log_of(kind); },
              [bytes = trial.text_bytes](uint64_t index, bool resent) {
                  return R"({"TimeGenerated":"2026-01-01T00:00:00.123Z","EventUid":")" +
                         std::to_string(index) + (resent ? R"(","EventResent":true)" : "\"") +
                         R"(,"EventMessage":")" + std::string(bytes, 'x') + "\"}";
              }),
          server(script) {
        OutputPlan plan;
        plan.id = "sentinel";
        plan.type = "sentinel";
        plan.batch_bytes_max = trial.batch_bytes_max;
        plan.sentinel.endpoint = server.url();
        plan.sentinel.rule_id = trial.rule_id;
        plan.sentinel.stream = "Custom-LlmTrail_CL";
        AzureAuth& auth = plan.sentinel.auth;
        auth.identity = trial.identity;
        auth.authority = server.url();
        auth.imds_url = server.metadata_url();
        auth.tenant_id = AzureServer::kTenant;
        auth.client_id = trial.client_id;
        auth.client_secret = [secret = trial.client_secret] {
            return Result<Secret>(Secret::copy_of(secret));
        };
        auth.arc_key_directory = server.key_directory();
        HttpOptions options;
        options.tls.ca_file = server.ca_file();
        options.plain_http = trial.identity != AzureIdentity::kClientSecret;
        options.request_ms = trial.request_ms;
        output = make_sentinel_output(plan, make_client(std::move(options)), *files, random);
    }

    // Of the calls: how many events in each.
    std::vector<size_t> batch_sizes() const {
        std::vector<size_t> sizes;
        for (const auto& words : server.log_of("request")) {
            sizes.push_back(std::stoul(words.at(3)));
        }
        return sizes;
    }

    AzureServer server;
    std::unique_ptr<FileSystem> files = make_posix_file_system();
};

}  // namespace llmtrail
