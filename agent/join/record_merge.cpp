#include "join/record_merge.h"

#include <algorithm>
#include <cstring>
#include <map>
#include <numeric>

#include "join/collected_json.h"
#include "join/join_rule.h"
#include "join/message_texts.h"
#include "join/side_text.h"

namespace llmtrail {

namespace {

int64_t number_in(ByteView value) {
    int64_t bits = 0;
    std::memcpy(&bits, value.data(), std::min(value.size(), sizeof bits));
    return bits;
}

void set_field(AuditRecord& record, Field field, ByteView value) {
    switch (field_row(field).type) {
        case FieldType::kText:
            record.set_text(field, value);
            break;
        case FieldType::kTextList:
        case FieldType::kJson:
            record.set_json(field, value);
            break;
        default:
            record.store_bits(field, number_in(value));
    }
}

class Merge {
 public:
    void add(const HeldPiece& piece, bool read_first);
    void finish(AuditRecord& record);

 private:
    // When it happened, as one piece has it.
    struct Stamp {
        ByteView at;
        ByteView precision;
        ByteView zone;

        bool stated() const { return !at.empty() && precision != "observed"; }
    };

    void take(Field field, ByteView value, const HeldPiece& piece, bool read_first);
    void take_stamp(const Stamp& stamp);
    void note(Field field, ByteView value);
    void finish_side(SideText& side, Field messages, Field text, Field bytes,
                     SideText::TextOf text_of, AuditRecord& record);

    std::array<ByteView, kFieldCount> values_{};  // absent: empty
    std::map<Field, CollectedItems> items_;
    std::map<Field, CollectedMembers> members_;
    Stamp stamp_;
    SideText prompt_;
    SideText response_;

    // Of the piece at hand.
    Stamp now_;
    SideText::Part now_prompt_;
    SideText::Part now_response_;
};

void Merge::add(const HeldPiece& piece, bool read_first) {
    now_ = {};
    now_prompt_ = {};
    now_prompt_.rank = piece.rank;
    now_prompt_.order = piece.order;
    now_response_ = now_prompt_;
    for_each_field_of(piece,
                      [&](Field field, ByteView value) { take(field, value, piece, read_first); });
    take_stamp(now_);
    prompt_.add(now_prompt_);
    response_.add(now_response_);
}

void Merge::take(Field field, ByteView value, const HeldPiece& piece, bool read_first) {
    ByteView& held = values_[static_cast<size_t>(field)];
    switch (join_rule(field)) {
        case JoinRule::kLater:
            held = value;
            break;
        case JoinRule::kFirstRead:
            held = read_first ? value : held;
            break;
        case JoinRule::kLatest:
            held = held.empty() || number_in(value) > number_in(held) ? value : held;
            break;
        case JoinRule::kKnown:
            held = held.empty() || (value != "unknown" && value != "other") ? value : held;
            break;
        case JoinRule::kAny:
            held = held.empty() || number_in(value) != 0 ? value : held;
            break;
        case JoinRule::kUnion:
            items_[field].add_each_once(value);
            break;
        case JoinRule::kSequence:
            items_[field].add_sequence(value, piece.rank, piece.order, piece.chunk);
            break;
        case JoinRule::kMembers:
            members_[field].add_later_wins(value);
            break;
        case JoinRule::kUnmapped:
            members_[field].add_all(value);
            break;
        case JoinRule::kTime:
        case JoinRule::kDerived:
            break;
    }
    note(field, value);
}

// What is decided for the piece as a whole.
void Merge::note(Field field, ByteView value) {
    switch (field) {
        case Field::kEventTime:
            now_.at = value;
            break;
        case Field::kEventTimePrecision:
            now_.precision = value;
            break;
        case Field::kEventTimeZone:
            now_.zone = value;
            break;
        case Field::kGenAiInputMessages:
            now_prompt_.has_messages = true;
            break;
        case Field::kPromptText:
            now_prompt_.text = value;
            break;
        case Field::kPromptBytes:
            now_prompt_.bytes = number_in(value);
            break;
        case Field::kGenAiOutputMessages:
            now_response_.has_messages = true;
            break;
        case Field::kResponseText:
            now_response_.text = value;
            break;
        case Field::kResponseBytes:
            now_response_.bytes = number_in(value);
            break;
        default:
            break;
    }
}

void Merge::take_stamp(const Stamp& stamp) {
    if (stamp.at.empty() || (stamp_.stated() && !stamp.stated())) {
        return;
    }
    if (stamp_.at.empty() || (stamp.stated() && !stamp_.stated()) ||
        number_in(stamp.at) < number_in(stamp_.at)) {
        stamp_ = stamp;
    }
}

void Merge::finish_side(SideText& side, Field messages, Field text, Field bytes,
                        SideText::TextOf text_of, AuditRecord& record) {
    auto found = items_.find(messages);
    size_t arrays = found == items_.end() ? 0 : found->second.arrays();
    side.resolve(record.text(messages), arrays, text_of);
    record.set_text(text, side.text());
    if (side.bytes()) {
        record.set_integer(bytes, *side.bytes());
    }
}

void Merge::finish(AuditRecord& record) {
    record.clear();
    for (const FieldRow& row : kFieldCatalog) {
        if (ByteView value = values_[static_cast<size_t>(row.field)]; !value.empty()) {
            set_field(record, row.field, value);
        }
    }
    if (!stamp_.at.empty()) {
        set_field(record, Field::kEventTime, stamp_.at);
        record.set_text(Field::kEventTimePrecision, stamp_.precision);
        record.set_text(Field::kEventTimeZone, stamp_.zone);
    }
    for (const auto& [field, items] : items_) {
        bool messages = field == Field::kGenAiInputMessages || field == Field::kGenAiOutputMessages;
        record.set_json(field, messages ? with_fragments_read(items.json()) : items.json());
    }
    for (const auto& [field, members] : members_) {
        record.set_json(field, members.json());
    }
    if (auto sources = items_.find(Field::kDataSources); sources != items_.end()) {
        record.set_integer(Field::kDataSourcesCount, static_cast<int64_t>(sources->second.items()));
    }
    finish_side(prompt_, Field::kGenAiInputMessages, Field::kPromptText, Field::kPromptBytes,
                prompt_text_of, record);
    finish_side(response_, Field::kGenAiOutputMessages, Field::kResponseText, Field::kResponseBytes,
                response_text_of, record);
}

}  // namespace

void merge_pieces(const std::vector<HeldPiece>& pieces, AuditRecord& record) {
    if (pieces.size() == 1) {
        restore_piece(pieces.front(), record);
        return;
    }
    std::vector<size_t> order(pieces.size());
    std::iota(order.begin(), order.end(), size_t{0});
    std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) {
        const HeldPiece& first = pieces[a];
        const HeldPiece& second = pieces[b];
        return first.rank != second.rank ? first.rank < second.rank : first.order < second.order;
    });
    Merge merge;
    for (size_t index : order) {
        merge.add(pieces[index], index == 0);
    }
    merge.finish(record);
}

}  // namespace llmtrail
