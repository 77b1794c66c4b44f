#include <algorithm>

#include "cli/check_connections.h"
#include "cli/check_keys.h"
#include "cli/check_sample.h"
#include "cli/commands.h"
#include "cli/permission_advisor.h"
#include "cli/source_choice.h"
#include "config/config_schema.h"
#include "config/values.h"
#include "pipeline/secret_reader.h"
#include "platform/host.h"
#include "tail/glob.h"

namespace llmtrail {

namespace {

constexpr size_t kProblemsShownMax = 5;  // unreadable files of one source

// Lines of the report; every complaint makes the check fail at its end.
struct Report {
    std::string text;
    std::vector<std::string> problems;
    std::vector<std::string> remedies;
    ExitCode code = ExitCode::kOk;

    void line(std::string_view line) { text.append(line).append("\n"); }

    void complain(const Advice& advice) {
        if (std::find(problems.begin(), problems.end(), advice.problem) != problems.end()) {
            return;  // one folder may block many things
        }
        problems.push_back(advice.problem);
        remedies.push_back(advice.remedy);
        if (code != ExitCode::kPermission) {
            code = advice.permission ? ExitCode::kPermission : ExitCode::kIo;
        }
    }
};

bool is_packed_name(std::string_view path) {
    return path.ends_with(".gz") || path.ends_with(".zst") || path.ends_with(".zip");
}

// Whether the source names in full all that it reads from `folder`, so that nothing need be listed.
bool names_in_full(const SourceSettings& source, const std::string& folder) {
    bool named = false;
    for (const std::string& glob : source.paths) {
        for (size_t at = glob.find('/'); at != std::string::npos; at = glob.find('/', at + 1)) {
            std::string name = glob.substr(at + 1, glob.find('/', at + 1) - at - 1);
            if (name.empty() || !glob_matches_path(at == 0 ? "/" : glob.substr(0, at), folder)) {
                continue;
            }
            if (has_glob(name)) {
                return false;
            }
            named = true;
        }
    }
    return named;
}

void check_source(const SourceSettings& source, ListedFolders& folders, CommandSeams seams,
                  Report& report) {
    MatchingFiles found = matching_files(source, folders, seams.files);
    report.line("source " + source.id + ": " + std::to_string(found.paths.size()) +
                " files, format " + source.format + ", new files from the " +
                (source.start_at_end ? "end" : "beginning"));
    for (const std::string& glob : source.paths) {
        report.line("  reads " + glob);
    }
    for (const std::string& folder : found.absent) {
        report.line("  not there now: " + folder + " (it is read when it appears)");
    }
    for (const std::string& path : found.forbidden) {
        if (names_in_full(source, path)) {
            continue;
        }
        Advice advice = advise_on_listing(path, seams.files);
        if (!advice.usable) {
            advice.problem = "source `" + source.id + "`: " + advice.problem;
            report.complain(advice);
        }
    }
    size_t unreadable = 0;
    for (const std::string& path : found.paths) {
        Advice advice = advise_on_reading(path, seams.files);
        if (!advice.usable && ++unreadable <= kProblemsShownMax) {
            advice.problem = "source `" + source.id + "`: " + advice.problem;
            report.complain(advice);
        }
    }
    if (unreadable > 0) {
        report.line("  unreadable files: " + std::to_string(unreadable));
    }
    auto packed = std::ranges::find_if(found.paths, is_packed_name);
    if (!source.whole_files && packed != found.paths.end()) {
        seams.talk.warning("source `" + source.id + "`: " + *packed +
                           " is packed, and would be read as lines of a growing log");
        seams.talk.hint("give packed files a source of their own with `whole_files: true`");
    }
}

std::string text_that_leaves(const OutputSettings& output) {
    size_t prompt = output.preview_prompt_characters;
    size_t response = output.preview_response_characters;
    if (prompt + response == 0) {
        return "no text of prompts or answers leaves";
    }
    return "text leaves: " + std::to_string(prompt) + " characters of each prompt, " +
           std::to_string(response) + " of each answer";
}

void check_tls_file(const std::string& path, const OutputSettings& output, CommandSeams seams,
                    Report& report) {
    if (path.empty()) {
        return;
    }
    Advice advice = advise_on_reading(path, seams.files);
    if (!advice.usable) {
        advice.problem = "output `" + output.id + "`: " + advice.problem;
        report.complain(advice);
    }
}

void check_tls_files(const OutputSettings& output, CommandSeams seams, Report& report) {
    for (const std::string* path :
         {&output.tls.ca_file, &output.tls.crl_file, &output.tls.cert_file, &output.tls.key_file}) {
        check_tls_file(*path, output, seams, report);
    }
}

void check_secret(const std::string& what, const SecretReference& secret,
                  const OutputSettings& output, CommandSeams seams, Report& report) {
    report.line("  " + what + " " + describe(secret));
    Result<Secret> read = read_secret(secret, credentials_directory(), seams.files);
    bool known_later = secret.place == SecretPlace::kCredential && credentials_directory().empty();
    if (!read && !known_later) {  // systemd hands credentials to the service alone
        report.complain({false, read.error().code == ErrorCode::kPermission,
                         "output `" + output.id + "`: " + what + " " + read.error().message, ""});
    }
}

void check_transport(const OutputSettings& output, CommandSeams seams, Report& report) {
    std::string to = output.address.host + " port " + std::to_string(output.address.port);
    std::string how = uses_tls(output) ? ", TLS 1.3" : ", plain TCP";
    std::string warning = "sends events over the network unencrypted";
    switch (output.transport) {
        case SyslogTransport::kTls:
            warning.clear();
            break;
        case SyslogTransport::kTcp:
            break;
        case SyslogTransport::kRelp:
            how += ", acknowledged over RELP";
            warning.clear();
            break;
        case SyslogTransport::kUdp:
            how = ", UDP";
            warning += ", and over UDP, where they get lost unnoticed";
            break;
        case SyslogTransport::kUnix:
            to = output.socket_path;
            how = ", on this host";
            warning.clear();
            break;
    }
    report.line("output " + output.id + ": syslog to " + to + how);
    if (!warning.empty()) {
        seams.talk.warning("output `" + output.id + "` " + warning);
    }
}

void check_splunk_hec(const OutputSettings& output, CommandSeams seams, Report& report) {
    report.line("output " + output.id + ": splunk_hec to " + output.hec.url +
                (output.hec.acknowledged ? ", TLS 1.3, acknowledged by the indexer"
                                         : ", TLS 1.3, not acknowledged"));
    for (const SecretReference& token : output.hec.tokens) {
        check_secret("token", token, output, seams, report);
    }
    check_tls_files(output, seams, report);
}

void check_sentinel(const OutputSettings& output, CommandSeams seams, Report& report) {
    const SentinelSettings& sentinel = output.sentinel;
    report.line("output " + output.id + ": sentinel to " + sentinel.endpoint + ", rule " +
                sentinel.rule_id + ", stream " + sentinel.stream +
                ", TLS 1.3, acknowledged when accepted");
    if (sentinel.auth.kind == AzureAuthKind::kClientSecret) {
        check_secret("client secret", sentinel.auth.client_secret, output, seams, report);
    } else {
        report.line("  token from " + sentinel.auth.imds_url);
    }
    check_tls_files(output, seams, report);
}

void check_kafka(const OutputSettings& output, CommandSeams seams, Report& report) {
    const KafkaSettings& kafka = output.kafka;
    std::string brokers;
    for (const Endpoint& broker : kafka.brokers) {
        brokers.append(brokers.empty() ? "" : ", ")
            .append(broker.host + " port " + std::to_string(broker.port));
    }
    report.line("output " + output.id + ": kafka to " + brokers + ", topic " + kafka.topic +
                (kafka.plain ? ", plain TCP on this host" : ", TLS 1.3") +
                ", acknowledged by every replica in sync");
    if (!kafka.user_name.empty()) {
        check_secret("password of " + kafka.user_name, kafka.password, output, seams, report);
    }
    check_tls_files(output, seams, report);
}

void check_output(const OutputSettings& output, CommandSeams seams, Report& report) {
    if (output.type == OutputType::kFile) {
        report.line("output " + output.id + ": file " + output.path);
        Advice advice = advise_on_writing(output.path.substr(0, output.path.rfind('/') + 1),
                                          seams.files, seams.own_user);
        if (!advice.usable) {
            advice.problem = "output `" + output.id + "`: " + advice.problem;
            report.complain(advice);
        }
    } else if (output.type == OutputType::kSplunkHec) {
        check_splunk_hec(output, seams, report);
    } else if (output.type == OutputType::kSentinel) {
        check_sentinel(output, seams, report);
    } else if (output.type == OutputType::kKafka) {
        check_kafka(output, seams, report);
    } else {
        check_transport(output, seams, report);
        check_tls_files(output, seams, report);
    }
    report.line("  " + text_that_leaves(output));
    report.line(output.only.empty() ? "  takes every event but `other`"
                                    : "  takes a part of the events (only)");
    report.line(output.required
                    ? "  required: records stay in the spool until it has confirmed them"
                    : "  not required: records may be pruned before it has confirmed them");
}

// Who is asked to vouch for the log, beside the outputs.
void check_anchor(const AnchorSettings& anchor, CommandSeams seams, Report& report) {
    bool witness = anchor.type == AnchorType::kWitness;
    report.line("anchor " + anchor.id + ": " + (witness ? "witness" : "timestamp authority") +
                " at " + anchor.url + ", asked " +
                (anchor.interval_ms == 0 ? std::string("at every checkpoint")
                                         : "every " + describe_duration(anchor.interval_ms)));
    for (const std::string* path : {&anchor.tls_ca_file, &anchor.ca_file}) {
        if (path->empty()) {
            continue;
        }
        Advice advice = advise_on_reading(*path, seams.files);
        if (!advice.usable) {
            advice.problem = "anchor `" + anchor.id + "`: " + advice.problem;
            report.complain(advice);
        }
    }
}

void check_recipients(const SpoolSettings& spool, CommandSeams seams, Report& report) {
    bool auditor = false;
    std::string roles;
    for (const Recipient& recipient : spool.recipients) {
        auditor = auditor || recipient.role == Role::kAuditor;
        roles.append(roles.empty() ? "" : ", ").append(role_name(recipient.role));
    }
    report.line("  can be opened by this host" + (roles.empty()
                                                      ? std::string(" alone")
                                                      : " until it is confirmed, and by " + roles));
    if (!auditor) {
        seams.talk.warning("no recovery key: only this host can open the spool");
        seams.talk.hint(
            "on another machine: llmtrail keys new --role auditor --out FILE; put the "
            "line it prints below spool.recipients");
    }
}

void check_spool(const Settings& settings, CommandSeams seams, Report& report) {
    const SpoolSettings& spool = settings.spool;
    report.line("spool " + spool.directory + ": at most " + describe_size(spool.max_size_bytes) +
                ", leaves " + describe_size(spool.min_free_bytes) + " free; when full, " +
                (spool.on_full == OnFull::kBlock ? "sources wait"
                                                 : "the oldest records are dropped and counted"));
    report.line("  kept at least " + describe_duration(spool.retention_min_age_ms) +
                ", removed after " + describe_duration(spool.retention_max_age_ms) +
                " once confirmed and covered");
    check_recipients(spool, seams, report);
    for (const std::string& directory : {spool.directory, settings.state_directory + "/keys"}) {
        Advice advice = advise_on_writing(directory, seams.files, seams.own_user);
        if (!advice.usable) {
            report.complain(advice);
        }
    }
    std::string existing = spool.directory;
    while (existing.size() > 1 && !seams.files.info(existing, true)) {
        existing.resize(std::max<size_t>(existing.rfind('/'), 1));
    }
    auto free_bytes = seams.files.free_bytes(existing);
    if (free_bytes && *free_bytes < spool.min_free_bytes) {
        seams.talk.warning("the filesystem of " + existing + " has " + std::to_string(*free_bytes) +
                           " bytes free, less than min_free: the agent would read nothing");
    }
}

}  // namespace

ExitCode check_command(const CheckArguments& arguments, CommandSeams seams) {
    if (!arguments.explain.empty()) {
        return explain_key(arguments.explain, seams);
    }
    if (arguments.schema) {
        auto written = seams.data.write(config_schema());
        return written ? ExitCode::kOk : seams.talk.refuse(written.error());
    }
    if (arguments.effective) {
        return print_effective(arguments.config, seams);
    }
    LoadedForCommand loaded = load_for_command(arguments.config, seams);
    if (!loaded.settings) {
        return loaded.exit_code;
    }
    if (!arguments.sample.empty()) {
        if (loaded.settings->sources.empty()) {
            return refuse_without_sources(seams.talk);
        }
        return check_sample(*loaded.settings, absolute_path(arguments.sample), seams);
    }
    const Settings& settings = *loaded.settings;
    Report report;
    report.line("configuration " + absolute_path(arguments.config) + ": no errors");
    ListedFolders folders(seams.files);
    for (const SourceSettings& source : settings.sources) {
        check_source(source, folders, seams, report);
    }
    for (const OutputSettings& output : settings.outputs) {
        check_output(output, seams, report);
    }
    for (const AnchorSettings& anchor : settings.anchors) {
        check_anchor(anchor, seams, report);
    }
    check_spool(settings, seams, report);
    if (!settings.metrics_textfile.empty()) {
        report.line("metrics " + settings.metrics_textfile + ": written every 15 s");
    }
    if (auto written = seams.data.write(report.text); !written) {
        return seams.talk.refuse(written.error());
    }
    if (arguments.connect) {
        Result<std::vector<Advice>> wrong = check_connections(settings, seams);
        if (!wrong) {
            return seams.talk.refuse(wrong.error());
        }
        for (const Advice& advice : *wrong) {
            report.complain(advice);
        }
    }
    if (settings.sources.empty()) {
        seams.talk.warning("no source is configured: the agent runs and reads nothing");
        seams.talk.hint(kAddSourceHint);
    }
    if (settings.outputs.empty()) {
        seams.talk.warning("no output is configured: records stay in the spool until it is full");
    }
    if (seams.own_user == 0) {
        seams.talk.say(
            "note: root may read everything; to see what the agent may read, run this as its user");
    }
    for (size_t i = 0; i < report.problems.size(); ++i) {
        seams.talk.error(report.problems[i]);
        if (!report.remedies[i].empty()) {
            seams.talk.hint(report.remedies[i]);
        }
    }
    return report.code;
}

}  // namespace llmtrail
