// Checkpoints, anchors and seals at once, over whole lives of the agent.
#include <doctest/doctest.h>

#include <algorithm>

#include "agent_rig.h"
#include "anchor/checkpoint_finder.h"
#include "base/hex.h"
#include "pipeline/checkpoint_record.h"
#include "record/event_class.h"
#include "spool/local_keys.h"
#include "spool/seal.h"
#include "spool/segment_file.h"

using namespace llmtrail;

namespace {

struct Frame {
    FrameType type;
    SealBody seal;
    AnchorBody anchor;
};

std::vector<Frame> frames_of(Host& host) {
    std::vector<Frame> frames;
    for (uint64_t n = 0;; ++n) {
        Result<SegmentFile> file =
            SegmentFile::open(host.disk, "/state/spool/" + segment_file_name(n));
        if (!file) {
            return frames;
        }
        FrameView view;
        for (uint64_t offset = file->header().header_bytes;
             file->frame_at(offset, view).value() == FrameFault::kNone;
             offset += view.header.frame_bytes) {
            Frame frame{view.header.type, {}, {}};
            if (frame.type == FrameType::kSeal) {
                frame.seal = decode_seal(view.clear).value();
            } else if (frame.type == FrameType::kAnchor) {
                frame.anchor = decode_anchor(view.clear).value();
            }
            frames.push_back(std::move(frame));
        }
    }
}

std::vector<AnchorBody> anchors_of(Host& host) {
    std::vector<AnchorBody> anchors;
    for (const Frame& frame : frames_of(host)) {
        if (frame.type == FrameType::kAnchor) {
            anchors.push_back(frame.anchor);
        }
    }
    return anchors;
}

std::vector<std::string> checkpoint_events(const ScriptedReceiver& receiver) {
    std::vector<std::string> found;
    std::copy_if(receiver.events.begin(), receiver.events.end(), std::back_inserter(found),
                 [](const std::string& event) { return event.find("|730|") != event.npos; });
    return found;
}

std::string value_of(const std::string& event, const std::string& key) {
    size_t at = event.find(" " + key + "=");
    REQUIRE_MESSAGE(at != event.npos, key << " in " << event);
    at += key.size() + 2;
    return event.substr(at, event.find(' ', at) - at);
}

// What the event's note says, its signature checked with the log's key.
CheckpointBody opened(Host& host, const std::string& event) {
    PublicKey identity = read_public_key(host.disk, identity_public_path("/state/keys")).value();
    auto log_id = log_id_of(identity);
    std::vector<FoundNote> notes = find_checkpoint_notes(event);
    REQUIRE(notes.size() == 1);
    return open_checkpoint_note(notes[0].note, checkpoint_origin({log_id.data(), log_id.size()}),
                                identity)
        .value();
}

void run_for(AgentLife& life, Host& host, int64_t seconds) {
    MonotonicNanos end = host.clock.monotonic_now().after_millis(seconds * 1000);
    while (host.clock.monotonic_now() < end) {
        life.step();
        host.clock.advance_millis(495);
    }
}

// Documents `KIND` or `KIND:GUARDRAIL ACTION` become records of that kind.
MakeDocumentRead kinds_as_written() {
    return [](const SourceSettings&) -> Result<DocumentRead> {
        return DocumentRead([](const DocumentReader::Document& document, RecordSink& sink) {
            AuditRecord& record = sink.begin();
            std::string_view text = document.bytes;
            size_t colon = text.find(':');
            record.set_text(Field::kEventKind, text.substr(0, colon));
            if (colon != text.npos) {
                record.set_json(Field::kGuardrails, "[{\"name\":\"g\",\"action\":\"" +
                                                        std::string(text.substr(colon + 1)) +
                                                        "\"}]");
            }
            sink.commit();
        });
    };
}

}  // namespace

