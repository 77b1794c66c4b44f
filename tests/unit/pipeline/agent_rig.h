// One life of the agent after another over the same fake disk, stepped by hand: sources, spool and
// lanes are the real ones, receivers are scripted. Every step checks that the ledger balances.
#pragma once

#include <doctest/doctest.h>

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "fakes/fake_clock.h"
#include "fakes/fake_disk.h"
#include "fakes/fake_log.h"
#include "fakes/fake_random.h"
#include "fakes/fake_watch.h"
#include "pipeline/deliver.h"
#include "pipeline/ingest.h"
#include "pipeline/spool_words.h"
#include "record/record_codec.h"
#include "spool/verify.h"

namespace llmtrail {

// What stands behind one output, over all lives. `accepts` and `confirms` are what the receiver
// does from now on.
struct ScriptedReceiver {
    bool accepts = true;
    bool confirms = true;
    Confirmation confirmation = Confirmation::kAcknowledged;
    std::optional<uint64_t> rewind_from;              // asked for once
    std::function<bool(const OutputEvent&)> refuses;  // for good
    std::vector<std::string> events;
    std::map<std::string, std::set<std::string>> ids_of;  // document -> event ids

    void take(const OutputEvent& event) {
        events.emplace_back(event.text);
        size_t at = event.text.find("document-");
        if (at != std::string_view::npos) {
            std::string_view name = event.text.substr(at, event.text.find(' ', at) - at);
            ids_of[std::string(name)].insert(std::string(event.event_id));
        }
    }

    size_t count(std::string_view text) const {
        size_t found = 0;
        for (const std::string& event : events) {
            found += event.find(text) != std::string::npos ? 1U : 0U;
        }
        return found;
    }
};

class ScriptedOutput : public Output {
 public:
    ScriptedOutput(std::string id, ScriptedReceiver& receiver)
        : id_(std::move(id)), receiver_(receiver) {}

    std::string_view id() const override { return id_; }

    Confirmation confirmation() const override { return receiver_.confirmation; }

    bool offer(const OutputEvent& event) override {
        if (!receiver_.accepts) {
            return false;
        }
        if (receiver_.refuses && receiver_.refuses(event)) {
            refused_.push_back({event.index, "the receiver does not like it"});
        } else {
            receiver_.take(event);
        }
        offered_end_ = event.index + 1;
        return true;
    }

    void work(MonotonicNanos) override {
        confirmed_end_ = receiver_.confirms ? offered_end_ : confirmed_end_;
    }

    OutputWait wait() const override { return {}; }

    uint64_t confirmed_end() const override { return confirmed_end_; }

    bool take_rewind(uint64_t& from) override {
        from = receiver_.rewind_from.value_or(0);
        return std::exchange(receiver_.rewind_from, std::nullopt).has_value();
    }

    OutputHealth health() const override {
        return receiver_.accepts ? OutputHealth::kUp : OutputHealth::kBackingOff;
    }

    const Error& last_error() const override { return error_; }

    uint64_t resent_events() const override { return 0; }

    bool take_refused(RefusedEvent& refused) override {
        if (refused_.empty()) {
            return false;
        }
        refused = std::move(refused_.front());
        refused_.pop_front();
        return true;
    }

    bool finish() override { return true; }

 private:
    std::string id_;
    ScriptedReceiver& receiver_;
    std::deque<RefusedEvent> refused_;
    uint64_t offered_end_ = 0;
    uint64_t confirmed_end_ = 0;
    Error error_{ErrorCode::kNetwork, "nobody listens", 0};
};

// What outlives the process.
struct Host {
    explicit Host(uint64_t seed = 1) : random(seed) {
        SourceSettings source;
        source.id = "app";
        source.paths = {"/logs/*.jsonl"};
        settings.sources.push_back(source);
        REQUIRE(disk.make_directories("/logs", 0755));
    }

    void append(const std::string& text) { disk.put_file(log_path, disk.content(log_path) + text); }

