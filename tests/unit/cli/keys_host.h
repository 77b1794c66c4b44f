// A host whose keys the `keys` commands list, make and change: real files, a time the test says,
// and somebody at a terminal who types.
#pragma once

#include <filesystem>
#include <set>

#include "base/hex.h"
#include "command_case.h"
#include "fakes/temp_directory.h"
#include "platform/host.h"
#include "platform/posix.h"
#include "spool/recovery.h"
#include "spool/role_key.h"
#include "spool/spool.h"

namespace llmtrail {

inline constexpr int64_t kDayMillis = int64_t{86'400} * 1000;

// Somebody at a terminal, who types these lines.
class TypedInputs : public Inputs {
 public:
    Result<std::unique_ptr<InputStream>> open(const std::string&) override {
        return fail(ErrorCode::kNotFound, "no input");
    }

    Result<Secret> read_hidden(std::string_view prompt) override {
        prompts.emplace_back(prompt);
        if (lines.empty()) {
            return fail(ErrorCode::kNotFound, "no terminal");
        }
        Secret line = Secret::copy_of(lines.front());
        lines.erase(lines.begin());
        return line;
    }

    std::vector<std::string> lines;
    std::vector<std::string> prompts;
};

// A host with a real folder, at a time the test says.
struct KeysHost {
    KeysHost() {
        std::filesystem::create_directory(state());
        clock.wall = make_posix_clock()->wall_now();
    }

    std::string state() const { return root / "state"; }

    std::string keys() const { return state() + "/keys"; }

    std::string spool() const { return state() + "/spool"; }

    ExitCode run(std::vector<std::string> arguments) {
        data.text.clear();
        talk_text.text.clear();
        Talk talk(talk_text);
        arguments.insert(arguments.begin(), "keys");
        return run_command_line(
            arguments, CommandSeams{data, talk, inputs, *files, clock, random, effective_user()});
    }

    // The configuration, with these recipients.
    std::string config(const std::string& recipients, const std::string& more = "") {
        root.write("agent.yaml",
                   "state_dir: " + state() + "\nsources:\n  - {id: a, paths: [/x]}\n" +
                       (recipients.empty() ? "" : "spool:\n  recipients:\n") + recipients + more);
        std::filesystem::permissions(root / "agent.yaml", std::filesystem::perms(0600));
        return root / "agent.yaml";
    }

    static std::string line_of(const RoleKey& key) {
        return "    - {role: " + std::string(role_name(key.role())) + ", key: \"" +
               recipient_key_text(key.public_key()) + "\"}\n";
    }

    // So many segments with a record each, ended in order.
    void write_segments(int count, const std::vector<Recipient>& recipients = {}) {
        SpoolOptions options;
        options.directory = spool();
        options.key_directory = keys();
        options.min_free_bytes = 0;
        options.recipients = recipients;
        auto writer = SpoolWriter::open(options, {*files, clock, random});
        REQUIRE_MESSAGE(writer, writer.error().message);
        for (int i = 0; i < count; ++i) {
            (*writer)->append({"envelope", "prompt", "", "output"});
            REQUIRE((*writer)->commit({}));
            if (i + 1 < count) {
                REQUIRE((*writer)->seal(SealReason::kSegmentEnd));
            }
        }
        REQUIRE((*writer)->close());
    }

    std::set<std::string> local_ids() {
        std::set<std::string> found;
        std::vector<uint64_t> segments = *list_segments(*files, spool());
        for (uint64_t no : segments) {
            Bytes bytes = *files->read_file(spool() + "/" + keys_file_name(no), kKeyFileBytesMax);
            KeyStanzas stanzas = *decode_key_stanzas(bytes);
            for (const KeyStanza& stanza : stanzas.list) {
                if (!local_id_of(stanza).empty()) {
                    found.insert(to_hex(local_id_of(stanza)));
                }
            }
        }
        return found;
    }

    std::string local_id() {
        LocalKeyId id = load_local_secrets(*files, keys())->front().id;
        return to_hex({id.data(), id.size()});
    }

    void mode(const std::string& path, int bits) {
        std::filesystem::permissions(path, std::filesystem::perms(bits));
    }

    TempDirectory root;
    std::unique_ptr<FileSystem> files = make_posix_file_system();
    TypedInputs inputs;
    TextKeeper data;
    TextKeeper talk_text;
    FakeClock clock;
    FakeRandom random{1};
};

inline bool has(const TextKeeper& text, std::string_view part) {
    return contains(text.text, part);
}

}  // namespace llmtrail
