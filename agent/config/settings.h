// The agent's settings after validation: only load_settings() makes them, so whoever holds a
// Settings need not check again. Immutable; the pipeline shares one by pointer. agent.yaml as
// written is config/yaml_config.cpp's business.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "base/role.h"
#include "config/secret_reference.h"
#include "platform/file_system.h"
#include "platform/network.h"

namespace llmtrail {

// Of which texts the agent tells the language when the source does not.
enum class DetectLanguage : uint8_t { kNone, kPrompt, kBoth };

struct SourceSettings {
    std::string id;
    std::vector<std::string> paths;
    std::vector<std::string> exclude;
    std::string format = "auto";
    bool start_at_end = false;
    bool whole_files = false;  // complete files, packed or not, each read once
    size_t max_document_bytes = size_t{16} << 20;
    int32_t utc_offset_seconds = 0;  // time_zone: UTC or ±hh:mm
    // Of pieces that wait for the rest of their record; 0 for one of them: each piece is a record.
    uint64_t join_bytes_max = uint64_t{16} << 20;
    int64_t join_age_max_ms = 60'000;
    DetectLanguage detect_language = DetectLanguage::kPrompt;
    std::vector<std::pair<std::string, std::string>> map;  // catalogue field name, dotted path
};

enum class OutputType : uint8_t { kSyslog, kFile, kSplunkHec, kSentinel, kKafka };
enum class EventFormat : uint8_t { kCef, kLeef, kLeef2, kJson };
enum class SyslogTransport : uint8_t { kTls, kTcp, kRelp, kUdp, kUnix };
enum class Framing : uint8_t { kOctet, kLf };

struct OnlySettings {
    std::vector<std::string> kinds;
    std::vector<uint16_t> classes;
    uint8_t min_severity = 0;

