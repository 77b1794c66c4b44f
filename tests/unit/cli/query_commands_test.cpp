// search, show and prove as a person runs them: arguments in, texts and exit code out.
#include "command_case.h"
#include "unit/query/query_rig.h"

using namespace llmtrail;

namespace {

constexpr const char* kPhrase = "correct horse battery";

// A spool at /state/spool, a copy of it at /copy, role keys at /auditor/ROLE.key.
struct QueryCase {
    explicit QueryCase(uint64_t records = 24) {
        rig.write(records);
        constexpr uint8_t kQuick = 14;
        for (Role role : kRoles) {
            Secret phrase = Secret::copy_of(kPhrase);
            rig.disk.put_file(key_path(role),
                              *rig.keys.at(role).protect(phrase, rig.random, kQuick));
        }
        rig.disk.put_file("/auditor/phrase", std::string(kPhrase) + "\n");
        rig.disk.put_file("/auditor/identity.pub",
                          rig.disk.content(identity_public_path(rig.options.key_directory)));
        for (const std::string& name : rig.disk.names(rig.options.directory)) {
            if (name.starts_with("seg-")) {
                rig.disk.put_file("/copy/" + name, rig.disk.content(rig.path(name)));
            }
        }
    }

    static std::string key_path(Role role) {
        return "/auditor/" + std::string(role_name(role)) + ".key";
    }

    ExitCode run(std::vector<std::string> arguments) {
        data.text.clear();
        talk_text.text.clear();
        Talk talk(talk_text);
        return run_command_line(
            arguments, CommandSeams{data, talk, inputs, rig.disk, rig.clock, rig.random, 0});
    }

    // On the copy, with a role's key.
    ExitCode run_as(Role role, std::vector<std::string> arguments) {
        for (const std::string& word :
             {std::string("--spool"), std::string("/copy"), std::string("--key"), key_path(role),
              std::string("--passphrase-file"), std::string("/auditor/phrase"),
              std::string("--trust"), std::string("/auditor/identity.pub")}) {
            arguments.push_back(word);
        }
        return run(std::move(arguments));
    }

    std::string index(size_t record) const { return std::to_string(rig.indexes[record]); }

    QueryRig rig;
    MemoryFiles memory;
    TextInputs inputs{memory};
    TextKeeper data;
    TextKeeper talk_text;
};

}  // namespace

TEST_CASE("search prints a line a record, and on stderr what was read") {
    QueryCase query(12);
    REQUIRE(query.run_as(Role::kAuditor, {"search", "--user", "user2@*", "--model", "gpt-4o"}) ==
            ExitCode::kOk);
    CHECK(query.data.text ==
          query.index(2) +
              "  2026-01-01T00:00:02.000Z  inference      user2@example.com  gpt-4o  success\n" +
              query.index(8) +
              "  2026-01-01T00:00:08.000Z  inference      user2@example.com  gpt-4o  success\n");
    CHECK(query.talk_text.text.starts_with("matches: 2\nread: "));
    CHECK(contains(query.talk_text.text, ", 12 records, leaves up to "));
    CHECK_FALSE(contains(query.talk_text.text, "warning"));
}

TEST_CASE("a search that matches nothing is a success, and one without a key is not") {
    QueryCase query(6);
    CHECK(query.run_as(Role::kAuditor, {"search", "--kind", "edit"}) == ExitCode::kOk);
    CHECK(query.data.text.empty());
    CHECK(query.run({"search", "--spool", "/copy"}) == ExitCode::kCannotVerify);
    CHECK(contains(query.talk_text.text, "no key"));
}

TEST_CASE("search says how many segments and records a key does not open") {
    QueryCase query(12);
    QueryRig stranger;
    stranger.random = FakeRandom(5);
    RoleKey other = *RoleKey::generate(Role::kAuditor, stranger.random);
    query.rig.disk.put_file(QueryCase::key_path(Role::kAuditor),
                            *other.protect(Secret::copy_of(kPhrase), stranger.random, uint8_t{14}));
    CHECK(query.run_as(Role::kAuditor, {"search"}) == ExitCode::kCannotVerify);
    CHECK(contains(query.talk_text.text, "NOT OPENED: "));
    CHECK(
        contains(query.talk_text.text, " with 12 records, the first is seg-00000000000000000000"));
}

