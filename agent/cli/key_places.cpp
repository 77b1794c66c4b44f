#include "cli/key_places.h"

#include "platform/host.h"

namespace llmtrail {

namespace {

std::string parent_of(std::string directory) {
    while (directory.size() > 1 && directory.back() == '/') {
        directory.pop_back();
    }
    return directory.substr(0, directory.rfind('/'));
}

KeyCommandPlaces beside(const std::string& key_directory, CommandSeams seams) {
    KeyCommandPlaces places;
    places.keys = KeyPlaces(key_directory, {}, credentials_directory());
    std::string spool = parent_of(key_directory) + "/spool";
    auto info = seams.files.info(spool, true);
    if (info && info->type == FileType::kDirectory) {
        places.spool = spool;
    }
    return places;
}

}  // namespace

FoundPlaces find_key_places(const KeysArguments& arguments, CommandSeams seams) {
    std::string config = arguments.config;
    if (config.empty() && arguments.keys.empty() &&
        seams.files.info(std::string(kDefaultConfigPath), true)) {
        config = kDefaultConfigPath;
    }
    if (config.empty()) {
        std::string directory =
            arguments.keys.empty() ? std::string(kDefaultKeysPath) : absolute_path(arguments.keys);
        return {beside(directory, seams), ExitCode::kOk};
    }
    LoadedForCommand loaded = load_for_command(config, seams);
    if (!loaded.settings) {
        return {std::nullopt, loaded.exit_code};
    }
    const Settings& settings = *loaded.settings;
    KeyCommandPlaces places;
    std::string directory =
        arguments.keys.empty() ? settings.state_directory + "/keys" : absolute_path(arguments.keys);
    places.keys = KeyPlaces(directory, settings.local_keys, credentials_directory());
    places.spool = settings.spool.directory;
    places.recipients = settings.spool.recipients;
    places.configured = true;
    return {std::move(places), ExitCode::kOk};
}

}  // namespace llmtrail
