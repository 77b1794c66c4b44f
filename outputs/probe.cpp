#include "outputs/probe.h"

#include <algorithm>
#include <array>
#include <utility>

#include "outputs/azure_token.h"
#include "outputs/connector.h"
#include "outputs/hec_channel.h"
#include "outputs/hec_reply.h"
#include "outputs/hec_requests.h"
#include "outputs/stream_probe.h"
#include "platform/wait.h"

namespace llmtrail {

namespace {

constexpr std::string_view kHttps = "https://";
constexpr std::string_view kSecretHint =
    "the secret is read where agent.yaml says it is; a systemd credential is there for the service "
    "alone";
constexpr int kTokenAnswersMax = 3;  // an Arc agent asks back once

Result<Endpoint> endpoint_of(std::string_view url) {
    if (!url.starts_with(kHttps)) {
        return fail(ErrorCode::kConfig, "an address is not https");
    }
    std::string address(url.substr(kHttps.size()));
    address.resize(std::min(address.find('/'), address.size()));
    bool port = address.find(':', address.rfind(']') + 1) != std::string::npos;
    return parse_endpoint(port ? address : address + ":443");
}

class Prober {
 public:
    Prober(const OutputPlan& plan, ProbeSeams seams)
        : plan_(plan),
          seams_(seams),
          deadline_(seams.clock.monotonic_now().after_millis(kProbeMs)) {}

    ProbeResult run();

 private:
    void probe_syslog();
    void probe_hec();
    void probe_sentinel();
    void probe_kafka();
    bool probe_server(const std::string& url);
    bool begin_http(bool plain_http);
    Result<HttpReply> answer_to(HttpRequest request);
    bool health();
    bool takes_token(const SecretReader& token, const std::string& step);
    void take_azure_token();

    void pass(std::string step, std::string told) {
        result_.passed.push_back({std::move(step), std::move(told)});
    }

    bool refuse(std::string step, Error error, std::string hint) {
        result_.failure = ProbeFailure{std::move(step), std::move(error), std::move(hint)};
        return false;
    }