TEST_CASE("search of a damaged copy prints what is good, names what is not, and does not say ok") {
    QueryCase query(12);
    std::string first = "/copy/" + segment_file_name(0);
    Bytes bytes = query.rig.disk.content(first);
    bytes[bytes.size() / 2] ^= 1;
    query.rig.disk.put_file(first, bytes);
    CHECK(query.run_as(Role::kAuditor, {"search"}) == ExitCode::kTampered);
    CHECK(contains(query.talk_text.text,
                   "llmtrail: warning: seg-00000000000000000000.lsp, byte offset "));
    CHECK(contains(query.talk_text.text, "llmtrail verify says what happened"));
}

TEST_CASE("text search is refused where the role may not look") {
    QueryCase query(12);
    CHECK(query.run_as(Role::kModelAdministrator, {"search", "--text", "number"}) ==
          ExitCode::kPermission);
    CHECK(query.run_as(Role::kAnalyst, {"search", "--text", "number", "--in", "prompt"}) ==
          ExitCode::kPermission);
    CHECK(contains(query.talk_text.text, "the analyst key does not open: prompt"));
    CHECK(query.run_as(Role::kAnalyst, {"search", "--text", "OUTPUT"}) == ExitCode::kOk);
    CHECK(contains(query.talk_text.text, "--text does not look into: prompt, sources"));
    CHECK(std::count(query.data.text.begin(), query.data.text.end(), '\n') == 9);
}

TEST_CASE("wrong filters are usage errors with a reason") {
    QueryCase query(1);
    for (const auto& [option, value] :
         {std::pair("--field", "user.id"), std::pair("--field", "no.field=1"),
          std::pair("--field", "llm.audit.response.text=x"), std::pair("--since", "monday"),
          std::pair("--in", "body"), std::pair("--limit", "many")}) {
        CAPTURE(value);
        CHECK(query.run_as(Role::kAuditor, {"search", option, value}) == ExitCode::kUsage);
        CHECK(contains(query.talk_text.text, "llmtrail: error: "));
    }
}

TEST_CASE("search --limit says that it stopped, and a reader that has gone ends it") {
    QueryCase query(12);
    CHECK(query.run_as(Role::kAuditor, {"search", "--limit", "2"}) == ExitCode::kOk);
    CHECK(std::count(query.data.text.begin(), query.data.text.end(), '\n') == 2);
    CHECK(contains(query.talk_text.text, "matches: 2; the search ended there"));
    query.data.room = 10;
    CHECK(query.run_as(Role::kAuditor, {"search"}) == ExitCode::kIo);
}

TEST_CASE("a terminal gets no raw control characters, in text and in JSON") {
    QueryCase query(1);
    query.rig.close = true;
    auto writer = query.rig.open();
    REQUIRE(writer);
    AuditRecord record = numbered_record(0);
    record.set_text(Field::kUserEmail,
                    "x\xc2\x9b"
                    "31m\x1b[2J\xe2\x80\xae");
    query.rig.append(**writer, record);
    query.rig.commit(**writer);
    REQUIRE((*writer)->close());
    query.data.terminal = true;
    std::string index = query.index(1);
    for (std::vector<std::string> words : {std::vector<std::string>{"search"},
                                           {"search", "--json"},
                                           {"show", index},
                                           {"show", index, "--json"}}) {
        words.insert(words.end(), {"--spool", "/state/spool", "--keys", "/state/keys"});
        CHECK(query.run(words) == ExitCode::kOk);
        CHECK(contains(query.data.text, "31m"));
        CHECK_FALSE(contains(query.data.text, "\x1b"));
        CHECK_FALSE(contains(query.data.text, "\xc2\x9b"));
        CHECK_FALSE(contains(query.data.text, "\xe2\x80\xae"));
    }
}

