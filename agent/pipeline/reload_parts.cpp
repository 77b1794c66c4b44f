#include "pipeline/reload_parts.h"

#include <algorithm>
#include <cerrno>
#include <utility>

#include "outputs/file.h"
#include "pipeline/output_parts.h"
#include "pipeline/secret_reader.h"
#include "platform/host.h"
#include "platform/tls_context.h"
#include "tail/glob.h"

namespace llmtrail {

namespace {

constexpr size_t kFilesTriedMax = 1000;  // of one source; those after them are met when read

class Trial {
 public:
    explicit Trial(FileSystem& files) : files_(files) {}

    std::vector<ReloadProblem> take() { return std::move(problems_); }

    void add(const std::string& what, const Error& error) {
        problems_.push_back({what + ": " + error.message, is_denied(error)});
    }

    void read_file(const std::string& what, const std::string& path) {
        auto file = files_.open_readable(path, true);
        if (!file) {
            add(what, file.error());
        }
    }

    // Whether it could be made, a file beside it shows: it may be made by another output meanwhile.
    // Only what the system forbids: its folder may come.
    void write_file(const std::string& what, const std::string& path) {
        bool is_new = !files_.info(path, false);
        const std::string beside = path + ".trial";
        auto file = is_new ? files_.create_exclusive(beside, kFileOutputMode)
                           : files_.open_append(path, kFileOutputMode);
        if (file && is_new) {
            (void)files_.remove(beside);
        } else if (!file && is_denied(file.error())) {
            add(what, file.error());
        }
    }

    void secret(const std::string& what, const SecretReference& reference) {
        Result<Secret> read = read_secret(reference, credentials_directory(), files_);
        if (!read) {
            add(what, read.error());
            // Credentials are handed over at the start.
            problems_.back().restart_needed |= reference.place == SecretPlace::kCredential;
        }
    }

    void tls(const std::string& what, const TlsOptions& options) {
        size_t before = problems_.size();
        for (const std::string* path :
             {&options.ca_file, &options.crl_file, &options.cert_file, &options.key_file}) {
            if (!path->empty()) {
                read_file(what, *path);
            }
        }
        if (problems_.size() > before) {
            return;
        }
        if (auto context = make_tls_context(options); !context) {
            add(what, context.error());
        }
    }

    // Only what the system forbids: what is not there yet, or not for this source, may come.
    void source_files(const std::string& what, const SourceSettings& source) {
        std::vector<std::string> paths;
        auto list = [&](const std::string& directory) {
            auto names = files_.list(directory);
            if (!names && is_denied(names.error())) {
                add(what, names.error());
            }
            return names;
        };
        for (const std::string& glob : source.paths) {
            expand_glob(glob, list, kFilesTriedMax, paths);
        }
        auto is_excluded = [&](const std::string& path) {
            return std::any_of(
                source.exclude.begin(), source.exclude.end(),
                [&](const std::string& glob) { return glob_matches_path(glob, path); });
        };
        for (const std::string& path : paths) {
            if (is_excluded(path)) {
                continue;
            }
            auto file = files_.open_readable(path, false);
            if (!file && is_denied(file.error())) {
                add(what, file.error());
                return;
            }
        }
    }

 private:
    // By the system; a loose mode is our own refusal.
    static bool is_denied(const Error& error) {
        return error.os_error == EACCES || error.os_error == EPERM || error.os_error == EROFS;
    }

    FileSystem& files_;
    std::vector<ReloadProblem> problems_;
};

const SourceSettings* source_of(const Settings& settings, const std::string& id) {
    auto found = std::find_if(settings.sources.begin(), settings.sources.end(),
                              [&](const SourceSettings& source) { return source.id == id; });
    return found == settings.sources.end() ? nullptr : &*found;
}

bool reads_other_files(const SourceSettings* before, const SourceSettings& after) {
    return before == nullptr || before->paths != after.paths || before->exclude != after.exclude;
}

void try_output(const OutputSettings& output, Trial& trial) {
    const std::string what = "output " + output.id;
    if (output.type == OutputType::kFile) {
        trial.write_file(what, output.path);
    }
    for (const SecretReference& token : output.hec.tokens) {
        trial.secret(what, token);
    }
    for (const SecretReference* secret :
         {&output.sentinel.auth.client_secret, &output.kafka.password}) {
        if (!secret->name.empty()) {
            trial.secret(what, *secret);
        }
    }
    bool tls = output.type == OutputType::kSyslog
                   ? uses_tls(output)
                   : output.type != OutputType::kFile && !output.kafka.plain;
    if (tls) {
        trial.tls(what, output.tls);
    }
}

}  // namespace

std::vector<ReloadProblem> make_reload_parts(const Settings& before, const Settings& after,
                                             const SettingsChange& change, LaneSeams seams,
                                             ReloadParts& parts) {
    Trial trial(seams.files);
    for (const SourceSettings& source : after.sources) {
        if (change.sources.count(source.id) == 0) {
            continue;
        }
        const std::string what = "source " + source.id;
        Result<DocumentRead> read = document_read_of(source);
        if (!read) {
            trial.add(what, read.error());
        } else {
            parts.reads.emplace(source.id, std::move(*read));
        }
        if (reads_other_files(source_of(before, source.id), source)) {
            trial.source_files(what, source);
        }
    }
    HostNames names = host_names(after, seams.files);
    for (const OutputSettings& output : after.outputs) {
        if (change.outputs.count(output.id) == 0) {
            continue;
        }
        try_output(output, trial);
        Result<LaneParts> made = make_lane_parts(output, names, seams);
        if (!made) {
            trial.add("output " + output.id, made.error());
        } else {
            parts.lanes.emplace(output.id, std::move(*made));
        }
    }
    return trial.take();
}

}  // namespace llmtrail
