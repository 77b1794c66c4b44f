// The options of `llmtrail keys`, all in one: what does not belong to the action is refused where
// it would be ignored.
#include <CLI/CLI.hpp>

#include "cli/command_options.h"

namespace llmtrail {

namespace {

// An option of `keys` that another action would ignore; "" when there is none.
std::string misplaced_option(const KeysArguments& keys) {
    bool making = keys.action == KeysAction::kNew;
    bool listing = keys.action == KeysAction::kList || keys.action == KeysAction::kCheck;
    if (!making &&
        (keys.local || !keys.role.empty() || !keys.out.empty() || !keys.passphrase_file.empty())) {
        return "--role, --local, --out and --passphrase-file";
    }
    if (!listing && keys.json) {
        return "--json";
    }
    if (keys.action != KeysAction::kRewrap && keys.recipients) {
        return "--recipients";
    }
    if (keys.action == KeysAction::kRotate ? keys.which.empty() : !keys.which.empty()) {
        return keys.which.empty() ? "rotate without `local`" : "`" + keys.which + "`";
    }
    return {};
}

}  // namespace

void add_options(CLI::App& command, KeysArguments& keys) {
    CLI::Option* action =
        command.add_option("list|check|new|init|rotate|rewrap", keys.action, "what to do");
    action->type_name("")->required()->transform(
        CLI::CheckedTransformer(
            std::vector<std::pair<std::string, KeysAction>>{{"list", KeysAction::kList},
                                                            {"check", KeysAction::kCheck},
                                                            {"new", KeysAction::kNew},
                                                            {"init", KeysAction::kInit},
                                                            {"rotate", KeysAction::kRotate},
                                                            {"rewrap", KeysAction::kRewrap}})
            .description(""));
    command.add_option("KEY", keys.which, "rotate: local")->type_name("");
    command.add_option("--config", keys.config, "configuration file")->type_name("FILE");
    command.add_option("--keys", keys.keys, "key directory; as the configuration says unless told")
        ->type_name("DIR");
    command.add_flag("--json", keys.json, "list, check: JSON, one object a line");
    command
        .add_option("--role", keys.role,
                    "new: auditor, analyst, prompt_engineer, "
                    "model_administrator")
        ->type_name("ROLE");
    command.add_flag("--local", keys.local, "new: a local key, for a systemd credential");
    command.add_option("--out", keys.out, "new: where the private key goes; - with --local")
        ->type_name("FILE");
    command
        .add_option("--passphrase-file", keys.passphrase_file,
                    "new: its passphrase; asked for unless told")
        ->type_name("FILE");
    command.add_flag("--recipients", keys.recipients,
                     "rewrap: also for recipients that came later");
    command.callback([&keys] {
        std::string misplaced = misplaced_option(keys);
        if (!misplaced.empty()) {
            throw CLI::ValidationError(misplaced, "does not belong to this action");
        }
    });
}

}  // namespace llmtrail
