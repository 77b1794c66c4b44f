#include "query/found_record.h"

#include <algorithm>

#include "base/hex.h"
#include "base/json_text.h"
#include "base/utf8.h"
#include "record/event_class.h"
#include "record/record_codec.h"

namespace llmtrail {
namespace {

constexpr size_t kKindColumns = 13;

std::string_view first_of(const AuditRecord& record, std::initializer_list<Field> fields) {
    for (Field field : fields) {
        if (record.has(field)) {
            return record.text(field);
        }
    }
    return "-";
}

// What the record is about: a model, a setting, or what the agent tells of itself.
std::string_view subject_of(const AuditRecord& record) {
    if (record.text(Field::kEventKind) == "agent") {
        return event_class_of(record).name;
    }
    return first_of(record, {Field::kGenAiResponseModel, Field::kGenAiRequestModel,
                             Field::kConfigSetting, Field::kEventAction});
}

std::string time_of(const AuditRecord& record) {
    std::optional<int64_t> at = record.integer(Field::kEventTime);
    if (!at) {
        at = record.integer(Field::kEventIngested);
    }
    return at ? format_iso_millis(UnixNanos{*at}) : "-";
}

std::string value_text(const AuditRecord& record, const FieldRow& row) {
    std::string text;
    switch (row.type) {
        case FieldType::kText:
        case FieldType::kTextList:
        case FieldType::kJson:
            return std::string(record.text(row.field));
        case FieldType::kInteger:
            return std::to_string(*record.integer(row.field));
        case FieldType::kTime:
            return format_iso_nanos(UnixNanos{*record.integer(row.field)});
        case FieldType::kReal:
            append_json_number(text, *record.real(row.field));
            return text;
        case FieldType::kBoolean:
            return *record.boolean(row.field) ? "true" : "false";
    }
    return text;
}

// A value of several lines keeps them, each made safe and indented.
void append_lines(std::string& out, std::string_view value) {
    constexpr std::string_view kIndent = "\n      ";
    bool several = value.find('\n') != std::string_view::npos;
    while (true) {
        size_t end = std::min(value.find('\n'), value.size());
        out.append(several ? kIndent : " ").append(terminal_safe(value.substr(0, end)));
        if (end == value.size()) {
            break;
        }
        value.remove_prefix(end + 1);
    }
    out += '\n';
}

void append_section(std::string& out, const FoundRecord& found, Section section) {
    SectionState state = found.sections[index_of(section)];
    out.append(section_name(section)).append(": ");
    switch (state) {
        case SectionState::kOpened:
            break;
        case SectionState::kEmpty:
            out.append("empty");
            break;
        case SectionState::kSealed:
            out.append("sealed for another role");
            break;
        case SectionState::kErased:
            out.append("erased: no key of it is left");
            break;
        case SectionState::kNotOpened:
            out.append("not opened");
            break;
    }
    if (state != SectionState::kOpened) {
        out += '\n';
        return;
    }
    out.back() = '\n';
    append_fields(out, found.record, section);
}

}  // namespace

void append_fields(std::string& out, const AuditRecord& record, Section section) {
    record.for_each([&](const FieldRow& row) {
        if (row.section == section) {
            out.append("  ").append(row.name).append(":");
            append_lines(out, value_text(record, row));
        }
    });
}

std::string_view section_state_name(SectionState state) {
    switch (state) {
        case SectionState::kOpened:
            return "opened";
        case SectionState::kEmpty:
            return "empty";
        case SectionState::kSealed:
            return "sealed";
        case SectionState::kErased:
            return "erased";
        case SectionState::kNotOpened:
            return "not_opened";
    }
    return "";
}

Result<void> take_record(const OpenedBatch& opened, size_t at, FoundRecord& out) {
    const Batch& batch = opened.batch;
    const BatchRecord& kept = batch.records[at];
    out.index = batch.first_index + at;
    out.segment_no = batch.segment_no;
    out.leaf = kept.leaf;
    out.commitments = kept.commitments;
    out.written = opened.written;
    out.record.clear();
    for (Section section : kSections) {
        size_t s = index_of(section);
        if (kept.commitments[s] == Digest{}) {
            out.sections[s] = SectionState::kEmpty;
        } else if (!opened_section(batch, section)) {
            out.sections[s] = opened.key_opens[s] ? SectionState::kNotOpened
                              : opened.erased[s]  ? SectionState::kErased
                                                  : SectionState::kSealed;
        } else {
            out.sections[s] = SectionState::kOpened;
            Result<void> decoded = decode_section(batch.section(at, section), section, out.record);
            if (!decoded) {
                return decoded;
            }
        }
    }
    return {};
}

FoundText found_json(const FoundRecord& found) {
    FoundText text;
    std::string& head = text.before_evidence;
    head = "{\"index\":";
    append_json_unsigned(head, found.index);
    head += ",\"event.id\":";
    append_json_string(head, event_id_of(found.leaf));
    head += ",\"segment\":";
    append_json_string(head, segment_file_name(found.segment_no));
    head += ",\"leaf\":";
    append_json_string(head, to_hex(view(found.leaf)));
    head += ",\"evidence\":\"";
    std::string& rest = text.after_evidence;
    rest = "\",\"sections\":{";
    for (Section section : kSections) {
        rest += section == Section::kEnvelope ? "" : ",";
        append_json_string(rest, section_name(section));
        rest += ':';
        append_json_string(rest, section_state_name(found.sections[index_of(section)]));
    }
    rest += "},\"record\":";
    append_record_json(rest, found.record, "");
    rest += "}\n";
    return text;
}

FoundText found_line(const FoundRecord& found) {
    const AuditRecord& record = found.record;
    FoundText text;
    text.names_sealed = false;
    std::string& line = text.before_evidence;
    line = std::to_string(found.index) + "  " + time_of(record) + "  ";
    std::string kind = terminal_safe(first_of(record, {Field::kEventKind}));
    kind.resize(std::max(kind.size(), kKindColumns), ' ');
    line += kind + "  ";
    line += terminal_safe(first_of(record, {Field::kUserEmail, Field::kUserId, Field::kUserName}));
    line += "  ";
    line += terminal_safe(subject_of(record));
    line += "  ";
    line += terminal_safe(first_of(record, {Field::kEventOutcome}));
    text.after_evidence = "\n";
    return text;
}

FoundText found_page(const FoundRecord& found) {
    FoundText text;
    std::string& head = text.before_evidence;
    head = "record " + std::to_string(found.index) + "\n";
    head += "event.id: " + event_id_of(found.leaf) + "\n";
    head += "leaf: " + to_hex(view(found.leaf)) + "\n";
    head += "segment: " + segment_file_name(found.segment_no) + ", written " +
            format_iso_millis(found.written) + "\n";
    head += "evidence: ";
    std::string& rest = text.after_evidence;
    rest = "\n";
    for (Section section : kSections) {
        append_section(rest, found, section);
    }
    return text;
}

std::string with_evidence(const FoundText& text, Evidence evidence) {
    if (text.names_sealed) {
        return text.before_evidence + std::string(evidence_name(evidence)) + text.after_evidence;
    }
    std::string note =
        evidence == Evidence::kSealed ? "" : "  [" + std::string(evidence_name(evidence)) + "]";
    return text.before_evidence + note + text.after_evidence;
}

}  // namespace llmtrail
