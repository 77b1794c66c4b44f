#include "pipeline/output_parts.h"

#include <utility>

#include "format/json.h"
#include "format/sentinel.h"
#include "pipeline/host_identity.h"
#include "pipeline/secret_reader.h"
#include "platform/host.h"

namespace llmtrail {

namespace {

std::string type_name(OutputType type) {
    switch (type) {
        case OutputType::kSyslog:
            return "syslog";
        case OutputType::kFile:
            return "file";
        case OutputType::kSplunkHec:
            return "splunk_hec";
        case OutputType::kSentinel:
            return "sentinel";
        case OutputType::kKafka:
            return "kafka";
    }
    return {};
}

SecretReader reader_of(const SecretReference& secret, FileSystem& files) {
    return [secret, &files, credentials = credentials_directory()] {
        return read_secret(secret, credentials, files);
    };
}

std::vector<SecretReader> token_readers(const HecSettings& hec, FileSystem& files) {
    std::vector<SecretReader> readers;
    for (const SecretReference& token : hec.tokens) {
        readers.push_back(reader_of(token, files));
    }
    return readers;
}

AzureIdentity identity_of(AzureAuthKind kind) {
    switch (kind) {
        case AzureAuthKind::kManagedIdentity:
            return AzureIdentity::kManaged;
        case AzureAuthKind::kArc:
            return AzureIdentity::kArc;
        case AzureAuthKind::kClientSecret:
            return AzureIdentity::kClientSecret;
    }
    return AzureIdentity::kManaged;
}

SentinelPlan sentinel_plan(const SentinelSettings& settings, FileSystem& files) {
    const AzureAuthSettings& auth = settings.auth;
    SentinelPlan plan{settings.endpoint, settings.rule_id, settings.stream, {}};
    plan.auth.identity = identity_of(auth.kind);
    plan.auth.imds_url = auth.imds_url;
    plan.auth.authority = auth.authority;
    plan.auth.tenant_id = auth.tenant_id;
    plan.auth.client_id = auth.client_id;
    plan.auth.client_secret = reader_of(auth.client_secret, files);
    plan.auth.scope = auth.scope;
    return plan;
}

KafkaPlan kafka_plan(const KafkaSettings& settings, const HostNames& names, FileSystem& files) {
    return {settings.brokers,
            settings.topic,
            names.host_id,
            settings.user_name,
            reader_of(settings.password, files),
            settings.plain,
            settings.queue_bytes_max};
}

Carrier carrier_of(const OutputSettings& settings) {
    switch (settings.transport) {
        case SyslogTransport::kTls:
        case SyslogTransport::kTcp:
        case SyslogTransport::kRelp:
            break;
        case SyslogTransport::kUdp:
            return Carrier::kUdp;
        case SyslogTransport::kUnix:
            return Carrier::kUnix;
    }
    return uses_tls(settings) ? Carrier::kTls : Carrier::kTcp;
}

}  // namespace

HostNames host_names(const Settings& settings, FileSystem& files) {
    std::string name = host_name().value_or("localhost");
    std::string id = host_id_of(settings.host_id, name, files);
    return {std::move(id), std::move(name)};
}

OutputPlan plan_of(const OutputSettings& settings, const HostNames& names, FileSystem& files) {
    return OutputPlan{
        .id = settings.id,
        .type = type_name(settings.type),
        .address = settings.address,
        .socket_path = settings.socket_path,
        .carrier = carrier_of(settings),
        .relp = settings.transport == SyslogTransport::kRelp,
        .tls = settings.tls,
        .octet_counting =
            settings.framing == Framing::kOctet && settings.transport != SyslogTransport::kUnix,
        .facility = settings.facility,
        .host_name = names.host_name,
        .process_id = process_id(),
        .path = settings.path,
        .url = settings.hec.url,
        .tokens = token_readers(settings.hec, files),
        .acknowledged = settings.hec.acknowledged,
        .gzip = settings.hec.gzip,
        .json_members = settings.format == EventFormat::kJson,
        .batch_bytes_max = settings.type == OutputType::kSentinel
                               ? settings.sentinel.batch_bytes_max
                               : settings.hec.batch_bytes_max,
        .source = settings.hec.source,
        .sourcetype = settings.hec.sourcetype,
        .index = settings.hec.index,
        .sentinel = sentinel_plan(settings.sentinel, files),
        .kafka = kafka_plan(settings.kafka, names, files),
    };
}

std::unique_ptr<Formatter> make_formatter(const OutputSettings& settings, const HostNames& names) {
    FormatOptions options{
        .host_id = names.host_id,
        .host_name = names.host_name,
        .event_bytes_max = settings.max_event_bytes,
        .prompt_preview_characters = settings.preview_prompt_characters,
        .response_preview_characters = settings.preview_response_characters,
    };
    if (settings.type == OutputType::kSentinel) {
        return settings.sentinel.stream.ends_with("-CommonSecurityLog")
                   ? make_common_security_log_formatter(std::move(options))
                   : make_sentinel_formatter(std::move(options));
    }
    switch (settings.format) {
        case EventFormat::kCef:
            return make_cef_formatter(std::move(options));
        case EventFormat::kLeef:
            return make_leef_formatter(std::move(options));
        case EventFormat::kLeef2:
            return make_leef2_formatter(std::move(options));
        case EventFormat::kJson:
            return settings.type == OutputType::kSplunkHec
                       ? make_hec_json_formatter(std::move(options))
                       : make_json_formatter(std::move(options));
    }
    return nullptr;
}

}  // namespace llmtrail
