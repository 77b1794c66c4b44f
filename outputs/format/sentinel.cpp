#include "format/sentinel.h"

#include <algorithm>
#include <utility>

#include "base/hex.h"
#include "base/utf8.h"
#include "format/cef_event.h"
#include "format/common_security_log_columns.h"
#include "format/llm_trail_columns.h"
#include "format/sentinel_row.h"

namespace llmtrail {

namespace {

constexpr size_t kFieldCharactersMax = 512;
constexpr size_t kKindCharactersMax = 32;
constexpr int64_t kTimeNsMin = 1'000'000'000 * kNanosPerSecond;

FormatOptions at_least_a_row(FormatOptions options) {
    options.event_bytes_max = std::max(options.event_bytes_max, kRowBytesMin);
    return options;
}

// ASIM's words, of which the schema of audit events has no others.
std::string_view event_type(uint16_t event_class) {
    switch (event_class) {
        case 150:
        case 413:
            return "Read";
        case 300:
        case 310:
        case 703:
            return "Set";
        case 700:
            return "Start";
        case 701:
        case 702:
            return "Stop";
        default:
            break;
    }
    if (event_class >= 400 && event_class < 412) {
        return "Set";
    }
    return event_class < 130 || (event_class >= 200 && event_class < 300) ? "Execute" : "Other";
}

std::string_view event_severity(uint8_t severity) {
    if (severity == 0) {
        return "Informational";
    }
    return severity <= 3 ? "Low" : severity <= 6 ? "Medium" : "High";
}

std::string_view event_result(std::string_view outcome) {
    if (outcome == "success") {
        return "Success";
    }
    return outcome == "failure" ? "Failure" : "NA";
}

// Azure wants one: that of the event, else when it was read.
void add_time_generated(SentinelRow& row, const AuditRecord& record) {
    for (Field field : {Field::kEventTime, Field::kEventIngested}) {
        std::optional<int64_t> at = record.integer(field);
        if (at && *at >= kTimeNsMin) {
            row.add_time("TimeGenerated", *at);
            return;
        }
    }
}

// What the two tables do not have in common.
struct RowDialect {
    const SentinelTable& table;
    void (*add_head)(SentinelRow& row, const AuditRecord& record, const EventClass& event_class,
                     const SpoolReference& reference);
    // Behind the pairs: those that have no column, and how many were left out.
    void (*add_rest)(SentinelRow& row, std::string& extensions, size_t omitted);
};

class RowFormatter final : public Formatter {
 public:
    RowFormatter(FormatOptions options, const RowDialect& dialect)
        : dialect_(dialect),
          event_(at_least_a_row(std::move(options))),
          row_(dialect.table.columns),
          pairs_of_(kCefKeys.size()) {
        for (const SentinelPair& pair : dialect_.table.pairs) {
            pairs_of_[find_cef_key(pair.cef_key)].push_back(&pair);
        }
    }

    void format(const AuditRecord& record, const SpoolReference& reference,
                std::string& out) override;

 private:
    void write_pairs(bool of_prompt);
    void add_field(const AuditRecord& record, const SentinelField& field);
    void add_extension(std::string_view key, std::string_view escaped);

