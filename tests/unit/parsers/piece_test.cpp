// What the FinishingSink makes of pieces.
#include <doctest/doctest.h>

#include "parsers/finishing_sink.h"

using namespace llmtrail;

namespace {

class PieceList final : public RecordSink {
 public:
    AuditRecord& begin() override {
        record_.clear();
        return record_;
    }

    void commit() override { states.emplace_back("alone"); }

    void commit_piece(const RecordPiece& piece) override {
        keys.emplace_back(piece.key);
        states.emplace_back(record_.text(Field::kRecordState));
        ordinals.push_back(record_.integer(Field::kRecordOrdinal).value_or(0));
    }

    std::vector<std::string> keys;
    std::vector<std::string> states;
    std::vector<int64_t> ordinals;

 private:
    AuditRecord record_;
};

}  // namespace

TEST_CASE(
    "pieces are passed on with their key, partial unless they are the last or say otherwise") {
    PieceList list;
    FinishingSink sink;
    sink.start_document(list, "json", UnixNanos{1}, 10);
    sink.begin();
    sink.commit_piece({"a", 0, 0, false});
    sink.begin();
    sink.commit_piece({"b", 0, 0, true});
    sink.begin().set_text(Field::kRecordState, "complete");
    sink.commit_piece({"c", 0, 0, false});
    CHECK(list.keys == std::vector<std::string>{"a", "b", "c"});
    CHECK(list.states == std::vector<std::string>{"partial", "complete", "complete"});
    CHECK(list.ordinals == std::vector<int64_t>{0, 1, 2});
    CHECK(sink.records() == 3);
}

TEST_CASE("what is rejected is no piece") {
    PieceList list;
    FinishingSink sink;
    sink.start_document(list, "json", UnixNanos{1}, 10);
    sink.begin().set_text(Field::kEventKind, "rejected");
    sink.commit_piece({"a", 0, 0, true});
    sink.reject_all("cut");
    sink.begin();
    sink.commit_piece({"a", 0, 0, true});
    CHECK(list.states == std::vector<std::string>{"alone", "alone"});
    CHECK(list.keys.empty());
}