TEST_CASE("show prints a record by index and by event id, and says why it cannot") {
    QueryCase query(12);
    REQUIRE(query.run_as(Role::kAnalyst, {"show", query.index(4)}) == ExitCode::kOk);
    std::string page = query.data.text;
    CHECK(contains(page, "evidence: sealed\nenvelope:\n  event.kind: guardrail\n"));
    CHECK(contains(page, "prompt: sealed for another role\n"));
    CHECK(contains(page, "output:\n  llm.audit.response.text:\n      OUTPUT\n      number 4\n"));
    REQUIRE(query.run_as(Role::kAnalyst, {"show", event_id_of(query.rig.leaves[4])}) ==
            ExitCode::kOk);
    CHECK(query.data.text == page);
    REQUIRE(query.run_as(Role::kAnalyst, {"show", query.index(4), "--json"}) == ExitCode::kOk);
    CHECK(query.data.text.starts_with("{\"index\":" + query.index(4) + ",\"event.id\":\""));
    CHECK(contains(query.data.text, "\"sources\":\"sealed\""));
    CHECK(query.run_as(Role::kAuditor, {"show", "0"}) == ExitCode::kOk);
    CHECK(contains(query.data.text, "leaf 0 is no record: it is the control frame POSITIONS\n"));
    CHECK(query.run_as(Role::kAuditor, {"show", "99999"}) == ExitCode::kIo);
    CHECK(contains(query.talk_text.text, "no such record"));
    CHECK(query.run_as(Role::kAuditor, {"show", "4711x"}) == ExitCode::kUsage);
    CHECK(query.run_as(Role::kAuditor, {"show"}) == ExitCode::kUsage);
    query.rig.disk.remove_file("/copy/" + keys_file_name(0));
    CHECK(query.run_as(Role::kAuditor, {"show", query.index(0)}) == ExitCode::kCannotVerify);
    CHECK(contains(query.talk_text.text, "nothing of it can be shown"));
}

TEST_CASE("a role key used on the agent's own host is warned of, and a key without trust is") {
    QueryCase query(3);
    CHECK(query.run({"search", "--spool", "/state/spool", "--key",
                     QueryCase::key_path(Role::kAuditor), "--passphrase-file", "/auditor/phrase",
                     "--keys", "/state/keys"}) == ExitCode::kOk);
    CHECK(contains(query.talk_text.text, "root there can see it"));
    CHECK(contains(query.talk_text.text, "proves nothing against root"));
    CHECK(query.run({"search", "--spool", "/copy", "--key", QueryCase::key_path(Role::kAuditor),
                     "--passphrase-file", "/auditor/phrase"}) == ExitCode::kOk);
    CHECK(contains(query.talk_text.text, "no --trust"));
    query.rig.disk.put_file("/auditor/phrase", "another passphrase\n");
    CHECK(query.run_as(Role::kAuditor, {"search"}) != ExitCode::kOk);
    CHECK(query.data.text.empty());
}

TEST_CASE("prove on the host signs what verifies, and prove --check reads it") {
    QueryCase query(12);
    REQUIRE(query.run({"prove", query.index(4), "--open", "output", "--spool", "/state/spool",
                       "--keys", "/state/keys"}) == ExitCode::kOk);
    CHECK(contains(query.talk_text.text, "signed now with this host's identity key"));
    query.rig.disk.put_file("/proof", query.data.text);
    REQUIRE(query.run({"prove", "--check", "/proof", "--trust", "/auditor/identity.pub"}) ==
            ExitCode::kOk);
    CHECK(query.data.text.starts_with("HOLDS\nreason: the leaf is in the tree"));
    CHECK(contains(query.data.text, "\nleaf: " + query.index(4) + "\n"));
    CHECK(contains(query.data.text,
                   "prompt: not opened\nsources: not opened\noutput: opened here\n"
                   "  llm.audit.response.text:\n      OUTPUT\n      number 4\n"));
    CHECK(query.run({"prove", "--check", "/proof", "--trust", "/auditor/identity.pub", "--json"}) ==
          ExitCode::kOk);
    CHECK(query.data.text.starts_with("{\"verdict\":\"HOLDS\","));
    Bytes text = query.rig.disk.content("/proof");
    size_t at = text.find("open output ") + 80;
    text[at] = text[at] == 'A' ? 'B' : 'A';
    query.rig.disk.put_file("/proof", text);
    CHECK(query.run({"prove", "--check", "/proof", "--trust", "/auditor/identity.pub"}) ==
          ExitCode::kTampered);
    CHECK(query.data.text.starts_with("DOES_NOT_HOLD\n"));
    CHECK_FALSE(contains(query.data.text, "OUTPUT"));
    query.rig.disk.put_file("/proof", "nonsense\x1b\n");
    CHECK(query.run({"prove", "--check", "/proof", "--trust", "/auditor/identity.pub"}) ==
          ExitCode::kCannotVerify);
    CHECK(query.run({"prove", "--check", "/proof"}) == ExitCode::kUsage);
}

