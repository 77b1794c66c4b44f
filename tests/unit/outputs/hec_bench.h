// A splunk_hec output against hec_server.py.
#pragma once

#include "fakes/hec_server.h"
#include "outputs/splunk_hec.h"
#include "request_bench.h"

namespace llmtrail {

struct HecTrial {
    bool acknowledged = true;
    bool gzip = true;
    size_t batch_bytes_max = 900'000;
    std::string index = {};
    std::vector<std::string> tokens{"good-token"};
    SecretReader token_reader = {};  // instead of `tokens`
    size_t text_bytes = 100;
    int64_t request_ms = 5'000;
};

// A receiver whose first answers are these.
inline HecScript failing(std::vector<std::string> events, std::vector<std::string> polls = {}) {
    HecScript script;
    script.events = std::move(events);
    script.polls = std::move(polls);
    return script;
}

class HecBench : public RequestBench {
 public:
    HecBench(const HecScript& script, uint64_t count, const HecTrial& trial = {})
        : RequestBench(
              count, [this](const std::string& kind) { return server.log_of(kind); },
              [bytes = trial.text_bytes](uint64_t index, bool resent) {
                  std::string text =
                      "CEF:0|llmtrail|agent|0|100|n|1|externalId=" + std::to_string(index);
                  text += resent ? " llmtrailResent=1 msg=" : " msg=";
                  return text.append(bytes, 'x');
              }),
          server(script) {
        OutputPlan plan;
        plan.id = "splunk";
        plan.type = "splunk_hec";
        plan.url = server.url();
        plan.host_name = "app01";
        plan.source = "llmtrail";
        plan.sourcetype = "cef";
        plan.index = trial.index;
        plan.acknowledged = trial.acknowledged;
        plan.gzip = trial.gzip;
        plan.batch_bytes_max = trial.batch_bytes_max;
        for (const std::string& token : trial.tokens) {
            plan.tokens.push_back([token] { return Result<Secret>(Secret::copy_of(token)); });
        }
        if (trial.token_reader) {
            plan.tokens = {trial.token_reader};
        }
        HttpOptions options;
        options.tls.ca_file = server.ca_file();
        options.cookies = true;
        options.request_ms = trial.request_ms;
        output = make_splunk_hec_output(plan, make_client(std::move(options)), random);
    }

    // Of the requests for events: how many, and how many events in each.
    std::vector<size_t> batch_sizes() const {
        std::vector<size_t> sizes;
        for (const auto& words : server.log_of("request")) {
            if (words.at(1) == "/services/collector/event") {
                sizes.push_back(std::stoul(words.at(6)));
            }
        }
        return sizes;
    }

    HecServer server;
};

}  // namespace llmtrail