    const OutputPlan& plan_;
    ProbeSeams seams_;
    MonotonicNanos deadline_;
    std::unique_ptr<HttpClient> client_;
    ProbeResult result_;
};

void Prober::probe_syslog() {
    bool tls = plan_.carrier == Carrier::kTls;
    Endpoint to = plan_.carrier == Carrier::kUnix ? Endpoint{plan_.socket_path, 0} : plan_.address;
    bool stands = probe_stream(connector_of(plan_, seams_.network)(), to, tls, deadline_,
                               seams_.clock, result_);
    if (stands && plan_.carrier == Carrier::kUdp) {
        pass("receiver", "nobody answers over UDP: only the receiver knows whether events arrive");
    }
}

bool Prober::probe_server(const std::string& url) {
    Result<Endpoint> to = endpoint_of(url);
    if (!to) {
        return refuse("address", std::move(to.error()), "write https://HOST:PORT");
    }
    return probe_stream(seams_.network.connect_tls(*to, plan_.tls), *to, true, deadline_,
                        seams_.clock, result_);
}

bool Prober::begin_http(bool plain_http) {
    HttpOptions options;
    options.tls = plan_.tls;
    options.plain_http = plain_http;
    options.request_ms = kProbeMs;
    Result<std::unique_ptr<HttpClient>> client = make_http_client(std::move(options));
    if (!client) {
        return refuse("request", std::move(client.error()), "install libcurl4");
    }
    client_ = std::move(*client);
    return true;
}

Result<HttpReply> Prober::answer_to(HttpRequest request) {
    client_->start(std::move(request));
    for (;;) {
        client_->work();
        if (std::optional<HttpDone> done = client_->take_done()) {
            return std::move(done->reply);
        }
        int64_t left_ms = deadline_.millis_since(seams_.clock.monotonic_now());
        if (left_ms <= 0) {
            return fail(ErrorCode::kTimeout, "no answer in time");
        }
        int64_t timer_ms = client_->timer_ms();
        std::array entries{WaitEntry{client_->descriptor()}};
        if (Result<int> waited =
                wait_for(entries, timer_ms < 0 ? left_ms : std::min(timer_ms, left_ms));
            !waited) {
            return fail(std::move(waited.error()));
        }
    }
}

bool Prober::health() {
    constexpr std::string_view kHint =
        "`url` is the address of the HTTP Event Collector; is it enabled in its global settings?";
    HttpRequest request;
    request.url = plan_.url + "/services/collector/health";
    Result<HttpReply> reply = answer_to(std::move(request));
    if (!reply) {
        return refuse("health", std::move(reply.error()), std::string(kHint));
    }
    if (reply->status != 200) {
        return refuse("health", {ErrorCode::kNetwork, judge_hec_reply(*reply).problem, 0},
                      std::string(kHint));
    }
    pass("health", "ok");
    return true;
}

// A question for acknowledgements, or a request without events, which is refused as `no data` only
// when the token opens: neither stores anything.
bool Prober::takes_token(const SecretReader& token, const std::string& step) {
    HecRequests requests(plan_.url, {token}, false);
    std::string channel = plan_.acknowledged ? make_channel_id(seams_.random) : "";
    Result<HttpRequest> request =
        plan_.acknowledged ? requests.acks({0}, channel) : requests.events("", channel);
    if (!request) {
        return refuse(step, std::move(request.error()), std::string(kSecretHint));
    }
    Result<HttpReply> reply = answer_to(std::move(*request));
    if (!reply) {
        return refuse(step, std::move(reply.error()), "the connection broke: try again");
    }
    HecVerdict verdict = judge_hec_reply(*reply);
    bool opens = plan_.acknowledged ? read_hec_acks(*reply).has_value()
                                    : verdict.action == HecAction::kEventRefused;
    if (!opens) {
        return refuse(step, {ErrorCode::kConfig, verdict.problem, 0},
                      "compare the token, and whether indexer acknowledgement is on, with the "
                      "receiver's Data inputs, HTTP Event Collector");
    }
    pass(step, "ok");
    return true;
}

void Prober::probe_hec() {
    if (!probe_server(plan_.url) || !begin_http(false) || !health()) {
        return;
    }
    for (size_t i = 0; i < plan_.tokens.size(); ++i) {
        std::string step = plan_.tokens.size() == 1 ? "token" : "token " + std::to_string(i + 1);
        if (!takes_token(plan_.tokens[i], step)) {
            return;
        }
    }
}

void Prober::take_azure_token() {
    AzureToken token(plan_.sentinel.auth, seams_.files);
    TokenVerdict verdict{TokenAction::kAskAgain, {}, -1};
    for (int i = 0; i < kTokenAnswersMax && verdict.action == TokenAction::kAskAgain; ++i) {
        Result<HttpRequest> request = token.request();
        Result<HttpReply> reply = request ? answer_to(std::move(*request))
                                          : Result<HttpReply>(fail(std::move(request.error())));
        if (!reply) {
            refuse("token", std::move(reply.error()),
                   "`auth` of the output says whom it asks: is that address reachable, the secret "
                   "readable, and its authority in `tls.ca_file`, if there is one?");
            return;
        }
        verdict = token.take(*reply, seams_.clock.monotonic_now());
    }
    if (verdict.action != TokenAction::kTaken) {
        refuse("token", {ErrorCode::kConfig, verdict.problem, 0},
               "docs/outputs.md, `sentinel`, says which identity needs which right");
        return;
    }
    pass("token", "ok; whether the rule lets it write, `llmtrail test-event` shows");
}

void Prober::probe_sentinel() {
    const AzureAuth& auth = plan_.sentinel.auth;
    bool metadata = auth.identity != AzureIdentity::kClientSecret;
    if (probe_server(plan_.sentinel.endpoint) && begin_http(metadata)) {
        take_azure_token();
    }
}

// Each broker that is asked first; whom they name, and whether the topic takes events, only they
// know.
void Prober::probe_kafka() {
    const KafkaPlan& kafka = plan_.kafka;
    for (const Endpoint& broker : kafka.brokers) {
        pass("broker", broker.host + " port " + std::to_string(broker.port));
        Result<std::unique_ptr<Stream>> stream =
            kafka.plain ? seams_.network.connect_tcp(broker)
                        : seams_.network.connect_tls(broker, plan_.tls);
        if (!probe_stream(std::move(stream), broker, !kafka.plain, deadline_, seams_.clock,
                          result_)) {
            return;
        }
    }
    if (!kafka.user_name.empty()) {
        Result<Secret> password = kafka.password();
        if (!password) {
            refuse("password", std::move(password.error()), std::string(kSecretHint));
            return;
        }
    }
    pass("topic", "whether it takes events of this user, `llmtrail test-event` shows");
}

ProbeResult Prober::run() {
    if (plan_.type == "syslog") {
        probe_syslog();
    } else if (plan_.type == "splunk_hec") {
        probe_hec();
    } else if (plan_.type == "sentinel") {
        probe_sentinel();
    } else if (plan_.type == "kafka") {
        probe_kafka();
    }
    return std::move(result_);
}

}  // namespace

ProbeResult probe_output(const OutputPlan& plan, ProbeSeams seams) {
    return Prober(plan, seams).run();
}

}  // namespace llmtrail
