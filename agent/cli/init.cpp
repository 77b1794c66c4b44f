#include "cli/commands.h"
#include "cli/first_config.h"
#include "cli/permission_advisor.h"

namespace llmtrail {

namespace {

constexpr uint32_t kConfigMode = 0644;  // no secret ever stands in it
constexpr int kCopiesMax = 100;

// Where what stands there now is kept; "" when nothing would be lost.
Result<std::string> place_for_copy(const std::string& path, CommandSeams seams, bool force) {
    Result<Bytes> present = seams.files.read_file(path, kConfigBytesMax);
    if (!present) {
        return present.error().code == ErrorCode::kNotFound
                   ? Result<std::string>(std::string())
                   : Result<std::string>(fail(std::move(present.error())));
    }
    if (*present == shipped_config()) {
        return std::string();
    }
    if (!force && !is_only_comments(*present)) {
        return fail(ErrorCode::kExists, path + " is in use already");
    }
    std::string copy = path + ".before-init";
    for (int number = 2; number <= kCopiesMax; ++number) {
        if (!seams.files.info(copy, false)) {
            return copy;
        }
        copy = path + ".before-init-" + std::to_string(number);
    }
    return fail(ErrorCode::kLimit, "too many copies of " + path + " stand beside it");
}

Result<void> keep_copy(const std::string& path, const std::string& copy, FileSystem& files) {
    Result<Bytes> present = files.read_file(path, kConfigBytesMax);
    Result<FileInfo> info = files.info(path, true);
    if (!present || !info) {
        return fail(present ? std::move(info.error()) : std::move(present.error()));
    }
    return files.replace_file(copy, *present, info->mode);
}

// Read back with conf.d beside it before it gets its name: what init leaves is always usable.
Result<void> put_in_place(const std::string& path, const std::string& fresh,
                          const std::string& copy, CommandSeams seams) {
    Result<void> done = copy.empty() ? Result<void>{} : keep_copy(path, copy, seams.files);
    if (done) {
        done = seams.files.rename(fresh, path);
    }
    if (!done) {
        (void)seams.files.remove(fresh);
        return done;
    }
    return seams.files.sync_directory(path.substr(0, path.rfind('/') + 1));
}

std::string report(const std::string& path, const std::string& copy, const FirstConfig& config) {
    std::string out = path + ": written";
    for (const std::string& id : config.source_ids) {
        out += ", source " + id;
    }
    for (const std::string& id : config.output_ids) {
        out += ", output " + id;
    }
    out += copy.empty() ? "\n" : "\nwhat was there is " + copy + "\n";
    out += "\nNext:\n";
    for (const std::string& what : config.unfinished) {
        out += "  fill in and take the # away in " + path + ": " + what + "\n";
    }
    bool usual = path == kDefaultConfigPath;
    std::string with_config = usual ? "" : " --config " + path;
    out += "  llmtrail check --connect" + with_config + "\n";
    out += "  llmtrail test-event" + with_config + "\n";
    return out + (usual ? "  systemctl enable llmtrail && systemctl reload-or-restart llmtrail\n"
                        : "  llmtrail run" + with_config + "\n");
}

ExitCode refuse_permission(const Error& error, CommandSeams seams) {
    ExitCode code = seams.talk.refuse(error);
    if (error.code == ErrorCode::kPermission) {
        seams.talk.hint("run it as root, or name a file of your own with --config");
    } else if (error.code == ErrorCode::kExists) {
        seams.talk.hint(
            "edit it, or add a file to conf.d beside it; --force replaces it and keeps a copy");
    }
    return code;
}

}  // namespace

ExitCode init_command(const InitArguments& given, CommandSeams seams) {
    InitArguments arguments = given;
    std::string path = absolute_path(given.config);
    for (std::string& glob : arguments.sources) {
        glob = absolute_path(glob);
    }
    for (std::string* file : {&arguments.ca_file, &arguments.path}) {
        *file = file->empty() ? *file : absolute_path(*file);
    }
    if (!arguments.ca_file.empty()) {
        if (Advice advice = advise_on_reading(arguments.ca_file, seams.files); !advice.usable) {
            seams.talk.error(advice.problem);
            return advice.permission ? ExitCode::kPermission : ExitCode::kIo;
        }
    }
    Result<FirstConfig> config = first_config(arguments);
    if (!config) {
        seams.talk.error(config.error().message);
        return ExitCode::kUsage;
    }
    Result<std::string> copy = place_for_copy(path, seams, arguments.force);
    if (!copy) {
        return refuse_permission(copy.error(), seams);
    }
    std::string fresh = path + ".new";
    Result<void> made = seams.files.make_directories(path.substr(0, path.rfind('/')), 0755);
    if (made) {
        made = seams.files.replace_file(fresh, config->text, kConfigMode);
    }
    if (!made) {
        return refuse_permission(made.error(), seams);
    }
    LoadedSettings loaded = load_settings(fresh, config_vocabulary(), seams.files, seams.own_user);
    if (!loaded.settings) {
        (void)seams.files.remove(fresh);
        for (ConfigError& error : loaded.errors) {
            error.file = error.file == fresh ? path : error.file;
        }
        return seams.talk.refuse(loaded.errors);
    }
    if (Result<void> placed = put_in_place(path, fresh, *copy, seams); !placed) {
        return refuse_permission(placed.error(), seams);
    }
    Result<void> written = seams.data.write(report(path, *copy, *config));
    return written ? ExitCode::kOk : seams.talk.refuse(written.error());
}

}  // namespace llmtrail