    bool empty() const { return kinds.empty() && classes.empty() && min_severity == 0; }
};

struct HecSettings {
    std::string url;
    std::vector<SecretReference> tokens;  // one, or two while one follows the other
    bool acknowledged = true;
    bool gzip = true;
    size_t batch_bytes_max = 900'000;
    std::string index;  // empty: the token's own
    std::string source = "llmtrail";
    std::string sourcetype;
};

enum class AzureAuthKind : uint8_t { kManagedIdentity, kArc, kClientSecret };

struct AzureAuthSettings {
    AzureAuthKind kind = AzureAuthKind::kManagedIdentity;
    std::string tenant_id;  // kClientSecret
    std::string client_id;
    SecretReference client_secret;
    std::string imds_url;  // http://HOST:PORT of this host; but for kClientSecret
    std::string authority = "https://login.microsoftonline.com";
    std::string scope = "https://monitor.azure.com/.default";
};

struct SentinelSettings {
    std::string endpoint;  // https://HOST
    std::string rule_id;
    std::string stream;
    AzureAuthSettings auth;
    size_t batch_bytes_max = 900'000;
};

struct KafkaSettings {
    std::vector<Endpoint> brokers;  // those that are asked first
    std::string topic;
    std::string user_name;  // SASL SCRAM-SHA-512; empty: the client certificate of `tls`, or none
    SecretReference password;
    bool plain = false;  // to this host itself, without `tls`
    size_t queue_bytes_max = size_t{8} << 20;
};

struct OutputSettings {
    std::string id;
    OutputType type = OutputType::kSyslog;
    EventFormat format = EventFormat::kCef;
    Endpoint address;         // syslog
    std::string socket_path;  // syslog over a Unix socket
    SyslogTransport transport = SyslogTransport::kTls;
    Framing framing = Framing::kOctet;
    uint8_t facility = 20;    // local4
    bool plain_relp = false;  // relp to this host itself, without `tls`
    TlsOptions tls;
    std::string path;  // file
    HecSettings hec;
    SentinelSettings sentinel;
    KafkaSettings kafka;
    bool allow_plaintext = false;
    size_t max_event_bytes = 8000;
    size_t preview_prompt_characters = 0;
    size_t preview_response_characters = 0;
    OnlySettings only;
    bool required = true;
};

inline bool uses_tls(const OutputSettings& syslog) {
    return syslog.transport == SyslogTransport::kTls ||
           (syslog.transport == SyslogTransport::kRelp && !syslog.plain_relp);
}

// What happens when the spool is full and nothing may be pruned.
enum class OnFull : uint8_t { kBlock, kDropOldest };

struct SpoolSettings {
    std::string directory;
    uint64_t max_size_bytes = uint64_t{8} << 30;
    uint64_t min_free_bytes = uint64_t{1} << 30;
    int64_t sync_interval_ms = 20;
    int64_t seal_interval_ms = 1000;
    int64_t checkpoint_interval_ms = 60'000;
    uint64_t segment_bytes_max = uint64_t{64} << 20;
    int64_t segment_age_max_ms = 3'600'000;
    int compression_level = 1;
    OnFull on_full = OnFull::kBlock;
    int64_t retention_min_age_ms = 0;
    int64_t retention_max_age_ms = int64_t{400} * 86'400'000;
    std::vector<Recipient> recipients;  // new segments are wrapped for them
};

// Who is asked to hold checkpoints, beside the outputs (docs/checkpoints.md).
enum class AnchorType : uint8_t { kTimestamp, kWitness };

struct AnchorSettings {
    std::string id;
    AnchorType type = AnchorType::kTimestamp;
    std::string url;
    bool allow_http = false;
    std::string tls_ca_file;  // for https; empty: the system's
    int64_t interval_ms = 0;  // at least, between two; 0: every checkpoint
    std::string ca_file;      // timestamp: what its signer must lead to
    std::string policy;       // timestamp: object identifier, may be empty
    std::string key;          // witness: name+key id+base64
};

struct Settings {
    std::string state_directory = "/var/lib/llmtrail";
    std::string status_socket = "/run/llmtrail/status.sock";  // for `llmtrail status`
    std::string host_id;  // as configured; "auto" is resolved by the pipeline
    std::vector<SourceSettings> sources;
    std::vector<OutputSettings> outputs;
    std::vector<AnchorSettings> anchors;
    SpoolSettings spool;
    std::string metrics_textfile;  // for node_exporter; empty: none is written
    std::vector<std::string> local_keys{"auto"};  // keys.local: auto, credential:NAME; never empty
};

// One thing wrong with the configuration. All of them are found in one pass.
struct ConfigError {
    std::string file;
    int line = 0;    // 1-based; 0: the file as a whole
    int column = 0;  // 1-based
    std::string message;
    std::string source_line;              // a value that may be a secret is left out
    std::string hint;                     // "did you mean `paths`?"; may be empty
    ErrorCode code = ErrorCode::kConfig;  // or kNotFound, kPermission, kIo for a file as a whole
};

struct LoadedSettings {
    std::shared_ptr<const Settings> settings;  // null when errors is not empty
    std::vector<ConfigError> errors;
    Bytes digest;  // SHA-256 of the files as read, for the record of a change; empty: none was read
};

// Names that config checks but does not own (record and parsers do): the caller passes them.
struct ConfigVocabulary {
    std::vector<std::string> map_fields;
    std::vector<std::string> formats;
    std::vector<std::string> kinds;
    std::vector<uint16_t> classes;  // event classes; empty: any number is taken
};

inline constexpr size_t kConfigBytesMax = size_t{1} << 20;  // of one file
inline constexpr size_t kConfigFilesMax = 256;              // in conf.d

// Reads agent.yaml and conf.d/*.yaml beside it, in the order of their names. `path` is absolute. A
// file that is not owned by root or `own_user`, or that group or others may write, is refused
// (kPermission). Never throws.
LoadedSettings load_settings(const std::string& path, const ConfigVocabulary& vocabulary,
                             FileSystem& files, uint32_t own_user = 0);

// "FILE:LINE:COLUMN: error: MESSAGE", the source line, a caret, then "hint: ...". No control
// characters.
std::string describe(const ConfigError& error);

}  // namespace llmtrail
