#include "cli/diag_bundle.h"

#include <array>
#include <span>

#include "base/json_text.h"
#include "base/utf8.h"
#include "cli/status_report.h"
#include "config/effective_values.h"
#include "config/effective_yaml.h"
#include "json_tree/json_tree.h"
#include "platform/local_listener.h"
#include "platform/program_output.h"

namespace llmtrail {

namespace {

constexpr int64_t kAnswerMs = 5'000;
constexpr size_t kFactBytesMax = size_t{64} << 10;

// What the unit's state is made of; none of these holds a value of the configuration.
constexpr const char* kUnitQuestion[] = {
    "/usr/bin/systemctl", "show", "llmtrail.service",
    "--property=LoadState,ActiveState,SubState,Result,ExecMainStatus,NRestarts,UnitFileState,"
    "ActiveEnterTimestamp,MemoryCurrent,CPUUsageNSec,TasksCurrent,LimitNOFILE,LimitMEMLOCK,"
    "WatchdogUSec,FragmentPath,DropInPaths,User,SupplementaryGroups"};
constexpr const char* kJournalQuestion[] = {"/usr/bin/journalctl",
                                            "--unit=llmtrail.service",
                                            "--identifier=llmtrail",
                                            "--lines=300",
                                            "--no-pager",
                                            "--quiet",
                                            "--output=short-iso"};

// The error of a reload may repeat a value of the configuration, that of an output a receiver's
// words.
void append_without_errors(std::string& out, JsonValue value) {
    if (value.is_array()) {
        char between = '[';
        for (JsonValue item : value.items()) {
            out.push_back(between);
            append_without_errors(out, item);
            between = ',';
        }
        out += between == '[' ? "[]" : "]";
        return;
    }
    if (!value.is_object()) {
        value.append_json(out);
        return;
    }
    char before = '{';
    for (JsonMember member : value.members()) {
        if (member.key != "error" && member.key != "last_error") {
            out.push_back(before);
            append_json_string(out, member.key);
            out.push_back(':');
            append_without_errors(out, member.value);
            before = ',';
        }
    }
    out += before == '{' ? "{}" : "}";
}

class KeptText : public TextSink {
 public:
    Result<void> write(std::string_view more) override {
        text += more;
        return {};
    }

    Result<void> flush() override { return {}; }

    bool is_terminal() const override { return false; }

    std::string text;
};

class Gatherer {
 public:
    Gatherer(const DiagArguments& arguments, CommandSeams seams)
        : arguments_(arguments), seams_(seams) {}

    DiagBundle gather();

 private:
    void add(std::string name, std::string text);
    void add_settings();
    void add_verify();
    void add_status();
    void add_host();
    void add_files(const std::string& name, const std::string& directory);
    void add_program(const std::string& name, std::span<const char* const> question);

    void leave_out(const std::string& name, const std::string& why) {
        bundle_.left_out.push_back(name + ": " + terminal_safe(why));
    }

    // What a command of ours says, data and talk.
    template <typename Command>
    std::string said(const Command& command) {
        KeptText text;
        Talk talk(text);
        command(CommandSeams{text, talk, seams_.inputs, seams_.files, seams_.clock, seams_.random,
                             seams_.own_user});
        return text.text;
    }

