

#include "fakes/fake_random.h"
#include "join_case.h"

using namespace llmtrail;

namespace {

constexpr JoinPiece kPost{"run-1", 0, 0, false};
constexpr JoinPiece kPatch{"run-1", 1, 0, true};

}  // namespace

TEST_CASE("the last piece completes its record at once, in the place of the first") {
    JoinCase join;
    CHECK_FALSE(join.add_text(kPost, "asked"));
    CHECK(join.records.empty());
    CHECK_FALSE(join.add(kPatch, [](AuditRecord& r) { r.set_text(Field::kUserId, "u"); }));
    REQUIRE(join.records.size() == 1);
    CHECK(join.state(0) == "complete");
    CHECK(join.parts(0) == 2);
    CHECK(join.records[0].text(Field::kPurpose) == "asked");
    CHECK(join.records[0].text(Field::kUserId) == "u");
    CHECK(join.records[0].text(Field::kDocumentId) == "document-0");
    CHECK(join.places[0] == std::vector<PiecePlace>{{0, 1, 0}, {1, 1, 0}});
    CHECK(join.table.held_records() == 0);
    CHECK(join.table.held_bytes() == 0);
}

TEST_CASE("a last piece that nobody waits for is a record by itself") {
    JoinCase join;
    CHECK(join.add_text(kPatch, "all"));
    CHECK(join.state(0) == "complete");
    CHECK(join.parts(0) == 1);
    CHECK_FALSE(join.add_text(kPost, "late"));
    join.expire_all();
    CHECK(join.state(1) == "amended");
    CHECK(join.records[1].text(Field::kDocumentId) == "document-0");
}

TEST_CASE("keys do not mix") {
    JoinCase join;
    join.add_text({"a", 0, 0, false}, "of a");
    join.add_text({"b", 0, 0, false}, "of b");
    join.add({"b", 0, 0, true}, [](AuditRecord&) {});
    join.add({"a", 0, 0, true}, [](AuditRecord&) {});
    REQUIRE(join.records.size() == 2);
    CHECK(join.records[0].text(Field::kPurpose) == "of b");
    CHECK(join.records[1].text(Field::kPurpose) == "of a");
}

TEST_CASE("a record waits exactly its age, and the table says until when") {
    JoinCase join({1 << 20, 1000});
    CHECK_FALSE(join.table.next_expiry());
    join.add_text(kPost, "asked", 50);
    join.add_text({"run-2", 0, 0, false}, "asked too", 700);
    join.add_text({"run-1", 0, 0, false}, "asked again", 900);  // does not wait longer for it
    CHECK(join.table.next_expiry() == at_ms(1050));
    join.expire(1049);
    CHECK(join.records.empty());
    join.expire(1050);
    REQUIRE(join.records.size() == 1);
    CHECK(join.state(0) == "partial");
    CHECK(join.parts(0) == 2);
    CHECK(join.table.next_expiry() == at_ms(1700));
}

TEST_CASE("what can stand alone is complete when it aged out, whichever piece said so") {
    for (bool first : {true, false}) {
        JoinCase join;
        auto stands_alone = [](AuditRecord& r) { r.set_text(Field::kRecordState, "complete"); };
        auto nothing = [](AuditRecord&) {};
        join.add(kPost, first ? Fill(stands_alone) : Fill(nothing));
        join.add(kPost, first ? Fill(nothing) : Fill(stands_alone));
        join.expire_all();
        REQUIRE(join.records.size() == 1);
        CHECK(join.state(0) == "complete");
    }
}

TEST_CASE("late pieces are brought together and amend the record that went, again and again") {
    JoinCase join({1 << 20, 1000});
    join.add_text(kPost, "asked", 0);
    join.expire(1000);
    join.add_text({"run-1", 2, 0, false}, "late", 5000);
    join.add(
        {"run-1", 2, 0, false}, [](AuditRecord& r) { r.set_text(Field::kUserId, "u"); }, 5100);
    CHECK(join.records.size() == 1);
    join.expire(6000);
    REQUIRE(join.records.size() == 2);
    CHECK(join.state(1) == "amended");
    CHECK(join.parts(1) == 2);
    CHECK(join.records[1].text(Field::kDocumentId) == "document-0");
    CHECK(join.records[1].text(Field::kUserId) == "u");
    join.add_text(kPatch, "later still", 9000);
    REQUIRE(join.records.size() == 3);
    CHECK(join.state(2) == "amended");
    CHECK(join.records[2].text(Field::kDocumentId) == "document-0");
}