    void write_documents(uint64_t count, size_t padding_bytes = 20) {
        std::string text;
        for (uint64_t i = 0; i < count; ++i) {
            text += document(padding_bytes) + "\n";
        }
        append(text);
    }

    // One document that gives `count` records.
    void write_array(uint64_t count) {
        std::string text = "[";
        for (uint64_t i = 0; i < count; ++i) {
            text += (i == 0 ? "" : ",") + document(1);
        }
        append(text + "]\n");
    }

    std::string document(size_t padding_bytes) {
        return "{\"prompt\":\"document-" + std::to_string(written++) + " asks\",\"response\":\"" +
               std::string(padding_bytes, 'r') + "\",\"user\":\"u\"}";
    }

    // The outputs of the settings; without any there, every receiver is one.
    std::vector<std::string> output_ids() const {
        std::vector<std::string> ids;
        for (const OutputSettings& output : settings.outputs) {
            ids.push_back(output.id);
        }
        for (const auto& [id, receiver] : receivers) {
            if (settings.outputs.empty()) {
                ids.push_back(id);
            }
        }
        return ids;
    }

    void check_all_arrived_under_one_id(const ScriptedReceiver& receiver) const {
        uint64_t missing = 0;
        uint64_t renamed = 0;
        for (uint64_t n = 0; n < written; ++n) {
            auto found = receiver.ids_of.find("document-" + std::to_string(n));
            missing += found == receiver.ids_of.end() ? 1U : 0U;
            renamed += found != receiver.ids_of.end() && found->second.size() != 1 ? 1U : 0U;
        }
        CHECK(missing == 0);
        CHECK(renamed == 0);
    }

    Verdict verdict() {
        return verify_spool({.directory = "/state/spool", .key_directory = "/state/keys"}, disk)
            .verdict;
    }

    FakeRandom random;
    FakeDisk disk;
    FakeClock clock;
    FakeWatch watch;
    FakeLog log;
    Settings settings;
    std::map<std::string, ScriptedReceiver> receivers;
    std::string log_path = "/logs/app.jsonl";
    uint64_t written = 0;
    uint64_t min_free_bytes = 0;
    std::function<void(SpoolOptions&)> tune_spool;  // then the spool's own news is told, too
    MakeDocumentRead make_document_read = document_read_of;
    std::function<void(const Checkpoint&)> submit;
};

class AgentLife {
 public:
    // The outputs are `host.receivers`. False when the agent could not start.
    explicit AgentLife(Host& host) : host_(host) {
        SpoolOptions options{.directory = "/state/spool",
                             .key_directory = "/state/keys",
                             .min_free_bytes = host.min_free_bytes,
                             .segment_bytes_max = uint64_t{1} << 20};
        if (host.tune_spool) {
            host.tune_spool(options);
        }
        SpoolSeams seams{host.disk, host.clock, host.random};
        auto spool = SpoolWriter::open(options, seams);
        if (!spool) {
            return;
        }
        spool_ = std::move(*spool);
        if (host.tune_spool) {
            spool_->narrate(spool_narrator(host.clock));
        }
        auto reader = SpoolReader::open(options, seams);
        if (!reader) {
            return;
        }
        reader_ = std::move(*reader);
        recent_.set_durable_end(spool_->next_index());
        deliver_ = std::make_unique<Deliver>(make_lanes(), mailbox_, host.clock);
        spool_->note_cursors(deliver_->cursors());
        if (!spool_->seal(SealReason::kForced)) {
            return;
        }
        AnchorPlan plan;
        plan.may_anchor = deliver_->acknowledges();
        plan.submit = host.submit;
        auto ingest = Ingest::make(
            host.settings, *spool_, recent_, mailbox_,
            {host.disk, host.watch, host.clock, host.log, host.make_document_read, plan});
        ingest_ = ingest ? std::move(*ingest) : nullptr;
    }

    bool started() const { return ingest_ != nullptr; }

    bool step() {
        uint64_t committed_before = ingest_->committed_records();
        bool more = ingest_->step(true);
        deliver_->step();
        check_balance(committed_before);  // deliver may be ahead of what ingest told
        check_balance(ingest_->committed_records());
        host_.clock.advance_millis(5);
        return more;
    }