    const DiagArguments& arguments_;
    CommandSeams seams_;
    Settings settings_;
    DiagBundle bundle_;
};

void Gatherer::add(std::string name, std::string text) {
    if (text.size() > kDiagMemberBytesMax) {
        text = std::string(utf8_prefix_bytes(text, kDiagMemberBytesMax)) + "\n(cut here)\n";
    }
    bundle_.members.emplace_back(std::move(name), std::move(text));
}

// Of a configuration that is in error the places alone: a line of it may hold what should not be
// there.
void Gatherer::add_settings() {
    LoadedSettings loaded = load_settings(absolute_path(arguments_.config), config_vocabulary(),
                                          seams_.files, seams_.own_user);
    if (!loaded.settings) {
        std::string text = "in error (llmtrail check says how):\n";
        for (const ConfigError& error : loaded.errors) {
            text += terminal_safe(error.file) + ":" + std::to_string(error.line) + ":" +
                    std::to_string(error.column) + "\n";
        }
        add("settings.txt", text);
        return;
    }
    settings_ = *loaded.settings;
    add("settings.yaml", effective_yaml(effective_values(settings_), {}));
    CheckArguments check;
    check.config = arguments_.config;
    add("check.txt", said([&](CommandSeams seams) { check_command(check, seams); }));
}

void Gatherer::add_verify() {
    if (arguments_.no_verify) {
        leave_out("verify.json", "--no-verify");
        return;
    }
    VerifyArguments verify;
    verify.spool = settings_.spool.directory;
    verify.keys = settings_.state_directory + "/keys";
    verify.live = true;
    verify.json = true;
    add("verify.json", said([&](CommandSeams seams) { verify_command(verify, seams); }));
}

void Gatherer::add_status() {
    Result<Bytes> answer = ask_locally(settings_.status_socket, kLocalAnswerBytesMax, kAnswerMs);
    if (!answer) {
        leave_out("status.json", answer.error().message);
    } else if (!describe_status(*answer)) {
        leave_out("status.json", "what came is no status");
    } else {
        JsonTree tree;
        std::string text;
        append_without_errors(text, tree.read(*answer, false).value_or(JsonValue()));
        add("status.json", text + "\n");
    }
}

void Gatherer::add_host() {
    constexpr std::string_view kReleaseKeys[] = {"ID=", "VERSION_ID=", "PRETTY_NAME="};
    std::string text;
    for (const char* path : {"/proc/sys/kernel/osrelease", "/proc/sys/kernel/arch",
                             "/sys/kernel/security/lsm", "/proc/meminfo", "/proc/loadavg"}) {
        Result<Bytes> fact = seams_.files.read_file(path, kFactBytesMax);
        text.append(path).append(": ");
        text += fact ? terminal_safe(fact->substr(0, fact->find('\n'))) : fact.error().message;
        text += "\n";
    }
    Result<Bytes> release = seams_.files.read_file("/etc/os-release", kFactBytesMax);
    for (size_t at = 0; release && at < release->size();) {
        size_t end = std::min(release->find('\n', at), release->size());
        std::string line = release->substr(at, end - at);
        for (std::string_view key : kReleaseKeys) {
            text += line.starts_with(key) ? terminal_safe(line) + "\n" : "";
        }
        at = end + 1;
    }
    ClockState clock = seams_.clock.state();
    text += "clock: status " + std::to_string(clock.status) + ", estimated error " +
            std::to_string(clock.estimated_error_us) + " us, maximum " +
            std::to_string(clock.maximum_error_us) + " us\n";
    text += "user: " + std::to_string(seams_.own_user) + "\n";
    add("host.txt", text);
}

// Names, sizes, modes: no content.
void Gatherer::add_files(const std::string& name, const std::string& directory) {
    Result<std::vector<std::string>> names = seams_.files.list(directory);
    if (!names) {
        leave_out(name, names.error().message);
        return;
    }
    std::string text = "mode owner bytes modified name, of " + terminal_safe(directory) + "\n";
    for (size_t i = 0; i < std::min(names->size(), kDiagFilesListedMax); ++i) {
        Result<FileInfo> info = seams_.files.info(directory + "/" + (*names)[i], false);
        if (!info) {
            continue;  // gone since
        }
        std::array<char, 16> mode{};
        (void)std::snprintf(mode.data(), mode.size(), "%04o", info->mode);
        text += std::string(mode.data()) + " " + std::to_string(info->owner) + " " +
                std::to_string(info->size_bytes) + " " + format_iso_millis(info->modified) + " " +
                terminal_safe((*names)[i]) + "\n";
    }
    if (names->size() > kDiagFilesListedMax) {
        text += "and " + std::to_string(names->size() - kDiagFilesListedMax) + " more\n";
    }
    add(name, text);
}

void Gatherer::add_program(const std::string& name, std::span<const char* const> question) {
    Result<Bytes> answer = program_output(question, kDiagMemberBytesMax, kDiagProgramMs);
    if (!answer || answer->empty()) {
        leave_out(name, answer ? "nothing was said" : answer.error().message);
    } else {
        add(name, std::move(*answer));
    }
}

DiagBundle Gatherer::gather() {
    settings_.spool.directory = std::string(kDefaultSpoolPath);
    add("version.txt", said([](CommandSeams seams) { version_command(seams); }));
    add_settings();
    add_status();
    add_verify();
    add_files("spool.txt", settings_.spool.directory);
    add_files("keys.txt", settings_.state_directory + "/keys");
    add_host();
    add_program("unit.txt", kUnitQuestion);
    if (arguments_.journal) {
        add_program("journal.txt", kJournalQuestion);
    } else {
        leave_out("journal.txt", "not asked for (--journal)");
    }
    return std::move(bundle_);
}

}  // namespace

DiagBundle gather_diagnostics(const DiagArguments& arguments, CommandSeams seams) {
    return Gatherer(arguments, seams).gather();
}

}  // namespace llmtrail