TEST_CASE("prove away from the host takes checkpoints from files, whole notes or a SIEM's export") {
    QueryCase query(24);
    // Two checkpoints, as the host once made them.
    std::vector<std::string> notes;
    for (size_t record : {size_t{2}, size_t{20}}) {
        REQUIRE(query.run({"prove", query.index(record), "--spool", "/state/spool", "--keys",
                           "/state/keys"}) == ExitCode::kOk);
        notes.push_back(query.data.text.substr(query.data.text.find("\nllmtrail/") + 1));
    }
    std::string size = notes[1].substr(notes[1].find('\n') + 1);
    size = size.substr(0, size.find('\n'));
    query.rig.disk.put_file("/notes", "kept by the SOC\n\n" + notes[0] + "\n" + notes[1]);
    REQUIRE(query.run_as(Role::kAnalyst, {"prove", query.index(4), "--anchor", "/notes"}) ==
            ExitCode::kOk);
    query.rig.disk.put_file("/proof", query.data.text);
    CHECK(query.run({"prove", "--check", "/proof", "--trust", "/auditor/identity.pub"}) ==
          ExitCode::kOk);
    CHECK(query.run_as(Role::kAnalyst, {"prove", query.index(4), "--open", "prompt", "--anchor",
                                        "/notes"}) == ExitCode::kPermission);
    CHECK(query.data.text.empty());
    CHECK(query.run_as(Role::kAnalyst, {"prove", query.index(4)}) == ExitCode::kCannotVerify);
    CHECK(contains(query.talk_text.text, "no checkpoint covers leaf"));
    REQUIRE(query.run_as(Role::kAnalyst, {"prove", "consistency", size, size, "--anchor",
                                          "/notes"}) == ExitCode::kOk);
    query.rig.disk.put_file("/proof", query.data.text);
    CHECK(query.run({"prove", "--check", "/proof", "--trust", "/auditor/identity.pub"}) ==
          ExitCode::kOk);
    CHECK(query.data.text.starts_with("HOLDS\nreason: the newer log begins with"));
    CHECK(query.run({"prove", "consistency", size, size, "--anchor", "/notes", "--spool",
                     "/copy"}) == ExitCode::kOk);
}

TEST_CASE("prove of a log that was changed before the checkpoint writes no proof") {
    QueryCase query(24);
    REQUIRE(query.run({"prove", query.index(2), "--spool", "/state/spool", "--keys",
                       "/state/keys"}) == ExitCode::kOk);
    query.rig.disk.put_file("/notes",
                            query.data.text.substr(query.data.text.find("\nllmtrail/") + 1));
    std::string first = "/copy/" + segment_file_name(0);
    Bytes bytes = query.rig.disk.content(first);
    bytes[bytes.size() / 2] ^= 1;
    query.rig.disk.put_file(first, bytes);
    ExitCode code = query.run_as(Role::kAuditor, {"prove", query.index(2), "--anchor", "/notes"});
    CHECK((code == ExitCode::kTampered || code == ExitCode::kCannotVerify));
    CHECK(query.data.text.empty());
}

TEST_CASE("prove refuses words that are no index and sizes in the wrong order") {
    QueryCase query(1);
    for (std::vector<std::string> words : {std::vector<std::string>{"prove"},
                                           {"prove", "x"},
                                           {"prove", "1", "2"},
                                           {"prove", "consistency", "3", "2"},
                                           {"prove", "consistency", "0", "2"},
                                           {"prove", "consistency", "1"},
                                           {"prove", "1", "--check", "/proof"},
                                           {"prove", "1", "--open", "body"}}) {
        CHECK(query.run(words) == ExitCode::kUsage);
        CHECK(contains(query.talk_text.text, "llmtrail: hint: "));
    }
}

TEST_CASE("the help of search, show and prove gives examples and says where to run them") {
    QueryCase query(1);
    for (const char* command : {"search", "show", "prove"}) {
        REQUIRE(query.run({command, "--help"}) == ExitCode::kOk);
        CHECK(contains(query.data.text, "\nExamples:\n  llmtrail " + std::string(command) + " "));
        CHECK(contains(query.data.text, "\nExit codes: 0"));
        CHECK(contains(query.data.text, "away from the agent's host"));
    }
}
