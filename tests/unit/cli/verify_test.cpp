// `llmtrail verify` from the command line to text, JSON and exit code, over real spools on a fake
// disk.
#include "anchor/checkpoint_note.h"
#include "command_case.h"
#include "record/record_codec.h"
#include "unit/spool/experiment_rig.h"

using namespace llmtrail;

namespace {

class VerifyCase {
 public:
    explicit VerifyCase(bool closed = true) {
        FakeRandom shapes(4);
        std::unique_ptr<SpoolWriter> writer = std::move(*log.open());
        for (int i = 0; i < 3; ++i) {
            commit(*writer, "record " + std::to_string(i));
        }
        if (closed) {
            REQUIRE(writer->close());
        }
        writer.reset();
        log.keep_trust();
        log.keep_checkpoint();
    }

    void commit(SpoolWriter& writer, const std::string& prompt) {
        AuditRecord record;
        record.set_text(Field::kEventKind, "inference");
        record.set_text(Field::kUserId, "u-104");
        record.set_text(Field::kPromptText, prompt);
        std::array<Bytes, kSectionCount> sections;
        encode_record(record, sections);
        writer.append({sections[0], sections[1], sections[2], sections[3]});
        REQUIRE(writer.commit({}));
    }

    Bytes note(uint64_t more_leaves = 0) {
        LocalKeys keys = *load_local_keys(log.disk, log.options.key_directory);
        std::array<char, kLogIdBytes> id = log_id_of(keys.identity.public_key());
        const KeptCheckpoint& kept = log.checkpoints.back();
        return make_checkpoint_note(
            {checkpoint_origin({id.data(), id.size()}), kept.tree_size + more_leaves, kept.root},
            keys.identity);
    }

    ExitCode run(std::vector<std::string> more) {
        std::vector<std::string> arguments = {"verify", "--spool", log.options.directory, "--keys",
                                              log.options.key_directory};
        arguments.insert(arguments.end(), more.begin(), more.end());
        out.text.clear();
        talk_text.text.clear();
        Talk talk(talk_text);
        return run_command_line(
            arguments, CommandSeams{out, talk, inputs, log.disk, log.clock, log.random, 0});
    }

    bool says(std::string_view part) const { return contains(out.text, part); }

    Experiment log;
    MemoryFiles none;
    TextInputs inputs{none};
    TextKeeper out;
    TextKeeper talk_text;
};

void flip_in_segment(VerifyCase& command, size_t from_end) {
    Bytes bytes = command.log.segment(0);
    flip(bytes, bytes.size() - from_end);
    command.log.put(0, bytes);
}

}  // namespace

TEST_CASE("without a checkpoint UNANCHORED stands beside the verdict, and can be made a failure") {
    VerifyCase command;
    CHECK(command.run({}) == ExitCode::kOk);
    CHECK(command.out.text.starts_with("CLEAN\nUNANCHORED: "));
    CHECK(command.says("proves nothing against root"));
    CHECK(command.says("content: opened and matched"));
    CHECK(command.run({"--require-anchor"}) == ExitCode::kCannotVerify);
    CHECK(command.run({"--trust", kTrustPath, "--json"}) == ExitCode::kOk);
    CHECK(command.out.text.starts_with("{\"verdict\":\"CLEAN\","));
    CHECK(command.says("\"unanchored\":true"));
    CHECK(command.says("\"trust_is_local\":false"));
    CHECK(command.out.text.ends_with("}\n"));
}

TEST_CASE("with a checkpoint of its newest seal a log is anchored, from a note or from an export") {
    VerifyCase command;
    Bytes note = command.note();
    std::string json = "{\"class\":730,\"note\":\"";
    for (char c : note) {
        json += c == '\n' ? std::string("\\n") : std::string(1, c);
    }
    command.log.disk.put_file("/a/note", note);
    command.log.disk.put_file("/a/export.jsonl", "{\"class\":100}\n" + json + "\"}\n");
    for (const char* file : {"/a/note", "/a/export.jsonl"}) {
        CHECK(command.run({"--anchor", file, "--require-anchor"}) == ExitCode::kOk);
        CHECK_FALSE(command.says("UNANCHORED"));
        CHECK(command.says("anchors: 1 kept checkpoint agree"));
        CHECK(command.says(file));
    }
    CHECK(command.run({"--anchor", "/a/note", "--anchor", "/a/export.jsonl", "--json"}) ==
          ExitCode::kOk);
    CHECK(command.says("\"anchors\":1,"));
}

