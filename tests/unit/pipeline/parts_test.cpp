#include <doctest/doctest.h>

#include "pipeline/commit_pacer.h"
#include "pipeline/ledger.h"
#include "pipeline/mailbox.h"
#include "pipeline/recent_batches.h"

using namespace llmtrail;

static MonotonicNanos at_ms(int64_t ms) {
    return MonotonicNanos{1'000'000'000'000 + ms * kNanosPerMilli};
}

TEST_CASE("a caught-up batch is committed at once, up to forty a second, then by the interval") {
    CommitPacer pacer(20);
    CHECK_FALSE(pacer.due(at_ms(0), true));
    int64_t immediate = 0;
    int64_t commits = 0;
    for (int64_t ms = 0; ms < 5000; ++ms) {
        if (ms % 5 == 0) {
            pacer.record_added(at_ms(ms));
            immediate += pacer.due(at_ms(ms), true) ? 1 : 0;
        }
        if (pacer.due(at_ms(ms), ms % 5 == 0)) {
            pacer.committed();
            ++commits;
        }
    }
    CHECK(immediate >= kImmediateSyncsAtOnce);
    CHECK(commits <= 50 * 5 + 1 + kImmediateSyncsAtOnce);
    CHECK(commits >= 40 * 5 - 5);  // never later than the interval
}

TEST_CASE("a batch that waits is due after the interval and says how long that is") {
    CommitPacer pacer(20);
    pacer.record_added(at_ms(0));
    CHECK(pacer.wait_ms(at_ms(0)) == 0);  // committed at once while the allowance lasts
    REQUIRE(pacer.due(at_ms(0), true));
    for (int64_t i = 0; i < kImmediateSyncsAtOnce; ++i) {
        pacer.committed();
    }
    CHECK(pacer.wait_ms(at_ms(0)) == -1);
    CHECK(pacer.hold_ms(at_ms(0)) == 26);
    CHECK(pacer.hold_ms(at_ms(25)) == 0);

    pacer.record_added(at_ms(0));
    CHECK(pacer.wait_ms(at_ms(5)) == 15);
    CHECK_FALSE(pacer.due(at_ms(19), true));
    CHECK(pacer.due(at_ms(20), false));
    pacer.committed();
    CHECK(pacer.wait_ms(at_ms(21)) == -1);
}

static std::shared_ptr<const Batch> batch_of(uint64_t first, size_t records, size_t bytes) {
    auto batch = std::make_shared<Batch>();
    batch->first_index = first;
    batch->records.resize(records);
    batch->sections[0].resize(bytes);
    return batch;
}

TEST_CASE("recent batches are found by index, over gaps, and let go beyond the limit") {
    RecentBatches recent;
    CHECK(recent.find(0) == nullptr);
    recent.push(batch_of(2, 3, 10));
    recent.push(batch_of(7, 1, 10));
    CHECK(recent.durable_end() == 8);
    CHECK(recent.find(4)->first_index == 2);
    CHECK(recent.find(5)->first_index == 7);
    CHECK(recent.find(8) == nullptr);
    CHECK(recent.find(0) == nullptr);  // older than what is kept: the spool knows
    recent.push(batch_of(10, 1, kRecentBytesMax));
    CHECK(recent.find(2) == nullptr);
    CHECK(recent.find(10) != nullptr);
}

TEST_CASE("the mailbox keeps the latest cursors, merges equal news and is bounded") {
    int woken = 0;
    Mailbox mailbox([&] { ++woken; });
    mailbox.put_cursors({{"soc", 4}});
    mailbox.put_cursors({{"soc", 9}});
    mailbox.put_news({601, "soc", "missing", 1});
    mailbox.put_news({601, "soc", "missing", 1});
    for (size_t i = 0; i < kNewsMax + 10; ++i) {
        mailbox.put_news({603, "app", std::to_string(i), 1});
    }
    CHECK(woken == static_cast<int>(kNewsMax) + 12);
    Mailbox::Letters letters = mailbox.take();
    CHECK(letters.cursors_changed);
    CHECK(letters.cursors == Cursors{{"soc", 9}});
    CHECK(letters.news.size() == kNewsMax);
    CHECK(letters.news.front().count == 2);
    uint64_t all = 0;
    for (const AgentNews& news : letters.news) {
        all += news.count;
    }
    CHECK(all == kNewsMax + 12);
    CHECK_FALSE(mailbox.take().cursors_changed);
}

TEST_CASE("a ledger that does not balance says so") {
    Ledger ledger;
    ledger.sources.push_back({.id = "app",
                              .read_bytes = 10,
                              .record_bytes = 7,
                              .rejected_bytes = 2,
                              .skipped_bytes = 1});
    ledger.outputs.push_back({.id = "soc",
                              .confirmation = "sent",
                              .backlog = 2,
                              .spooled = 5,
                              .confirmed = 6,
                              .not_routed = 1});
    ledger.outputs.push_back({.id = "siem",
                              .confirmation = "acknowledged",
                              .spooled = 7,
                              .confirmed = 4,
                              .not_routed = 1,
                              .aggregated = 2});
    CHECK(ledger.balances());
    CHECK(ledger.everything_confirmed());
    CHECK(describe(ledger).find("sent=6") != std::string::npos);
    ledger.sources[0].skipped_bytes = 0;
    CHECK_FALSE(ledger.balances());
    CHECK(describe(ledger).find("DOES NOT BALANCE") != std::string::npos);
    ledger.outputs[0].pending = 1;
    CHECK_FALSE(ledger.everything_confirmed());
    ledger.outputs[0].pending = 0;
    CHECK(ledger.everything_confirmed());
    ledger.outputs[1].dead_lettered = 1;
    CHECK_FALSE(ledger.everything_confirmed());
}
