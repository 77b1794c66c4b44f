#include <fnmatch.h>

#include "config/section_readers.h"

namespace llmtrail {

namespace {

bool matches_any(const std::vector<std::string>& globs, const std::string& path) {
    for (const std::string& glob : globs) {
        if (fnmatch(glob.c_str(), path.c_str(), FNM_PATHNAME | FNM_PERIOD) == 0) {
            return true;
        }
    }
    return false;
}

bool reads(const SourceSettings& source, const std::string& path) {
    return matches_any(source.paths, path) && !matches_any(source.exclude, path);
}

// Of the last output that writes there: the one that was one too many.
ConfigPlace place_of_path(const ConfigNode& outputs, const std::string& path) {
    ConfigPlace place = outputs.place;
    for (const ConfigNode& output : outputs.children) {
        const ConfigNode* node = output.member("path");
        if (node != nullptr && node->scalar == path) {
            place = node->place;
        }
    }
    return place;
}

// The metrics are replaced by name: nothing else may stand under it.
void check_metrics(const ConfigNode& root, const Settings& settings, Problems& problems) {
    const std::string& path = settings.metrics_textfile;
    if (path.empty()) {
        return;
    }
    std::string taken_by;
    for (const SourceSettings& source : settings.sources) {
        taken_by = reads(source, path) ? "source `" + source.id + "` reads" : taken_by;
    }
    for (const OutputSettings& output : settings.outputs) {
        taken_by = output.path == path ? "output `" + output.id + "` writes" : taken_by;
    }
    for (const std::string& folder :
         {settings.spool.directory, settings.state_directory + "/keys"}) {
        taken_by =
            path.starts_with(folder + "/") ? "the agent keeps evidence in the folder of" : taken_by;
    }
    if (!taken_by.empty()) {
        problems.add(root.member("metrics")->member("textfile")->place,
                     taken_by + " `" + path + "`: the metrics cannot be written there",
                     "choose another path");
    }
}

}  // namespace

void check_across_sections(const ConfigNode& root, const Settings& settings, Problems& problems) {
    check_metrics(root, settings, problems);
    const ConfigNode* outputs = root.member("outputs");
    for (size_t i = 0; i < settings.outputs.size(); ++i) {
        const OutputSettings& output = settings.outputs[i];
        if (output.type != OutputType::kFile || output.path.empty()) {
            continue;
        }
        for (const SourceSettings& source : settings.sources) {
            if (reads(source, output.path)) {
                problems.add(place_of_path(*outputs, output.path),
                             "source `" + source.id + "` reads the file that output `" + output.id +
                                 "` writes: events would go round for ever",
                             "choose another path, or add it to `exclude` of that source");
            }
        }
        for (size_t other = 0; other < i; ++other) {
            if (settings.outputs[other].path == output.path) {
                problems.add(place_of_path(*outputs, output.path),
                             "outputs `" + settings.outputs[other].id + "` and `" + output.id +
                                 "` write the same file",
                             "give each its own path");
            }
        }
    }
}

}  // namespace llmtrail
