// The values of one output, as effective_values() has them.
#include <algorithm>

#include "config/choices.h"
#include "config/value_writer.h"

namespace llmtrail {

namespace {

std::string endpoint_text(const Endpoint& endpoint) {
    bool v6 = endpoint.host.find(':') != std::string::npos;
    return (v6 ? "[" + endpoint.host + "]" : endpoint.host) + ":" + std::to_string(endpoint.port);
}

void put_tls(ValueWriter out, const OutputSettings& output) {
    const TlsOptions& tls = output.tls;
    out.text("ca_file", tls.ca_file);
    out.text("cert_file", tls.cert_file);
    out.text("key_file", tls.key_file);
    if (output.type == OutputType::kSyslog) {
        out.text("server_name", tls.server_name);
    }
    out.text("crl_file", tls.crl_file);
    if (output.type != OutputType::kKafka) {
        out.texts("pins", tls.pins);
    }
    out.duration("reconnect_after", tls.connection_age_max_ms);
}

void put_syslog(ValueWriter out, const OutputSettings& output) {
    bool local = output.transport == SyslogTransport::kUnix;
    out.text("address", local ? output.socket_path : endpoint_text(output.address));
    out.text("transport", choice_name(kTransportChoices, output.transport));
    if (output.transport == SyslogTransport::kTls || output.transport == SyslogTransport::kTcp) {
        out.text("framing", choice_name(kFramingChoices, output.framing));
    }
    out.text("facility", choice_name(kFacilityChoices, output.facility));
    if (uses_tls(output)) {
        put_tls(out.below("tls"), output);
    }
}

void put_splunk_hec(ValueWriter out, const OutputSettings& output) {
    const HecSettings& hec = output.hec;
    out.text("url", hec.url);
    out.secrets("token", hec.tokens);
    out.boolean("ack", hec.acknowledged);
    out.boolean("gzip", hec.gzip);
    out.size("max_batch", hec.batch_bytes_max);
    out.text("index", hec.index);
    out.text("source", hec.source);
    out.text("sourcetype", hec.sourcetype);
    put_tls(out.below("tls"), output);
}

void put_auth(ValueWriter out, const AzureAuthSettings& auth) {
    bool of_app = auth.kind == AzureAuthKind::kClientSecret;
    out.text("kind", choice_name(kAuthKindChoices, auth.kind));
    out.text("client_id", auth.client_id);
    if (of_app) {
        out.text("tenant_id", auth.tenant_id);
        out.secret("client_secret", auth.client_secret);
        out.text("authority", auth.authority);
    } else {
        out.text("imds_url", auth.imds_url);
    }
    out.text("scope", auth.scope);
}

void put_sentinel(ValueWriter out, const OutputSettings& output) {
    const SentinelSettings& sentinel = output.sentinel;
    out.text("endpoint", sentinel.endpoint);
    out.text("rule_id", sentinel.rule_id);
    out.text("stream", sentinel.stream);
    put_auth(out.below("auth"), sentinel.auth);
    out.size("max_batch", sentinel.batch_bytes_max);
    put_tls(out.below("tls"), output);
}

void put_kafka(ValueWriter out, const OutputSettings& output) {
    const KafkaSettings& kafka = output.kafka;
    std::vector<std::string> brokers;
    std::transform(kafka.brokers.begin(), kafka.brokers.end(), std::back_inserter(brokers),
                   endpoint_text);
    out.texts("brokers", brokers);
    out.text("topic", kafka.topic);
    out.text("user", kafka.user_name);
    if (!kafka.user_name.empty()) {
        out.secret("password", kafka.password);
    }
    out.size("max_queue", kafka.queue_bytes_max);
    if (!kafka.plain) {
        put_tls(out.below("tls"), output);
    }
}

void put_only(ValueWriter out, const OnlySettings& only) {
    out.texts("kinds", only.kinds);
    std::vector<std::string> classes;
    std::transform(only.classes.begin(), only.classes.end(), std::back_inserter(classes),
                   [](uint16_t id) { return std::to_string(id); });
    out.texts("classes", classes);
    out.number("min_severity", only.min_severity);
}

}  // namespace

void put_output(ValueWriter out, const OutputSettings& output) {
    out.text("id", output.id);
    out.text("type", choice_name(kOutputTypeChoices, output.type));
    if (output.type != OutputType::kSentinel) {
        out.text("format", choice_name(kFormatChoices, output.format));
    }
    out.size("max_event", output.max_event_bytes);
    out.boolean("required", output.required);
    put_only(out.below("only"), output.only);
    ValueWriter preview = out.below("preview");
    preview.number("prompt", output.preview_prompt_characters);
    preview.number("response", output.preview_response_characters);
    switch (output.type) {
        case OutputType::kSyslog:
            put_syslog(out, output);
            break;
        case OutputType::kFile:
            out.text("path", output.path);
            out.boolean("allow_plaintext", output.allow_plaintext);
            break;
        case OutputType::kSplunkHec:
            put_splunk_hec(out, output);
            break;
        case OutputType::kSentinel:
            put_sentinel(out, output);
            break;
        case OutputType::kKafka:
            put_kafka(out, output);
            break;
    }
}

}  // namespace llmtrail
