// Any order of pieces, expiries and limits: what goes in comes out, in bounded memory. Each input
// is a list of operations of three bytes: what, key, number.
#include <cstdint>
#include <cstdlib>
#include <map>
#include <string>
#include <vector>

#include "join/join_table.h"

using namespace llmtrail;

namespace {

void require(bool holds) {
    if (!holds) {
        std::abort();
    }
}

constexpr uint64_t kBytesMax = 64 << 10;
constexpr uint64_t kOnePieceBytesMax = 16 << 10;

AuditRecord piece_record(uint8_t number) {
    AuditRecord record;
    record.set_text(Field::kEventKind, "inference");
    record.set_text(Field::kRecordState, number % 3 == 0 ? "complete" : "partial");
    record.set_time(Field::kEventTime, UnixNanos{number});
    std::string text(size_t{number} * (number % 5 == 0 ? 40 : 1),
                     static_cast<char>('a' + number % 26));
    record.set_text(Field::kPromptText, text);
    record.set_json(Field::kGenAiInputMessages,
                    R"([{"role":"user","parts":[{"type":"text","content":")" + text + "\"}]}]");
    record.append_to_list(Field::kTags, "t" + std::to_string(number));
    record.set_json(Field::kUnmapped, "{\"n" + std::to_string(number) + "\":1}");
    return record;
}

class Model {
 public:
    Model() : table_({.bytes_max = kBytesMax, .age_max_ms = 10}) {}

    void operate(uint8_t what, uint8_t key, uint8_t number) {
        now_.value += int64_t{what >> 6} * 3 * kNanosPerMilli;
        AuditRecord record = piece_record(number);
        std::string name = "k" + std::to_string(key % 16);
        JoinPiece piece{name, static_cast<uint32_t>(number % 3), number, (what & 8) != 0};
        PiecePlace place;
        switch (what % 4) {
            case 0:
                table_.expire(now_);
                break;
            case 1:
                table_.hold_ready(record, place);
                ++held_;
                break;
            default:
                if (table_.add(record, piece, place, now_) == JoinTable::Added::kHeld) {
                    ++held_;
                }
                break;
        }
        take();
        require(table_.held_bytes() <= kBytesMax + kOnePieceBytesMax);
    }

    void end() {
        table_.expire_all();
        take();
        require(held_ == 0 && table_.held_records() == 0 && !table_.ready());
    }

 private:
    void take() {
        while (table_.ready()) {
            AuditRecord record;
            std::vector<PiecePlace> places;
            table_.take(record, places);
            require(!places.empty() && places.size() <= held_);
            held_ -= places.size();
            require(record.has(Field::kEventKind) && record.has(Field::kTags));
        }
    }

    JoinTable table_;
    MonotonicNanos now_{1};
    size_t held_ = 0;  // pieces
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    Model model;
    for (size_t at = 0; at + 3 <= size; at += 3) {
        model.operate(data[at], data[at + 1], data[at + 2]);
    }
    model.end();
    return 0;
}
