#include "config/config_files.h"
#include "config/map_reader.h"
#include "config/section_readers.h"
#include "config/settings.h"

namespace llmtrail {

namespace {

constexpr size_t kHostIdBytesMax = 64;

bool is_host_id(std::string_view text) {
    auto allowed = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '.' || c == '_' || c == '-';
    };
    for (char c : text) {
        if (!allowed(c)) {
            return false;
        }
    }
    return !text.empty() && text.size() <= kHostIdBytesMax;
}

void read_host_id(MapReader& reader, Settings& settings) {
    settings.host_id = "auto";
    const ConfigNode* node = reader.find_scalar("host_id");
    if (node == nullptr) {
        return;
    }
    settings.host_id = node->scalar;
    if (!is_host_id(settings.host_id)) {
        reader.problem(*node, "`" + settings.host_id + "` cannot be a host id",
                       "write auto, or at most " + std::to_string(kHostIdBytesMax) +
                           " letters, digits, `.`, `_`, `-`");
    }
}

Settings read_root(const ConfigNode& root, const ConfigVocabulary& vocabulary, Problems& problems) {
    Settings settings;
    MapReader reader(root, "the configuration", problems);
    reader.absolute_path("state_dir", settings.state_directory);
    read_host_id(reader, settings);
    reader.absolute_path("status_socket", settings.status_socket);
    const ConfigNode* sources = reader.find("sources");
    const ConfigNode* outputs = reader.find("outputs");
    const ConfigNode* anchors = reader.find("anchors");
    const ConfigNode* spool = reader.find("spool");
    const ConfigNode* keys = reader.find("keys");
    const ConfigNode* metrics = reader.find("metrics");
    reader.finish();
    if (sources != nullptr) {
        read_sources(*sources, vocabulary, settings, problems);
    }
    if (outputs != nullptr) {
        read_outputs(*outputs, vocabulary, settings, problems);
    }
    if (anchors != nullptr) {
        read_anchors(*anchors, settings, problems);
    }
    if (spool != nullptr) {
        read_spool(*spool, settings, problems);
    }
    if (keys != nullptr) {
        read_keys(*keys, settings, problems);
    }
    if (metrics != nullptr) {
        read_metrics(*metrics, settings, problems);
    }
    if (settings.spool.directory.empty()) {
        settings.spool.directory = settings.state_directory + "/spool";
    }
    check_across_sections(root, settings, problems);
    return settings;
}

}  // namespace

LoadedSettings load_settings(const std::string& path, const ConfigVocabulary& vocabulary,
                             FileSystem& files, uint32_t own_user) {
    Problems problems;
    LoadedSettings loaded;
    ConfigFiles read = read_config_files(path, files, own_user, problems);
    loaded.digest = std::move(read.digest);
    if (read.root) {
        Settings settings = read_root(*read.root, vocabulary, problems);
        if (problems.empty()) {
            loaded.settings = std::make_shared<const Settings>(std::move(settings));
        }
    }
    loaded.errors = problems.take();
    return loaded;
}

}  // namespace llmtrail
