// The whole agent with a timestamp authority and a witness of its own, over real files and https.
#include <doctest/doctest.h>

#include "anchor/timestamp.h"
#include "base/hex.h"
#include "daemon_rig.h"
#include "fakes/anchor_servers.h"
#include "spool/anchor_frame.h"
#include "spool/local_keys.h"
#include "spool/segment_file.h"
#include "spool/verify.h"

using namespace llmtrail;

namespace {

std::vector<AnchorBody> anchors_of(Daemon& daemon) {
    std::vector<AnchorBody> anchors;
    for (uint64_t n = 0;; ++n) {
        Result<SegmentFile> file = SegmentFile::open(
            daemon.files, daemon.settings.spool.directory + "/" + segment_file_name(n));
        if (!file) {
            return anchors;
        }
        FrameView view;
        for (uint64_t offset = file->header().header_bytes;
             file->frame_at(offset, view).value() == FrameFault::kNone;
             offset += view.header.frame_bytes) {
            if (view.header.type == FrameType::kAnchor) {
                anchors.push_back(decode_anchor(view.clear).value());
            }
        }
    }
}

bool skipped() {
    if (AnchorServers::installed()) {
        return false;
    }
    MESSAGE("SKIPPED: needs python3 and openssl");
    return true;
}

struct Site {
    Site() {
        daemon.settings.outputs[0].type = OutputType::kFile;
        daemon.settings.outputs[0].path = daemon.directory / "out.cef";
        REQUIRE(daemon.run({.once = true}));  // makes the keys
        identity = read_public_key(daemon.files,
                                   identity_public_path(daemon.settings.state_directory + "/keys"))
                       .value();
        auto log_id = log_id_of(identity);
        origin = checkpoint_origin({log_id.data(), log_id.size()});
    }

    void anchor_with(const AnchorServers& servers) {
        AnchorSettings tsa;
        tsa.id = "tsa";
        tsa.url = servers.https("/tsa");
        tsa.ca_file = servers.file("ca.pem");
        tsa.tls_ca_file = servers.file("ca.pem");
        AnchorSettings witness;
        witness.id = "w";
        witness.type = AnchorType::kWitness;
        witness.url = servers.https("/witness");
        witness.key = servers.witness_key();
        witness.tls_ca_file = servers.file("ca.pem");
        daemon.settings.anchors = {tsa, witness};
    }

    Verdict verdict() {
        return verify_spool({.directory = daemon.settings.spool.directory,
                             .key_directory = daemon.settings.state_directory + "/keys"},
                            daemon.files)
            .verdict;
    }

    Daemon daemon;
    PublicKey identity;
    std::string origin;
};

}  // namespace

TEST_CASE("checkpoints of every run are stamped and cosigned, and the receipts stand in the log") {
    if (skipped()) {
        return;
    }
    Site site;
    AnchorServers servers(site.origin, to_hex(view(site.identity)));
    site.anchor_with(servers);
    for (int run = 0; run < 3; ++run) {
        site.daemon.directory.append("app.jsonl", "{\"prompt\":\"more\"}\n");
        Result<RunReport> report = site.daemon.run({.once = true});
        REQUIRE(report);
        CHECK(report->complete);
        CHECK(report->ledger.anchors.state == "anchored");
    }
    size_t stamps = 0;
    uint64_t cosigned = 0;
    for (const AnchorBody& anchor : anchors_of(site.daemon)) {
        CheckpointBody body{site.origin, anchor.tree_size, anchor.root};
        if (anchor.kind == AnchorHolderKind::kTimestamp) {
            ++stamps;
            CHECK(check_timestamp_token(anchor.receipt, timestamp_imprint(body),
                                        servers.file("ca.pem")));
        } else {
            CHECK(open_checkpoint_note(anchor.receipt, site.origin, site.identity).value() == body);
            CHECK(anchor.tree_size > cosigned);  // across restarts, with proofs from the files
            cosigned = anchor.tree_size;
        }
    }
    CHECK(stamps >= 3);
    CHECK(cosigned > 0);
    CHECK(site.verdict() == Verdict::kClean);
}

TEST_CASE("a witness that remembers more than the log raises an alarm, and the agent goes on") {
    if (skipped()) {
        return;
    }
    Site site;
    AnchorServers servers(site.origin, to_hex(view(site.identity)));
    site.anchor_with(servers);
    site.daemon.directory.append("copy", "");
    std::filesystem::copy(site.daemon.directory / "state", site.daemon.directory / "yesterday",
                          std::filesystem::copy_options::recursive);
    REQUIRE(site.daemon.run({.once = true}));
    REQUIRE(site.daemon.run({.once = true}));
    // Somebody puts the whole state of yesterday back.
    std::filesystem::remove_all(site.daemon.directory / "state");
    std::filesystem::rename(site.daemon.directory / "yesterday", site.daemon.directory / "state");
    Result<RunReport> report = site.daemon.run({.once = true});
    REQUIRE(report);
    CHECK(site.verdict() == Verdict::kClean);  // nothing here is wrong by itself
    CHECK(site.daemon.log.text().find("rolled back") != std::string::npos);
    for (const AnchorBody& anchor : anchors_of(site.daemon)) {
        CHECK(anchor.kind == AnchorHolderKind::kTimestamp);
    }
}

TEST_CASE("an authority that hangs delays neither the run nor its end") {
    if (skipped()) {
        return;
    }
    Site site;
    AnchorServers servers(site.origin, to_hex(view(site.identity)));
    site.anchor_with(servers);
    site.daemon.settings.anchors[0].url = servers.https("/tsa/slow");
    Result<RunReport> report = site.daemon.run_and_stop({}, 300);
    REQUIRE(report);
    CHECK(site.daemon.took_ms < 8'000);
    CHECK(report->ledger.outputs[0].pending == 0);
    CHECK(site.verdict() == Verdict::kClean);
}

TEST_CASE("a witness key that is none ends the start with its name") {
    Site site;
    AnchorSettings witness;
    witness.id = "w";
    witness.type = AnchorType::kWitness;
    witness.url = "https://127.0.0.1:1";
    witness.key = "w+00000000+BAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    site.daemon.settings.anchors = {witness};
    Result<RunReport> report = site.daemon.run({.once = true});
    REQUIRE_FALSE(report.has_value());
    CHECK(report.error().message.find("anchor w") != std::string::npos);
}
