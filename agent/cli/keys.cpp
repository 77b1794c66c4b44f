#include <array>

#include "base/utf8.h"
#include "cli/commands.h"

namespace llmtrail {

namespace {

constexpr int64_t kSecondsPerDay = 86'400;
constexpr uint32_t kReadableByOthers = 077;
constexpr size_t kPublicKeyBytesMax = 256;

struct KnownKey {
    std::string_view file;
    std::string_view purpose;
    std::string_view limits;
    bool secret;
};

// docs/spool-format.md, "Key directory".
constexpr std::array<KnownKey, 3> kKnownKeys = {{
    {"local.key", "opens the spool on this host",
     "wraps a new random key each day; data keys change with every segment; not rotated in this "
     "version",
     true},
    {"identity.key", "signs the spool",
     "signs certificates of one-time seal keys only; not rotated in this version", true},
    {"identity.pub", "what others verify against",
     "keep a copy off this host and give it to verify --trust", false},
}};

std::string age_of(const FileInfo& info, UnixNanos now) {
    int64_t seconds = (now.value - info.modified.value) / kNanosPerSecond;
    if (seconds < 0) {
        return "dated in the future: check this host's clock";
    }
    if (seconds < kSecondsPerDay) {
        return std::to_string(seconds / 3600) + " h";
    }
    return std::to_string(seconds / kSecondsPerDay) + " days";
}

std::string describe_key(const KnownKey& key, const std::string& path, const FileInfo& info,
                         CommandSeams seams) {
    std::string text = path + "\n";
    text.append("  purpose: ").append(key.purpose).append("\n");
    text.append("  age: ").append(age_of(info, seams.clock.wall_now())).append("\n");
    text.append("  limits: ").append(key.limits).append("\n");
    if (!key.secret) {
        auto value = seams.files.read_file(path, kPublicKeyBytesMax);
        if (value) {
            std::string_view line(*value);
            text.append("  value: ")
                .append(terminal_safe(line.substr(0, line.find('\n'))))
                .append("\n");
        }
    }
    return text;
}

}  // namespace

ExitCode keys_list_command(const KeysListArguments& arguments, CommandSeams seams) {
    std::string directory = absolute_path(arguments.keys);
    std::string text;
    ExitCode code = ExitCode::kOk;
    for (const KnownKey& key : kKnownKeys) {
        std::string path = directory + "/" + std::string(key.file);
        auto info = seams.files.info(path, false);
        if (!info) {
            code = seams.talk.refuse(info.error());
            continue;
        }
        text += describe_key(key, path, *info, seams);
        if (key.secret && (info->mode & kReadableByOthers) != 0) {
            seams.talk.error(path + " may be read by group or others: the agent refuses it");
            seams.talk.hint("chmod 0600 " + path + "; who read it can open this spool");
            code = ExitCode::kPermission;
        }
    }
    if (text.empty()) {
        seams.talk.hint(
            "keys are made when the agent first starts; name another folder with --keys DIR");
    }
    auto written = seams.data.write(text);
    return written ? code : seams.talk.refuse(written.error());
}

}  // namespace llmtrail
