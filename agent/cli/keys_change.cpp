// llmtrail keys rotate and rewrap: other keys for a spool that is there. Both take the spool's
// lock, so no agent is at work meanwhile.
#include <algorithm>
#include <memory>
#include <utility>

#include "cli/key_places.h"
#include "cli/keys_commands.h"
#include "spool/local_wrap.h"
#include "spool/recovery.h"
#include "spool/segment_file.h"

namespace llmtrail {

namespace {

constexpr std::string_view kLocal = "local";
constexpr std::string_view kIdentity = "identity";

ExitCode cannot_rotate_identity(CommandSeams seams) {
    seams.talk.error(
        "the identity key of a log cannot change: its id, its headers and every checkpoint that "
        "others hold are bound to it");
    seams.talk.hint(
        "begin a new log: stop the agent, keep its state_dir as it is for the auditors, give the "
        "agent another state_dir, and hand its identity.pub to those who verify");
    return ExitCode::kConfig;
}

// The lock and the segments; the places stay the caller's.
struct HeldSpool {
    std::unique_ptr<FileLock> lock;
    std::vector<uint64_t> segments;
};

// What is written must be the agent's, or it could not read it afterwards.
Result<void> check_owner(const std::string& directory, CommandSeams seams) {
    auto info = seams.files.info(directory, true);
    if (info && info->owner != seams.own_user) {
        return fail(ErrorCode::kPermission, directory + " belongs to user " +
                                                std::to_string(info->owner) +
                                                ": run this as that user");
    }
    return {};
}

Result<HeldSpool> hold_spool(const KeyCommandPlaces& places, CommandSeams seams) {
    FileSystem& files = seams.files;
    HeldSpool held;
    Result<void> ours = check_owner(places.keys.directory, seams);
    if (!ours) {
        return fail(ours.error());
    }
    if (places.spool.empty() || !files.info(places.spool, true)) {
        return held;  // no log yet
    }
    ours = check_owner(places.spool, seams);
    if (!ours) {
        return fail(ours.error());
    }
    auto lock = files.lock(places.spool + "/" + std::string(kLockName));
    if (!lock) {
        return fail(lock.error());
    }
    held.lock = std::move(*lock);
    auto segments = list_segments(files, places.spool);
    if (!segments) {
        return fail(segments.error());
    }
    held.segments = std::move(*segments);
    return held;
}

ExitCode refuse_spool(const Error& error, CommandSeams seams) {
    ExitCode code = seams.talk.refuse(error);
    if (error.code == ErrorCode::kBusy) {
        seams.talk.hint("stop the agent first; when it starts it takes older wraps over by itself");
    } else if (error.code == ErrorCode::kPermission) {
        seams.talk.hint("sudo -u llmtrail llmtrail keys ...");
    }
    return code;
}

// False: something stays under an older key, and was told.
bool take_over(const KeyCommandPlaces& places, const HeldSpool& held,
               const std::vector<LocalKey>& local, CommandSeams seams, uint64_t& rewritten) {
    TakeOver done =
        take_over_local_wraps(seams.files, seams.random, places.spool, held.segments, local);
    for (const Error& error : done.errors) {
        seams.talk.error(error.message);
    }
    if (done.foreign > 0) {
        seams.talk.warning(std::to_string(done.foreign) +
                           " segments are wrapped under a local key that is not here");
    }
    rewritten += done.rewritten;
    return done.errors.empty();
}

// Recipients of the configuration, for closed segments that this host still opens.
bool add_recipients(const KeyCommandPlaces& places, const HeldSpool& held,
                    const std::vector<LocalKey>& local, CommandSeams seams, uint64_t& added) {
    bool all = true;
    for (uint64_t segment_no : held.segments) {
        auto file =
            SegmentFile::open(seams.files, places.spool + "/" + segment_file_name(segment_no));
        Result<uint64_t> stanzas =
            file ? add_missing_recipients(seams.files, seams.random, places.spool, file->header(),
                                          local, places.recipients)
                 : Result<uint64_t>(fail(file.error()));
        if (stanzas) {
            added += *stanzas;
        } else if (stanzas.error().code != ErrorCode::kNotFound) {
            seams.talk.error(segment_file_name(segment_no) + ": " + stanzas.error().message);
            all = false;
        }
    }
    return all;
}

bool is_automatic(const KeyPlaces& keys) {
    return keys.local.empty() || keys.local.front() == kLocalKeyAuto;
}

ExitCode rotate_local(const KeyCommandPlaces& places, CommandSeams seams) {
    const std::string& directory = places.keys.directory;
    Result<HeldSpool> held = hold_spool(places, seams);
    if (!held) {
        return refuse_spool(held.error(), seams);
    }
    uint64_t rewritten = 0;
    auto local = load_local_secrets(seams.files, places.keys);
    if (!local) {
        return seams.talk.refuse(local.error());
    }
    // One that was interrupted comes first: only one older key has a place.
    bool done = take_over(places, *held, *local, seams, rewritten);
    Result<void> changed = done ? forget_previous_local_key(seams.files, directory)
                                : Result<void>(fail(ErrorCode::kCorrupt,
                                                    "not every segment could be taken over, so no "
                                                    "new local key was made"));
    Result<Secret> secret = Secret::random(seams.random, kDataKeyBytes);
    if (changed && !secret) {
        changed = fail(secret.error());
    }
    if (changed) {
        changed = replace_local_key(seams.files, directory, make_local_key(std::move(*secret)));
    }
    if (!changed) {
        return seams.talk.refuse(changed.error());
    }
    rewritten = 0;
    local = load_local_secrets(seams.files, places.keys);
    done = local && take_over(places, *held, *local, seams, rewritten);
    if (done) {
        changed = forget_previous_local_key(seams.files, directory);
    }
    seams.talk.say("a new local key is in " + local_path(directory) +
                   "; segments under it now: " + std::to_string(rewritten));
    if (!done || !changed) {
        seams.talk.error("some segments still need " + previous_local_path(directory));
        seams.talk.hint("llmtrail keys rewrap tries again");
        return ExitCode::kIo;
    }
    seams.talk.hint(
        "blocks of the old key file may remain on the medium; recipients are what takes "
        "confirmed segments out of this host's reach");
    return ExitCode::kOk;
}

}  // namespace

ExitCode keys_rotate(const KeysArguments& arguments, CommandSeams seams) {
    if (arguments.which == kIdentity) {
        return cannot_rotate_identity(seams);
    }
    if (arguments.which != kLocal) {
        seams.talk.error("`" + arguments.which + "` is not rotated by command");
        seams.talk.hint(
            "local; or: a recipient by another line in spool.recipients, daily, data and "
            "seal keys by the agent itself");
        return ExitCode::kUsage;
    }
    FoundPlaces found = find_key_places(arguments, seams);
    if (!found.places) {
        return found.exit_code;
    }
    if (!is_automatic(found.places->keys)) {
        seams.talk.error("the local key is a credential, which only systemd's owner can change");
        seams.talk.hint(
            "make another one (llmtrail keys new --local --out -), name it first in "
            "keys.local with the present one behind it, and restart the agent");
        return ExitCode::kConfig;
    }
    return rotate_local(*found.places, seams);
}

ExitCode keys_rewrap(const KeysArguments& arguments, CommandSeams seams) {
    FoundPlaces found = find_key_places(arguments, seams);
    if (!found.places) {
        return found.exit_code;
    }
    const KeyCommandPlaces& places = *found.places;
    Result<HeldSpool> held = hold_spool(places, seams);
    if (!held) {
        return refuse_spool(held.error(), seams);
    }
    auto local = load_local_secrets(seams.files, places.keys);
    if (!local) {
        return seams.talk.refuse(local.error());
    }
    uint64_t rewritten = 0;
    uint64_t added = 0;
    bool done = take_over(places, *held, *local, seams, rewritten);
    if (arguments.recipients) {
        done = add_recipients(places, *held, *local, seams, added) && done;
    }
    Result<void> forgotten = done && is_automatic(places.keys)
                                 ? forget_previous_local_key(seams.files, places.keys.directory)
                                 : Result<void>{};
    std::string text = "segments " + std::to_string(held->segments.size()) + ", rewrapped " +
                       std::to_string(rewritten) + ", wraps for recipients added " +
                       std::to_string(added) + "\n";
    auto written = seams.data.write(text);
    if (!forgotten || !written) {
        return seams.talk.refuse(forgotten ? written.error() : forgotten.error());
    }
    return done ? ExitCode::kOk : ExitCode::kIo;
}

}  // namespace llmtrail
