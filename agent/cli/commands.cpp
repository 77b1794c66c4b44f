#include "cli/commands.h"

#include <array>
#include <filesystem>
#include <system_error>

#include "parsers/parser.h"
#include "record/event_class.h"
#include "record/field_catalog.h"

namespace llmtrail {

namespace {

constexpr uint16_t kEventClassMax = 999;

// event.kind of docs/record-schema.md.
constexpr std::array<std::string_view, 13> kKinds = {
    "inference", "retrieval", "tool",          "guardrail", "evaluation", "feedback", "edit",
    "access",    "error",     "config_change", "agent",     "other",      "rejected"};

struct Dispatcher {
    CommandSeams seams;

    ExitCode operator()(const InitArguments& arguments) const {
        return init_command(arguments, seams);
    }

    ExitCode operator()(const RunArguments& arguments) const {
        return run_command(arguments, seams);
    }

    ExitCode operator()(const CheckArguments& arguments) const {
        return check_command(arguments, seams);
    }

    ExitCode operator()(const ParseArguments& arguments) const {
        return parse_command(arguments, seams);
    }

    ExitCode operator()(const VerifyArguments& arguments) const {
        return verify_command(arguments, seams);
    }

    ExitCode operator()(const KeysArguments& arguments) const {
        return keys_command(arguments, seams);
    }

    ExitCode operator()(const SearchArguments& arguments) const {
        return search_command(arguments, seams);
    }

    ExitCode operator()(const ShowArguments& arguments) const {
        return show_command(arguments, seams);
    }

    ExitCode operator()(const ProveArguments& arguments) const {
        return prove_command(arguments, seams);
    }

    ExitCode operator()(const HoldArguments& arguments) const {
        return hold_command(arguments, seams);
    }

    ExitCode operator()(const EraseArguments& arguments) const {
        return erase_command(arguments, seams);
    }

    ExitCode operator()(const ReloadArguments& arguments) const {
        return reload_command(arguments, seams);
    }

    ExitCode operator()(const StatusArguments& arguments) const {
        return status_command(arguments, seams);
    }

    ExitCode operator()(const TestEventArguments& arguments) const {
        return test_event_command(arguments, seams);
    }

    ExitCode operator()(const DeadletterArguments& arguments) const {
        return deadletter_command(arguments, seams);
    }

    ExitCode operator()(const DiagArguments& arguments) const {
        return diag_command(arguments, seams);
    }

    ExitCode operator()(const VersionArguments&) const { return version_command(seams); }
};

// Data that did not reach its reader is no success.
ExitCode after_flush(ExitCode code, CommandSeams seams) {
    auto flushed = seams.data.flush();
    if (!flushed && code == ExitCode::kOk) {
        return seams.talk.refuse(flushed.error());
    }
    return code;
}

}  // namespace

ExitCode run_command_line(std::span<const std::string> arguments, CommandSeams seams) {
    ReadCommandLine read = read_command_line(arguments);
    if (!read.command && read.help.empty()) {
        seams.talk.error(read.usage_error);
        seams.talk.hint(read.usage_hint);
        return ExitCode::kUsage;
    }
    if (!read.command) {
        (void)seams.data.write(read.help);
        return after_flush(ExitCode::kOk, seams);
    }
    return after_flush(std::visit(Dispatcher{seams}, *read.command), seams);
}

std::string absolute_path(const std::string& path) {
    std::error_code error;
    std::filesystem::path absolute = std::filesystem::absolute(path, error);
    return error ? path : absolute.lexically_normal().string();
}

ConfigVocabulary config_vocabulary() {
    ConfigVocabulary vocabulary;
    for (const FieldRow& row : kFieldCatalog) {
        vocabulary.map_fields.emplace_back(row.name);
    }
    for (const ParserFormat& format : parser_formats()) {
        vocabulary.formats.emplace_back(format.name);
    }
    vocabulary.kinds.assign(kKinds.begin(), kKinds.end());
    for (uint16_t id = 1; id <= kEventClassMax; ++id) {
        if (event_class_by_id(id) != nullptr) {
            vocabulary.classes.push_back(id);
        }
    }
    return vocabulary;
}

LoadedForCommand load_for_command(const std::string& path, CommandSeams seams) {
    LoadedSettings loaded =
        load_settings(absolute_path(path), config_vocabulary(), seams.files, seams.own_user);
    if (!loaded.settings) {
        return {nullptr, seams.talk.refuse(loaded.errors), {}};
    }
    return {loaded.settings, ExitCode::kOk, loaded.digest};
}

}  // namespace llmtrail
