#include "cli/query_source.h"

#include "base/utf8.h"
#include "cli/passphrase.h"
#include "spool/local_keys.h"
#include "spool/role_key.h"

namespace llmtrail {

namespace {

constexpr size_t kKeyFileTextBytesMax = size_t{64} << 10;

// The file of --key: a role key, or a local key of some host.
Result<SpoolKey> load_key(const QueryArguments& arguments, CommandSeams seams, std::string& name) {
    std::string path = absolute_path(arguments.key);
    Result<Bytes> file = seams.files.read_file(path, kKeyFileTextBytesMax);
    if (!file) {
        return fail(std::move(file).error().with_context("reading --key"));
    }
    if (!is_role_key_file(*file)) {
        wipe(*file);
        Result<LocalKey> local = load_local_key(seams.files, path);
        if (!local) {
            return fail(std::move(local).error().with_context("reading --key"));
        }
        name = "the local key " + path;
        std::vector<LocalKey> keys;
        keys.push_back(std::move(*local));
        return SpoolKey(std::move(keys));
    }
    Result<Secret> passphrase =
        read_passphrase(arguments.passphrase_file, PassphraseFor::kOpening, seams);
    if (!passphrase) {
        return fail(std::move(passphrase.error()));
    }
    Result<RoleKey> role = RoleKey::load(*file, *passphrase);
    if (!role) {
        return fail(std::move(role).error().with_context(path));
    }
    name = "the " + std::string(role_name(role->role())) + " key";
    return SpoolKey(std::move(*role));
}

Result<void> find_key(const QueryArguments& arguments, CommandSeams seams, QuerySource& source) {
    if (!arguments.key.empty()) {
        Result<SpoolKey> key = load_key(arguments, seams, source.key_name);
        if (!key) {
            return fail(std::move(key.error()));
        }
        source.key = std::move(*key);
        return {};
    }
    if (source.key_directory.empty()) {
        return {};
    }
    Result<std::vector<LocalKey>> keys =
        load_local_secrets_as_reader(seams.files, source.key_directory);
    if (keys) {
        source.key_name = "this host's key";
        source.key = SpoolKey(std::move(*keys));
    } else if (keys.error().code != ErrorCode::kNotFound) {
        return fail(std::move(keys.error()));
    }
    return {};
}

Result<void> find_trust(const QueryArguments& arguments, CommandSeams seams, QuerySource& source) {
    if (arguments.trust.empty() && source.key_directory.empty()) {
        return {};
    }
    std::string path = arguments.trust.empty() ? identity_public_path(source.key_directory)
                                               : absolute_path(arguments.trust);
    Result<PublicKey> key = read_public_key(seams.files, path);
    if (key) {
        source.trusted = *key;
    } else if (!arguments.trust.empty() || key.error().code != ErrorCode::kNotFound) {
        return fail(std::move(key).error().with_context("reading the trusted key"));
    }
    return {};
}

// A role key on the host whose spool it opens is seen by whoever is root there.
void warn_of_host(const QueryArguments& arguments, CommandSeams seams, const QuerySource& source) {
    bool is_role = source.key && std::holds_alternative<RoleKey>(*source.key);
    if (is_role && !source.key_directory.empty() &&
        seams.files.info(identity_path(source.key_directory), false)) {
        seams.talk.warning(
            "a role key is used on the host that writes this spool: root there can see it");
        seams.talk.hint("copy the spool folder to another machine and run this there");
    }
    if (!source.trusted) {
        seams.talk.warning(
            "no --trust: that the spool is of the log it says it is was not checked");
    } else if (arguments.trust.empty()) {
        seams.talk.warning(
            "the trusted key lies beside the spool: it proves nothing against root "
            "on that host; give --trust FILE");
    }
}

std::string counted(uint64_t count, std::string_view one) {
    return std::to_string(count) + " " + std::string(one) + (count == 1 ? "" : "s");
}

}  // namespace

std::string keys_beside(const std::string& spool, FileSystem& files) {
    std::string directory = spool;
    while (directory.size() > 1 && directory.back() == '/') {
        directory.pop_back();
    }
    std::string keys = directory.substr(0, directory.rfind('/')) + "/keys";
    return files.info(identity_public_path(keys), true) ? keys : "";
}

ExitCode open_query_source(const QueryArguments& arguments, CommandSeams seams, bool key_needed,
                           QuerySource& source) {
    source.directory = absolute_path(arguments.spool);
    source.key_directory = arguments.keys.empty() ? keys_beside(source.directory, seams.files)
                                                  : absolute_path(arguments.keys);
    Result<void> found = find_key(arguments, seams, source);
    if (found) {
        found = find_trust(arguments, seams, source);
    }
    if (!found) {
        return seams.talk.refuse(found.error());
    }
    if (key_needed && !source.key) {
        seams.talk.error("no key: records are sealed");
        seams.talk.hint("give --key FILE with a role key, or --keys DIR on the agent's own host");
        return ExitCode::kCannotVerify;
    }
    warn_of_host(arguments, seams, source);
    return ExitCode::kOk;
}

bool choose_sections(const std::vector<std::string>& names, SectionChoice& choice, Talk& talk) {
    choice = {};
    for (const std::string& name : names) {
        bool known = false;
        for (Section section : kSections) {
            if (name == section_name(section)) {
                choice[static_cast<size_t>(section)] = true;
                known = true;
            }
        }
        if (!known) {
            talk.error("no section is called `" + name + "`");
            talk.hint("the sections are envelope, prompt, sources and output");
            return false;
        }
    }
    return true;
}

Result<void> write_line(const std::string& line, TextSink& data) {
    if (!data.is_terminal()) {
        return data.write(line);
    }
    return data.write(terminal_safe(std::string_view(line).substr(0, line.size() - 1)) + "\n");
}

void tell_problem(const ScanProblem& problem, Talk& talk) {
    talk.warning(problem.file + ", byte offset " + std::to_string(problem.offset) + ": " +
                 problem.reason);
}

ExitCode tell_totals(const ScanTotals& totals, const QuerySource& source, Talk& talk) {
    talk.say("read: " + counted(totals.segments, "segment") + ", " +
             counted(totals.records, "record") + ", " + "leaves up to " +
             std::to_string(totals.leaves));
    ExitCode code = ExitCode::kOk;
    if (totals.pruned_segments > 0) {
        talk.say("pruned: " + counted(totals.pruned_segments, "segment") + ", " +
                 counted(totals.pruned_records, "record") + ": only their leaves are left");
    }
    if (totals.torn_bytes > 0) {
        talk.say("the last " + std::to_string(totals.torn_bytes) +
                 " bytes were not written to their end when this was copied, or a crash cut them");
    }
    if (totals.unopened_segments > 0) {
        code = ExitCode::kCannotVerify;
        talk.warning("NOT OPENED: " + counted(totals.unopened_segments, "segment") + " with " +
                     counted(totals.unopened_records, "record") + ", the first is " +
                     totals.first_unopened + ": " +
                     (source.key ? source.key_name + " does not open them" : "no key was given"));
    }
    if (totals.failed_records > 0) {
        talk.warning("WRONG: " + counted(totals.failed_records, "record") +
                     " that opened and are not what they should be; they were left out");
    }
    if (totals.unread > 0) {
        code = ExitCode::kCannotVerify;
        talk.warning("NOT READ: " + counted(totals.unread, "file") + ", see above");
    }
    if (totals.damages > 0) {
        code = ExitCode::kTampered;
        talk.warning(counted(totals.damages, "problem") +
                     " met while reading: what stands there is not what was written");
        talk.hint("llmtrail verify says what happened and where");
    }
    return code;
}

}  // namespace llmtrail