TEST_CASE(
    "a checkpoint above the end is TAMPERED; one that the log did not sign is told, not counted") {
    VerifyCase command;
    command.log.disk.put_file("/a/above", command.note(5));
    CHECK(command.run({"--anchor", "/a/above"}) == ExitCode::kTampered);
    CHECK(command.says("taken away"));
    Bytes forged = command.note(5);
    size_t digit = forged.find('\n') + 1;
    forged[digit] = forged[digit] == '9' ? '8' : static_cast<char>(forged[digit] + 1);
    command.log.disk.put_file("/a/forged", forged);
    CHECK(command.run({"--anchor", "/a/forged", "--require-anchor"}) == ExitCode::kCannotVerify);
    CHECK(command.says("CLEAN\nUNANCHORED: no checkpoint in the files given is of this log"));
    CHECK(
        command.says("WARNING: 1 checkpoint that this log's key did not sign, the first at "
                     "/a/forged, byte 0"));
    Experiment theirs = Experiment::standard(7);
    LocalKeys keys = *load_local_keys(theirs.disk, theirs.options.key_directory);
    Bytes foreign = make_checkpoint_note(
        {checkpoint_origin(Bytes(16, 'x')), 3, theirs.checkpoints.back().root}, keys.identity);
    command.log.disk.put_file("/a/foreign", foreign + "\n" + command.note());
    CHECK(command.run({"--anchor", "/a/foreign"}) == ExitCode::kOk);
    CHECK(command.says("foreign checkpoints: 1"));
    CHECK(command.run({"--anchor", "/a/none"}) == ExitCode::kCannotVerify);
    CHECK(command.says("/a/none"));
}

TEST_CASE("what is found is named with its place and the bytes there") {
    VerifyCase command;
    flip_in_segment(command, 20);
    CHECK(command.run({}) == ExitCode::kTampered);
    CHECK(command.says("TAMPERED\n"));
    CHECK(command.says("where: seg-00000000000000000000.lsp, frame "));
    CHECK(command.says("evidence: SHA-256 of the "));
    CHECK(command.run({"--json"}) == ExitCode::kTampered);
    CHECK(command.says("\"segment\":\"seg-00000000000000000000.lsp\",\"frame\":"));
    CHECK(command.says("\"evidence_sha256\":\""));
    CHECK(command.run({"--require-anchor"}) == ExitCode::kTampered);
}

TEST_CASE("an open tail is 3, and in order when an agent is said to hold the spool") {
    VerifyCase command(false);
    CHECK(command.run({}) == ExitCode::kOpenTail);
    CHECK(command.run({"--live"}) == ExitCode::kOk);
    CHECK(command.says("OPEN_TAIL\n"));
    CHECK(command.says("live: "));
}

TEST_CASE("a local key may be given as --key; one that is none is refused") {
    VerifyCase command;
    CHECK(command.run({"--key", command.log.options.key_directory + "/local.key", "--trust",
                       kTrustPath}) == ExitCode::kOk);
    CHECK(command.says("content: opened and matched"));
    command.log.disk.put_file("/k", "nonsense");
    CHECK(command.run({"--key", "/k"}) != ExitCode::kOk);
    CHECK(command.out.text.empty());
    CHECK(command.run({"--key", "/none"}) != ExitCode::kOk);
}

TEST_CASE("--salvage prints what still matches as parse does, and the verdict on stderr") {
    VerifyCase command;
    Bytes bytes = command.log.segment(0);
    FramePlace first = find_frame(bytes, FrameType::kBatch);
    flip(bytes, first.offset + first.size - 20);
    command.log.put(0, bytes);
    CHECK(command.run({"--salvage", "--trust", kTrustPath}) == ExitCode::kTampered);
    CHECK(command.says("record 1"));
    CHECK(command.says("record 2"));
    CHECK(command.says("\"user.id\":\"u-104\""));
    CHECK(std::count(command.out.text.begin(), command.out.text.end(), '\n') >= 2);
    CHECK(contains(command.talk_text.text, "salvaged: "));
    CHECK(contains(command.talk_text.text, "TAMPERED"));
}
