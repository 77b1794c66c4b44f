#include "cli/record_printer.h"

#include "base/hex.h"
#include "base/utf8.h"
#include "enrich/enrich.h"
#include "platform/host.h"

namespace llmtrail {

namespace {

constexpr size_t kWriteBytes = size_t{64} << 10;

// Nothing is stored, so nothing can be proved: the reference of a record that is in no spool.
constexpr Digest kNoDigest{};

SpoolReference reference_outside_spool(uint64_t index) {
    SpoolReference reference;
    reference.index = index;
    reference.leaf = view(kNoDigest);
    reference.commitments.fill(view(kNoDigest));
    return reference;
}

FormatOptions format_options() {
    FormatOptions options;
    options.host_id = "parse";
    options.host_name = host_name().value_or("localhost");
    return options;
}

}  // namespace

RecordPrinter::RecordPrinter(ParseTo to, TextSink& data, Secret digest_key)
    : data_(data), digest_(digest_key) {
    if (to == ParseTo::kCef) {
        formatter_ = make_cef_formatter(format_options());
    } else if (to == ParseTo::kLeef) {
        formatter_ = make_leef_formatter(format_options());
    }
}

void RecordPrinter::start_document(const StreamDocument& document, std::string_view path,
                                   std::string_view source_id, UnixNanos observed, bool joins) {
    document_ = &document;
    path_ = path;
    source_id_ = source_id;
    observed_ = observed;
    ordinal_ = 0;
    joins_ = joins;
    ++totals_.documents;
}

AuditRecord& RecordPrinter::begin() {
    record_.clear();
    record_.set_time(Field::kEventIngested, observed_);
    return record_;
}

void RecordPrinter::stamp() {
    record_.set_text(Field::kSourceId, source_id_);
    record_.set_text(Field::kLogFilePath, path_);
    record_.set_integer(Field::kLogOffset, static_cast<int64_t>(document_->offset));
    record_.set_integer(Field::kLogBytes, static_cast<int64_t>(document_->full_size_bytes));
    if (ordinal_ > 0) {
        record_.set_integer(Field::kRecordOrdinal, ordinal_);
    }
    if (document_->unterminated) {
        record_.append_to_list(Field::kRecordFlags, "unterminated");
    }
    if (record_.text(Field::kEventKind) == "rejected") {
        ++totals_.rejected;
        record_.set_text(Field::kRejectDigest, to_hex(view(digest_.of(document_->bytes))));
    }
}

void RecordPrinter::commit() {
    stamp();
    ++ordinal_;
    print(record_);
}

void RecordPrinter::commit_piece(const RecordPiece& piece) {
    if (!joins_) {
        commit();
        return;
    }
    stamp();
    ++ordinal_;
    key_.assign(piece.key);
    if (!key_.empty()) {
        key_.append("\n").append(source_id_);  // keys are unique within a source only
    }
    JoinPiece joined{key_, piece.rank, piece.order, piece.last, piece.chunk};
    if (join_.add(record_, joined, {}, MonotonicNanos()) == JoinTable::Added::kWhole) {
        print(record_);
    }
    print_joined();
}

void RecordPrinter::print_joined() {
    while (join_.ready()) {
        join_.take(record_, places_);
        print(record_);
    }
}

void RecordPrinter::print_waiting() {
    join_.expire_all();
    print_joined();
}

void RecordPrinter::print(AuditRecord& record) {
    add_languages(record, LanguageOf::kPrompt);
    if (formatter_ != nullptr) {
        formatter_->format(record, reference_outside_spool(totals_.records), out_);
    } else {
        append_record_json(out_, record, "");
    }
    if (data_.is_terminal()) {
        out_ = terminal_safe(out_);
    }
    out_ += '\n';
    ++totals_.records;
    if (out_.size() >= kWriteBytes || data_.is_terminal()) {
        (void)flush();
    }
}

Result<void> RecordPrinter::flush() {
    if (outcome_) {
        outcome_ = data_.write(out_);
    }
    out_.clear();
    return outcome_;
}

}  // namespace llmtrail