    // Until everything is read and delivered to outputs that take it; false when that does not
    // happen.
    bool run_until_done(int steps_max = 2000) {
        for (int i = 0; i < steps_max; ++i) {
            step();
            if (ingest_->failed()) {
                return false;
            }
            if (ingest_->caught_up() && deliver_->drained()) {
                return true;
            }
        }
        return false;
    }

    bool run_until_read(int steps_max = 2000) {
        for (int i = 0; i < steps_max && !ingest_->caught_up(); ++i) {
            step();
        }
        return ingest_->caught_up();
    }

    bool stop() {
        ingest_->finish();
        for (int i = 0; i < 1000 && !deliver_->drained(); ++i) {
            deliver_->step();
        }
        check_balance(ingest_->committed_records());
        ingest_->take_last_letters();
        spool_->note_cursors(ingest_->held_back(deliver_->cursors()));
        spool_->note_ledger(encode_ledger({ingest_->totals(), {}, ingest_->anchors()}));
        return spool_->close().has_value();
    }

    // A lane to a receiver of the host, as a change of outputs wants it.
    std::unique_ptr<Lane> make_lane(LaneParts parts, uint64_t start, uint64_t first_new) {
        return std::make_unique<Lane>(std::move(parts), start, first_new, recent_, *reader_,
                                      mailbox_, host_.log);
    }

    LaneParts parts_of(const std::string& id) {
        return {
            std::make_unique<ScriptedOutput>(id, host_.receivers[id]),
            make_cef_formatter({.host_id = "h", .host_name = "h", .prompt_preview_characters = 60}),
            Route({})};
    }

    Ingest& ingest() { return *ingest_; }

    Deliver& deliver() { return *deliver_; }

    Mailbox& mailbox() { return mailbox_; }

    SpoolWriter& spool() { return *spool_; }

    // Of every record in the spool, in its order: its index and what it holds.
    template <typename Visit>
    void for_each_sealed(Visit&& visit) {
        AuditRecord record;
        for (uint64_t index = reader_->first_index(); index < recent_.durable_end();) {
            Result<std::shared_ptr<const Batch>> batch = reader_->read(index);
            if (!batch) {
                return;
            }
            for (size_t at = 0; at < (*batch)->records.size(); ++at) {
                record.clear();
                for (Section section : kSections) {
                    REQUIRE(decode_section((*batch)->section(at, section), section, record));
                }
                visit((*batch)->first_index + at, record);
            }
            index = (*batch)->end_index();
        }
    }

    OutputTotals totals_of(std::string_view output) {
        for (OutputTotals& totals : deliver_->totals(ingest_->committed_records())) {
            if (totals.id == output) {
                return totals;
            }
        }
        return {};
    }

 private:
    std::vector<std::unique_ptr<Lane>> make_lanes() {
        const RecoveredSpool& recovered = spool_->recovered();
        std::vector<std::unique_ptr<Lane>> lanes;
        for (const std::string& id : host_.output_ids()) {
            uint64_t start = recovered.next_index;
            for (const auto& [known, cursor] : recovered.cursors) {
                start = known == id ? cursor : start;
            }
            lanes.push_back(make_lane(parts_of(id), start, recovered.next_index));
            if (!recovered.clean) {
                lanes.back()->mark_resent_below(recovered.next_index);
            }
        }
        return lanes;
    }

    void check_balance(uint64_t committed_records) {
        Ledger ledger{ingest_->totals(), deliver_->totals(committed_records)};
        CHECK_MESSAGE(ledger.balances(), describe(ledger));
    }

    Host& host_;
    std::unique_ptr<SpoolWriter> spool_;
    std::unique_ptr<SpoolReader> reader_;
    RecentBatches recent_;
    Mailbox mailbox_;
    std::unique_ptr<Deliver> deliver_;
    std::unique_ptr<Ingest> ingest_;
};

}  // namespace llmtrail