TEST_CASE("a checkpoint leaves at start, every interval though nothing happens, and at shutdown") {
    Host host;
    host.receivers["soc"];
    host.receivers["lake"];
    {
        AgentLife life(host);
        REQUIRE(life.started());
        run_for(life, host, 185);
        REQUIRE(life.stop());
    }
    for (const char* output : {"soc", "lake"}) {
        std::vector<std::string> events = checkpoint_events(host.receivers[output]);
        REQUIRE(events.size() == 5);  // 0, 60, 120, 180 s, shutdown
        uint64_t before = 0;
        for (const std::string& event : events) {
            CheckpointBody body = opened(host, event);
            CHECK(body.tree_size > before);
            CHECK(value_of(event, "llmtrailTreeSize") == std::to_string(body.tree_size));
            before = body.tree_size;
        }
    }
    CHECK(host.verdict() == Verdict::kClean);
}

TEST_CASE("a checkpoint says what the seal before it says") {
    Host host;
    host.receivers["soc"];
    {
        AgentLife life(host);
        host.write_documents(30);
        REQUIRE(life.run_until_done());
        run_for(life, host, 130);
        host.write_documents(5);
        REQUIRE(life.stop());
    }
    std::vector<Frame> frames = frames_of(host);
    for (const std::string& event : checkpoint_events(host.receivers["soc"])) {
        CheckpointBody body = opened(host, event);
        auto seal = std::find_if(frames.begin(), frames.end(), [&](const Frame& frame) {
            return frame.type == FrameType::kSeal &&
                   std::to_string(frame.seal.seal_no) == value_of(event, "llmtrailSealNumber");
        });
        REQUIRE(seal != frames.end());
        CHECK(seal->seal.tree_size == body.tree_size);
        CHECK(seal->seal.root == body.root);
        CHECK(to_hex(view(seal->seal.chain)) == value_of(event, "llmtrailSealChain"));
        CHECK(to_hex(view(seal->seal.next_pk)) == value_of(event, "llmtrailNextSealKey"));
        CHECK(std::to_string(seal->seal.durable_index) == value_of(event, "llmtrailDurableIndex"));
        CHECK(value_of(event, "llmtrailGeneration") == "1");
    }
}

TEST_CASE(
    "an idle minute is sealed as a heartbeat, and what the agent writes makes no checkpoint") {
    Host host;
    host.receivers["soc"];
    AgentLife life(host);
    for (int i = 0; i < 59 * 200; ++i) {  // 59 s in steps of 5 ms
        if (i % 1000 == 0) {
            life.ingest().announce({710, "other", "down " + std::to_string(i), 1});
        }
        life.step();
    }
    CHECK(checkpoint_events(host.receivers["soc"]).size() == 1);
    run_for(life, host, 65);
    CHECK(checkpoint_events(host.receivers["soc"]).size() == 3);
    REQUIRE(life.stop());
    size_t heartbeats = 0;
    for (const Frame& frame : frames_of(host)) {
        heartbeats += frame.seal.reasons == kSealHeartbeat ? 1U : 0U;
    }
    CHECK(heartbeats == 3);  // with each of them
}

TEST_CASE("an acknowledged checkpoint becomes an ANCHOR with the id of its event") {
    Host host;
    host.receivers["soc"];
    AgentLife life(host);
    host.write_documents(10);
    REQUIRE(life.run_until_done());
    run_for(life, host, 70);
    std::vector<AnchorBody> anchors = anchors_of(host);
    std::vector<std::string> events = checkpoint_events(host.receivers["soc"]);
    REQUIRE(anchors.size() == 2);
    REQUIRE(events.size() == 2);
    for (size_t i = 0; i < anchors.size(); ++i) {
        CHECK(anchors[i].kind == AnchorHolderKind::kOutput);
        CHECK(anchors[i].holder == "soc");
        CheckpointBody body = opened(host, events[i]);
        CHECK(anchors[i].tree_size == body.tree_size);
        CHECK(anchors[i].root == body.root);
        CHECK(anchors[i].receipt == value_of(events[i], "externalId"));
    }
    CHECK(life.ingest().anchors().state == "anchored");
    CHECK(life.ingest().anchors().anchored_size == anchors.back().tree_size);
    REQUIRE(life.stop());
    CHECK(host.verdict() == Verdict::kClean);
}