TEST_CASE("above the limit of bytes the oldest goes, at the limit nobody") {
    JoinCase probe;
    probe.add_text({"k0", 0, 0, false}, "x");
    uint64_t each = probe.table.held_bytes();
    JoinCase join({3 * each, 1000});
    for (int i = 0; i < 3; ++i) {
        join.add_text({"k" + std::to_string(i), 0, 0, false}, "x");
    }
    CHECK(join.table.held_bytes() == 3 * each);
    CHECK(join.records.empty());
    join.add_text({"k3", 0, 0, false}, "x");
    REQUIRE(join.records.size() == 1);
    CHECK(join.records[0].text(Field::kDocumentId) == "document-0");
    CHECK(join.state(0) == "partial");
    CHECK(join.table.held_records() == 3);
}

TEST_CASE("a record too large by itself goes at once and disturbs no other") {
    JoinCase join({8192, 1000});
    join.add_text({"small", 0, 0, false}, "x");
    join.add_text({"large", 0, 0, false}, std::string(9000, 'l'));
    REQUIRE(join.records.size() == 1);
    CHECK(join.records[0].text(Field::kPurpose).size() == 9000);
    CHECK(join.table.held_records() == 1);
}

TEST_CASE("without a key, or with one too long, nothing is joined") {
    JoinCase join;
    std::string longest(kJoinKeyBytesMax, 'k');
    CHECK_FALSE(join.add_text({longest, 0, 0, false}, "held"));
    CHECK(join.add_text({longest + "k", 0, 0, false}, "not"));
    CHECK(join.add_text({"", 0, 0, true}, "not"));
    CHECK(join.state(0) == "partial");
    CHECK(join.state(1) == "complete");
    CHECK(join.parts(0) == 1);
    CHECK(join.table.remembered_keys() == 0);
}

TEST_CASE("a record that is finished comes out as it is, in its turn") {
    JoinCase join;
    AuditRecord record;
    record.set_text(Field::kRecordState, "amended");
    record.set_text(Field::kPurpose, "mine");
    join.table.hold_ready(record, {7, 2, 3});
    join.take();
    REQUIRE(join.records.size() == 1);
    CHECK(join.state(0) == "amended");
    CHECK(join.parts(0) == -1);
    CHECK(join.places[0] == std::vector<PiecePlace>{{7, 2, 3}});
}

TEST_CASE("millions of hostile keys stay within the limits, and no piece is lost or doubled") {
    constexpr uint64_t kBytesMax = uint64_t{1} << 20;
    constexpr uint64_t kPieces = 200'000;
    JoinCase join({kBytesMax, 1000});
    FakeRandom random(11);
    uint64_t parts = 0;
    uint64_t written = 0;
    auto count = [&] {
        for (const AuditRecord& record : join.records) {
            parts += static_cast<uint64_t>(*record.integer(Field::kRecordParts));
        }
        join.records.clear();
        join.places.clear();
    };
    std::string prefix(900, 'p');  // keys that differ at their end only
    for (uint64_t i = 0; i < kPieces; ++i) {
        std::string key = prefix + std::to_string(random.below(kPieces));
        join.add(
            {key, 0, 0, random.below(10) == 0}, [](AuditRecord&) {},
            static_cast<int64_t>(i / 1000));
        ++written;
        if (join.table.held_bytes() > kBytesMax) {
            REQUIRE(join.table.held_bytes() <= kBytesMax);
        }
        count();
    }
    CHECK(join.table.remembered_keys() > 1000);
    CHECK(join.table.remembered_keys() * (prefix.size() + kGoneKeyOverheadBytes) <=
          kGoneKeysBytesMax);
    join.expire_all();
    count();
    CHECK(parts == written);
}

TEST_CASE("remembered keys are forgotten oldest first, at their limit") {
    constexpr size_t kKeyBytes = 1000;
    auto key = [](size_t n) {
        std::string number = std::to_string(n);
        return std::string(kKeyBytes - number.size(), 'k') + number;
    };
    constexpr size_t kOneBytes = kKeyBytes + 2 + kGoneKeyOverheadBytes;
    constexpr size_t kFit = kGoneKeysBytesMax / kOneBytes;
    GoneKeys gone;
    for (size_t n = 0; n < kFit; ++n) {
        gone.add(key(n), "id");
    }
    gone.add(key(0), "xx");  // known: keeps its id, and its age
    CHECK(gone.size() == kFit);
    CHECK(gone.bytes() == kFit * kOneBytes);
    REQUIRE(gone.find(key(0)) != nullptr);
    CHECK(*gone.find(key(0)) == "id");
    gone.add(key(kFit), "id");
    CHECK(gone.size() == kFit);
    CHECK(gone.find(key(0)) == nullptr);
    CHECK(gone.find(key(1)) != nullptr);
}
