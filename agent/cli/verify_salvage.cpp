#include "cli/verify_salvage.h"

#include "base/utf8.h"
#include "record/audit_record.h"
#include "record/record_codec.h"
#include "spool/salvage.h"

namespace llmtrail {

namespace {

class Printer : public SalvageVisitor {
 public:
    explicit Printer(TextSink& data) : data_(data) {}

    // What is lost of a record is named in it: an absent section is not an empty one.
    Result<void> record(const SalvagedRecord& salvaged) override {
        record_.clear();
        for (Section section : kSections) {
            ByteView bytes = salvaged.sections[static_cast<size_t>(section)];
            if (!bytes.empty() && !decode_section(bytes, section, record_)) {
                ++unreadable;
            }
            if ((salvaged.lost & (1U << static_cast<unsigned>(section))) != 0) {
                record_.append_to_list(Field::kRecordFlags,
                                       "lost_" + std::string(section_name(section)));
            }
        }
        line_.clear();
        append_record_json(line_, record_, "");
        if (data_.is_terminal()) {
            line_ = terminal_safe(line_);
        }
        line_ += '\n';
        return data_.write(line_);
    }

    uint64_t unreadable = 0;  // sections that match and are no record of this version

 private:
    TextSink& data_;
    AuditRecord record_;
    std::string line_;
};

void tell(const SalvageTotals& totals, uint64_t unreadable, Talk& talk) {
    talk.say("salvaged: " + std::to_string(totals.records) + " records, " +
             std::to_string(totals.whole_records) + " of them whole; lost: " +
             std::to_string(totals.lost_records) + " in frames that were found; damaged frames: " +
             std::to_string(totals.damaged_frames) +
             "; bytes without a frame: " + std::to_string(totals.skipped_bytes));
    if (totals.unopened_segments > 0) {
        talk.warning("NOT OPENED: " + std::to_string(totals.unopened_segments) +
                     " segments, the first is " + totals.first_unopened + ": " +
                     totals.why_unopened);
    }
    if (unreadable > 0) {
        talk.warning(std::to_string(unreadable) +
                     " sections match and cannot be read by this version");
    }
}

}  // namespace

Result<void> print_salvaged(const std::string& directory, const SpoolKey& key, CommandSeams seams) {
    Printer printer(seams.data);
    Result<SalvageTotals> totals = salvage_spool(seams.files, directory, key, printer);
    if (!totals) {
        return fail(std::move(totals.error()));
    }
    tell(*totals, printer.unreadable, seams.talk);
    return {};
}

}  // namespace llmtrail