TEST_CASE("what is only sent, or synced on this host, is never an anchor") {
    for (Confirmation confirmation : {Confirmation::kSent, Confirmation::kSynced}) {
        Host host;
        host.receivers["soc"].confirmation = confirmation;
        AgentLife life(host);
        host.write_documents(3);
        REQUIRE(life.run_until_done());
        run_for(life, host, 300);
        CHECK(anchors_of(host).empty());
        AnchorTotals totals = life.ingest().anchors();
        CHECK(totals.state == "sent, not anchored");
        CHECK(totals.unanchored_seconds() >= 299);
        REQUIRE(life.stop());
        std::string last = checkpoint_events(host.receivers["soc"]).back();
        CHECK(last.find("llmtrailAnchoring=sent, not anchored ") != last.npos);
        CHECK(std::stoi(value_of(last, "llmtrailUnanchoredSeconds")) >= 299);
        CHECK(anchors_of(host).empty());
    }
}

TEST_CASE(
    "the status tells a sealed root, and at shutdown the anchors stand before the final seal") {
    Host host;
    host.receivers["soc"];
    IntakeStatus told;
    {
        AgentLife life(host);
        host.write_documents(4);
        REQUIRE(life.run_until_done());
        told = life.ingest().status();
        REQUIRE(life.stop());
    }
    std::vector<Frame> frames = frames_of(host);
    CHECK(std::any_of(frames.begin(), frames.end(), [&](const Frame& frame) {
        return frame.type == FrameType::kSeal && frame.seal.root == told.sealed_root &&
               frame.seal.tree_size == told.anchors.sealed_size;
    }));
    REQUIRE(frames.size() > 3);
    CHECK(frames.back().seal.reasons == kSealCleanShutdown);
    const Frame& anchor = frames[frames.size() - 2];
    REQUIRE(anchor.type == FrameType::kAnchor);
    CheckpointBody last = opened(host, checkpoint_events(host.receivers["soc"]).back());
    CHECK(anchor.anchor.tree_size == last.tree_size);
    CHECK(decode_anchor_totals(frames.back().seal.ledger).anchored_size == last.tree_size);
    CHECK(host.verdict() == Verdict::kClean);
}

