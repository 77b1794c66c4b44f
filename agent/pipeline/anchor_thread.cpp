#include "pipeline/anchor_thread.h"

#include <algorithm>
#include <utility>

#include "anchor/timestamp.h"
#include "anchor/witness.h"
#include "pipeline/agent_record.h"
#include "pipeline/consistency_proof.h"

namespace llmtrail {

namespace {

// Called on the anchor thread alone.
class Reporter {
 public:
    Reporter(const Settings& settings, Mailbox& mailbox, Log& log) : mailbox_(mailbox), log_(log) {
        for (const AnchorSettings& anchor : settings.anchors) {
            bool witness = anchor.type == AnchorType::kWitness;
            holders_.push_back(
                {anchor.id, witness ? AnchorHolderKind::kWitness : AnchorHolderKind::kTimestamp});
        }
    }

    void tell(AnchorOutcome outcome) {
        Holder& holder = holders_[outcome.post];
        if (!outcome.receipt) {
            tell_failure(holder, outcome.receipt.error());
            return;
        }
        if (std::exchange(holder.down, false)) {
            log_.info({"anchor ", LogName{holder.id}, ": recovered"});
            mailbox_.put_news({kClassOutputRecovered, holder.id, "recovered", 1});
        }
        HeldCheckpoint held;
        held.body = {holder.kind, holder.id, outcome.body.tree_size, outcome.body.root,
                     std::move(outcome.receipt->bytes)};
        held.anchors = true;
        held.words = "anchor of " + holder.id;
        mailbox_.put_held(std::move(held));
    }

 private:
    struct Holder {
        std::string id;
        AnchorHolderKind kind;
        bool down = false;
    };

    void tell_failure(Holder& holder, const Error& error) {
        bool accused = error.code == ErrorCode::kCorrupt;
        bool was_down = std::exchange(holder.down, true);
        if (accused || !was_down) {
            log_.error({"anchor ", LogName{holder.id}, ": ", error});
            mailbox_.put_news(
                {accused ? kClassIntegrityFailure : kClassOutputDown, holder.id, error.message, 1});
        }
    }

    Mailbox& mailbox_;
    Log& log_;
    std::vector<Holder> holders_;
};

Result<std::unique_ptr<AnchorHolder>> make_holder(const Settings& settings,
                                                  const AnchorSettings& anchor, HttpPoster& http,
                                                  AnchorThreadSeams seams) {
    if (anchor.type == AnchorType::kTimestamp) {
        return make_timestamp_holder({.id = anchor.id,
                                      .url = anchor.url,
                                      .ca_file = anchor.ca_file,
                                      .policy = anchor.policy,
                                      .tls_ca_file = anchor.tls_ca_file,
                                      .allow_http = anchor.allow_http},
                                     http, seams.random);
    }
    Result<VerifierKey> key = parse_verifier_key(anchor.key);
    if (!key || key->type != kNoteTypeCosignature) {
        return fail(ErrorCode::kConfig, "`key` of anchor " + anchor.id +
                                            " is no key of a witness: name+key id+base64, type 4");
    }
    return make_witness_holder({.id = anchor.id,
                                .url = anchor.url,
                                .key = std::move(*key),
                                .tls_ca_file = anchor.tls_ca_file,
                                .allow_http = anchor.allow_http},
                               http, consistency_proof_of(seams.files, settings.spool.directory));
}

}  // namespace

int64_t anchor_interval_ms(const Settings& settings) {
    int64_t shortest = INT64_MAX;
    for (const AnchorSettings& anchor : settings.anchors) {
        shortest = std::min(shortest, anchor.interval_ms);
    }
    return settings.anchors.empty() ? 0 : shortest;
}

Result<std::unique_ptr<AnchorWorker>> start_anchor_thread(const Settings& settings,
                                                          Mailbox& mailbox,
                                                          AnchorThreadSeams seams) {
    if (settings.anchors.empty()) {
        return std::unique_ptr<AnchorWorker>();
    }
    Result<std::unique_ptr<HttpPoster>> http = make_http_poster();
    if (!http) {
        return fail(std::move(http.error()));
    }
    std::vector<AnchorPost> posts;
    for (const AnchorSettings& anchor : settings.anchors) {
        auto holder = make_holder(settings, anchor, **http, seams);
        if (!holder) {
            return fail(std::move(holder.error()));
        }
        posts.push_back({std::move(*holder), anchor.interval_ms});
    }
    auto reporter = std::make_shared<Reporter>(settings, mailbox, seams.log);
    return std::make_unique<AnchorWorker>(
        std::move(*http), std::move(posts), seams.clock,
        [reporter](AnchorOutcome outcome) { reporter->tell(std::move(outcome)); });
}

}  // namespace llmtrail
