// llmtrail keys new and init: keys that were not there before.
#include <memory>
#include <utility>

#include "cli/key_places.h"
#include "cli/keys_commands.h"
#include "cli/passphrase.h"
#include "spool/recovery.h"
#include "spool/role_key.h"

namespace llmtrail {

namespace {

constexpr uint32_t kPrivateMode = 0600;
constexpr uint32_t kKeyDirectoryMode = 0700;
constexpr std::string_view kStandardOutput = "-";

ExitCode usage(std::string_view message, CommandSeams seams) {
    seams.talk.error(message);
    seams.talk.hint("llmtrail keys --help explains the options");
    return ExitCode::kUsage;
}

// A file that was not there before, and is there for good afterwards.
Result<void> write_new_file(const std::string& path, ByteView content, FileSystem& files) {
    auto file = files.create_exclusive(path, kPrivateMode);
    if (!file) {
        return file.error().code == ErrorCode::kExists
                   ? fail(ErrorCode::kExists, path + " is there already: keys are not overwritten")
                   : fail(std::move(file).error().with_context("writing a key"));
    }
    Result<void> done = (*file)->append(content);
    if (done) {
        done = (*file)->sync();
    }
    if (done) {
        done = files.sync_directory(path.substr(0, path.rfind('/') + 1));
    }
    if (!done) {
        (void)files.remove(path);  // half a key is of no use
    }
    return done;
}

ExitCode new_role_key(const KeysArguments& arguments, Role role, CommandSeams seams) {
    if (arguments.out == kStandardOutput) {
        return usage("a role key is written to a file: --out FILE", seams);
    }
    std::string path = absolute_path(arguments.out);
    if (seams.files.info(path, false)) {
        return seams.talk.refuse(
            {ErrorCode::kExists, path + " is there already: keys are not overwritten", 0});
    }
    Result<Secret> passphrase =
        read_passphrase(arguments.passphrase_file, PassphraseFor::kMaking, seams);
    if (!passphrase) {
        return seams.talk.refuse(passphrase.error());
    }
    Result<RoleKey> key = RoleKey::generate(role, seams.random);
    Result<Bytes> file =
        key ? key->protect(*passphrase, seams.random) : Result<Bytes>(fail(key.error()));
    Result<void> written =
        file ? write_new_file(path, *file, seams.files) : Result<void>(fail(file.error()));
    if (!written) {
        return seams.talk.refuse(written.error());
    }
    auto printed = seams.data.write("- {role: " + std::string(role_name(role)) + ", key: \"" +
                                    recipient_key_text(key->public_key()) + "\"}\n");
    if (!printed) {
        return seams.talk.refuse(printed.error());
    }
    seams.talk.say(path + " holds the private half, under the passphrase");
    seams.talk.hint(
        "put the printed line below spool.recipients of agent.yaml; keep the file and a "
        "copy of it off the agent's host: without them nobody opens what was confirmed");
    return ExitCode::kOk;
}

ExitCode new_local_key(const KeysArguments& arguments, CommandSeams seams) {
    Result<Secret> secret = Secret::random(seams.random, kDataKeyBytes);
    if (!secret) {
        return seams.talk.refuse(secret.error());
    }
    Secret text = local_key_text(make_local_key(std::move(*secret)));
    Result<void> written =
        arguments.out == kStandardOutput
            ? seams.data.write(text.reveal())
            : write_new_file(absolute_path(arguments.out), text.reveal(), seams.files);
    if (!written) {
        return seams.talk.refuse(written.error());
    }
    seams.talk.hint(
        "llmtrail keys new --local --out - | systemd-creds encrypt --name=llmtrail-local "
        "- /etc/credstore.encrypted/llmtrail-local keeps it encrypted; then keys: "
        "{local: credential:llmtrail-local}");
    return ExitCode::kOk;
}

}  // namespace

ExitCode keys_new(const KeysArguments& arguments, CommandSeams seams) {
    if (arguments.out.empty()) {
        return usage("--out FILE is needed", seams);
    }
    if (arguments.local == !arguments.role.empty()) {
        return usage("one of --role ROLE and --local is needed", seams);
    }
    if (arguments.local) {
        return new_local_key(arguments, seams);
    }
    std::optional<Role> role = role_of(arguments.role);
    if (!role) {
        return usage("`" + arguments.role +
                         "` is not a role: auditor, analyst, prompt_engineer, model_administrator",
                     seams);
    }
    return new_role_key(arguments, *role, seams);
}

ExitCode keys_init(const KeysArguments& arguments, CommandSeams seams) {
    FoundPlaces found = find_key_places(arguments, seams);
    if (!found.places) {
        return found.exit_code;
    }
    const KeyPlaces& keys = found.places->keys;
    bool has_identity = seams.files.info(identity_path(keys.directory), false).has_value();
    if (!found.places->spool.empty() && !has_identity) {
        auto segments = list_segments(seams.files, found.places->spool);
        if (segments && !segments->empty()) {
            seams.talk.error(found.places->spool +
                             " holds a log already: new keys could not be its keys");
            seams.talk.hint("bring its identity.key and local key back, or name another state_dir");
            return ExitCode::kConfig;
        }
    }
    auto above = seams.files.info(keys.directory.substr(0, keys.directory.rfind('/')), true);
    if (above && above->owner != 0 && above->owner != seams.own_user) {
        seams.talk.error("what this makes in " + keys.directory + " would not be user " +
                         std::to_string(above->owner) + "'s, to whom the directory above belongs");
        seams.talk.hint("run it as that user: sudo -u llmtrail llmtrail keys init");
        return ExitCode::kPermission;
    }
    Result<void> made = seams.files.make_directories(keys.directory, kKeyDirectoryMode);
    Result<LocalKeys> loaded = made ? load_or_make_local_keys(seams.files, seams.random, keys)
                                    : Result<LocalKeys>(fail(made.error()));
    if (!loaded) {
        return seams.talk.refuse(loaded.error());
    }
    auto printed = seams.data.write(public_key_text(loaded->identity.public_key()) + "\n");
    if (!printed) {
        return seams.talk.refuse(printed.error());
    }
    seams.talk.say(loaded->made_now ? "made the keys of this host in " + keys.directory
                                    : "the keys of this host were there: " + keys.directory);
    seams.talk.hint(
        "the printed line is what others verify against: keep a copy off this host, for "
        "verify --trust");
    return ExitCode::kOk;
}

}  // namespace llmtrail