TEST_CASE(
    "how long nobody has acknowledged grows, goes on over a restart, and ends with an anchor") {
    Host host;
    ScriptedReceiver& soc = host.receivers["soc"];
    {
        AgentLife life(host);
        host.write_documents(2);
        run_for(life, host, 10);
        soc.confirms = false;
        soc.accepts = false;
        run_for(life, host, 600);
        AnchorTotals totals = life.ingest().anchors();
        CHECK(totals.state == "not anchored");
        CHECK(totals.unanchored_seconds() >= 590);
        CHECK(totals.unanchored_seconds() <= 612);
        REQUIRE(life.stop());
    }
    host.clock.advance_millis(100'000);
    {
        AgentLife life(host);
        life.step();
        CHECK(life.ingest().anchors().unanchored_seconds() >= 690);
        soc.confirms = true;
        soc.accepts = true;
        run_for(life, host, 70);
        CHECK(life.ingest().anchors().state == "anchored");
        CHECK(life.ingest().anchors().unanchored_seconds() <= 70);
    }
}

TEST_CASE("an authority or witness is given each checkpoint, and what it held is an ANCHOR") {
    Host host;
    host.receivers["soc"].confirmation = Confirmation::kSent;
    std::vector<CheckpointBody> submitted;
    host.submit = [&](const Checkpoint& checkpoint) { submitted.push_back(checkpoint.body); };
    AgentLife life(host);
    run_for(life, host, 65);
    REQUIRE(submitted.size() == 2);
    HeldCheckpoint held;
    held.body = {AnchorHolderKind::kTimestamp, "tsa", submitted[1].tree_size, submitted[1].root,
                 "token"};
    held.anchors = true;
    life.mailbox().put_held(held);
    held.body.tree_size = submitted[0].tree_size;
    life.mailbox().put_held(held);  // an older one of the same holder: not written
    life.step();
    REQUIRE(anchors_of(host).size() == 1);
    CHECK(anchors_of(host)[0].tree_size == submitted[1].tree_size);
    CHECK(anchors_of(host)[0].receipt == "token");
}

TEST_CASE("settings, edits and overrides are sealed at once; other records wait their second") {
    for (std::string document :
         {"config_change", "edit", "inference:override", "guardrail:override"}) {
        CAPTURE(document);
        Host host;
        host.receivers["soc"];
        host.make_document_read = kinds_as_written();
        AgentLife life(host);
        REQUIRE(life.run_until_done());
        host.append("inference\n");
        life.step();
        life.step();
        CHECK(life.spool().sealed_size() < life.spool().next_index());
        size_t events = host.receivers["soc"].events.size();
        host.append(document + "\n");
        life.step();
        CHECK(life.spool().sealed_size() == life.spool().next_index());
        CHECK(host.receivers["soc"].events.size() == events + 1);
    }
    Host host;
    host.make_document_read = kinds_as_written();
    AgentLife life(host);
    REQUIRE(life.run_until_done());
    for (std::string document : {"inference", "inference:block", "feedback", "access"}) {
        host.append(document + "\n");
        life.step();
        life.step();
        CHECK(life.spool().sealed_size() < life.spool().next_index());
    }
}

TEST_CASE("a flood of edits is sealed within sync_interval and does not become a flood of syncs") {
    Host host;
    host.receivers["soc"];
    host.make_document_read = kinds_as_written();
    AgentLife life(host);
    REQUIRE(life.run_until_done());
    uint64_t syncs = life.spool().syncs();
    for (int i = 0; i < 2000; ++i) {  // 10 s
        host.append("edit\n");
        life.step();
    }
    uint64_t commits = (life.spool().syncs() - syncs) / 2;  // each with its seal
    CHECK(commits >= 390);
    CHECK(commits <= 520);
    host.clock.advance_millis(20);
    life.step();
    CHECK(life.spool().sealed_size() == life.spool().next_index());
}

TEST_CASE("a checkpoint survives every format and the shortest event that may be configured") {
    FakeRandom random(5);
    SigningKey identity = SigningKey::generate(random).value();
    Checkpoint checkpoint;
    checkpoint.body = {checkpoint_origin(Bytes(16, '\xEE')), ~uint64_t{0}, sha256("root")};
    checkpoint.note = make_checkpoint_note(checkpoint.body, identity);
    checkpoint.generation = UINT64_MAX;
    checkpoint.boot_id.fill('\x7F');
    AnchorTotals anchors{"sent, not anchored", "soc", UINT64_MAX, UINT64_MAX, INT64_MAX / 2, 0};
    AuditRecord record;
    fill_checkpoint_record(record, checkpoint, UINT64_MAX, anchors, UnixNanos{1});
    CHECK(event_class_of(record).id == 730);
    CHECK(checkpoint_of(record) == checkpoint.body);
    const Bytes leaf(32, 'l');
    SpoolReference reference{
        .index = 7, .leaf = leaf, .commitments = {leaf, leaf, leaf, leaf}, .event_id = "e"};
    for (auto make_formatter : {make_cef_formatter, make_leef_formatter, make_leef2_formatter}) {
        for (size_t bytes_max : {size_t{1024}, size_t{8000}}) {
            FormatOptions options{.host_id = "h", .host_name = "h", .event_bytes_max = bytes_max};
            auto formatter = make_formatter(options);
            std::string event;
            formatter->format(record, reference, event);
            CAPTURE(event);
            CHECK(event.size() <= bytes_max);
            std::vector<FoundNote> notes = find_checkpoint_notes(event);
            REQUIRE(notes.size() == 1);
            CHECK(notes[0].note == checkpoint.note);
        }
    }
    record.set_integer(Field::kAgentClass, 700);
    CHECK_FALSE(checkpoint_of(record).has_value());
    record.set_integer(Field::kAgentClass, 730);
    record.set_text(Field::kCheckpointNote, "no note");
    CHECK_FALSE(checkpoint_of(record).has_value());
    record.set_text(Field::kCheckpointNote, checkpoint.note);
    CHECK(checkpoint_of(record).has_value());
    record.set_text(Field::kSourceId, "app");  // a log cannot speak as the agent
    CHECK_FALSE(checkpoint_of(record).has_value());
}