    RowDialect dialect_;
    CefEvent event_;
    SentinelRow row_;
    std::vector<std::vector<const SentinelPair*>> pairs_of_;  // by key
    std::string extensions_;                                  // pairs without a column
};

void RowFormatter::add_extension(std::string_view key, std::string_view escaped) {
    extensions_.append(extensions_.empty() ? "" : ";").append(key).push_back('=');
    size_t start = extensions_.size();
    append_unescaped_cef(extensions_, escaped);
    std::replace(extensions_.begin() + static_cast<std::ptrdiff_t>(start), extensions_.end(), ';',
                 ',');
}

// `of_prompt`: msg previews the prompt; where cs2 does so too it shows more.
void RowFormatter::write_pairs(bool of_prompt) {
    extensions_.clear();
    const CefExtension& pairs = event_.pairs();
    bool prompt_twice = pairs.has_labelled("prompt");
    pairs.for_each([&](CefKeyId key, std::string_view label, std::string_view value) {
        std::string_view told_apart = label;
        if (key == cef_key("msg")) {
            told_apart = !of_prompt ? "detail" : prompt_twice ? "prompt in cs2" : "prompt";
        }
        for (const SentinelPair* pair : pairs_of_[key]) {
            if (pair->label.empty() || pair->label == told_apart) {
                row_.add_pair(pair->column, value);
                if (!pair->label_column.empty()) {
                    row_.add_text(pair->label_column, label);
                }
            }
        }
        if (pairs_of_[key].empty()) {
            add_extension(kCefKeys[key].name, value);
        }
    });
    dialect_.add_rest(row_, extensions_, pairs.omitted());
}

void RowFormatter::add_field(const AuditRecord& record, const SentinelField& field) {
    switch (field_row(field.field).type) {
        case FieldType::kInteger:
            row_.add_integer(field.column, *record.integer(field.field));
            break;
        case FieldType::kBoolean:
            row_.add_boolean(field.column, *record.boolean(field.field));
            break;
        default:
            row_.add_text(field.column,
                          utf8_prefix_characters(record.text(field.field), kFieldCharactersMax));
            break;
    }
}

void RowFormatter::format(const AuditRecord& record, const SpoolReference& reference,
                          std::string& out) {
    const EventClass& event_class = event_.fill(record, reference);
    std::string_view kind = record.text(Field::kEventKind);
    bool of_prompt = kind != "rejected" && kind != "agent";
    row_.begin();
    add_time_generated(row_, record);
    dialect_.add_head(row_, record, event_class, reference);
    SentinelRow::Mark head = row_.mark();
    size_t room = event_.event_bytes_max() - std::min(event_.event_bytes_max(), head.bytes + 1);
    event_.fit_written(room, [&] {
        row_.go_back(head);
        write_pairs(of_prompt);
        return row_.size() - head.bytes;
    });
    for (const SentinelField& field : dialect_.table.fields) {
        SentinelRow::Mark before = row_.mark();
        if (record.has(field.field)) {
            add_field(record, field);
        }
        if (row_.size() + 1 > event_.event_bytes_max()) {
            row_.go_back(before);
        }
    }
    row_.end(out);
}

void add_llm_trail_head(SentinelRow& row, const AuditRecord& record, const EventClass& event_class,
                        const SpoolReference& reference) {
    row.add_text("EventVendor", "llmtrail");
    row.add_text("EventProduct", "agent");
    row.add_text("EventProductVersion", LLMTRAIL_VERSION);
    row.add_text("EventType", event_type(event_class.id));
    row.add_text("RecordType",
                 utf8_prefix_characters(record.text(Field::kEventKind), kKindCharactersMax));
    row.add_text("EventOriginalType", std::to_string(event_class.id));
    row.add_text("EventName", event_class.name);
    row.add_text("EventSeverity", event_severity(event_class.severity));
    row.add_text("EventOriginalSeverity", std::to_string(event_class.severity));
    row.add_text("EventResult", event_result(record.text(Field::kEventOutcome)));
    row.add_integer("SpoolIndex", static_cast<int64_t>(reference.index));
    row.add_text("SpoolLeaf", to_hex(reference.leaf));
}

void add_llm_trail_rest(SentinelRow& row, std::string&, size_t omitted) {
    if (omitted > 0) {
        row.add_integer("ColumnsOmitted", static_cast<int64_t>(omitted));
    }
}

void add_common_head(SentinelRow& row, const AuditRecord&, const EventClass& event_class,
                     const SpoolReference&) {
    row.add_text("DeviceVendor", "llmtrail");
    row.add_text("DeviceProduct", "agent");
    row.add_text("DeviceVersion", LLMTRAIL_VERSION);
    row.add_text("DeviceEventClassID", std::to_string(event_class.id));
    row.add_text("Activity", event_class.name);
    row.add_text("LogSeverity", std::to_string(event_class.severity));
}

void add_common_rest(SentinelRow& row, std::string& extensions, size_t omitted) {
    if (omitted > 0) {
        extensions.append(extensions.empty() ? "" : ";")
            .append("llmtrailOmitted=" + std::to_string(omitted));
    }
    row.add_text("AdditionalExtensions", extensions);
}

constexpr RowDialect kLlmTrailRows = {kLlmTrailTable, add_llm_trail_head, add_llm_trail_rest};
constexpr RowDialect kCommonRows = {kCommonSecurityLogTable, add_common_head, add_common_rest};

}  // namespace

std::unique_ptr<Formatter> make_sentinel_formatter(FormatOptions options) {
    return std::make_unique<RowFormatter>(std::move(options), kLlmTrailRows);
}

std::unique_ptr<Formatter> make_common_security_log_formatter(FormatOptions options) {
    return std::make_unique<RowFormatter>(std::move(options), kCommonRows);
}

}  // namespace llmtrail
