#include "format/json.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/hex.h"
#include "base/json_text.h"
#include "base/time.h"
#include "base/utf8.h"
#include "format/cim.h"
#include "format/visible_json.h"
#include "record/event_class.h"

namespace llmtrail {

namespace {

constexpr std::array<std::string_view, kSectionCount> kCommitmentNames = {
    "commit.envelope", "commit.prompt", "commit.sources", "commit.output"};
constexpr size_t kHostCharactersMax = 100;
constexpr size_t kOmittedBytesMax = 24;  // ,"event.omitted":999

// Content is text that people wrote; of it previews leave, and the ids of data sources in CEF.
bool is_listed(const FieldRow& row) {
    return row.privacy != Privacy::kContent;
}

class JsonFormatter : public Formatter {
 public:
    JsonFormatter(FormatOptions options, bool envelope)
        : options_(std::move(options)), envelope_(envelope) {
        options_.event_bytes_max = std::max(options_.event_bytes_max, kEventBytesMin);
    }

    void format(const AuditRecord& record, const SpoolReference& reference,
                std::string& out) override;

 private:
    void add_head(const EventClass& event_class, const SpoolReference& reference);
    void add_previews(const AuditRecord& record, const EventClass& event_class);
    void add_preview(std::string_view name, std::string_view text, size_t characters);
    void add_field(const AuditRecord& record, const FieldRow& row);
    void add_name(std::string_view name);
    void add_text(std::string_view name, std::string_view text);
    void keep(size_t before);

    FormatOptions options_;
    bool envelope_;
    std::string event_;
    std::string fields_;
    size_t room_ = 0;  // for event_
    size_t omitted_ = 0;
};

void JsonFormatter::add_name(std::string_view name) {
    event_ += event_.size() > 1 ? ",\"" : "\"";
    event_ += name;
    event_ += "\":";
}

void JsonFormatter::add_text(std::string_view name, std::string_view text) {
    if (!text.empty()) {
        add_name(name);
        append_visible_json_string(event_, text);
    }
}

// What does not fit is taken off again and counted.
void JsonFormatter::keep(size_t before) {
    if (event_.size() + kOmittedBytesMax > room_) {
        event_.resize(before);
        ++omitted_;
    }
}

void JsonFormatter::add_head(const EventClass& event_class, const SpoolReference& reference) {
    add_text("event.id", reference.event_id);
    add_name("event.class");
    append_json_unsigned(event_, event_class.id);
    add_text("event.name", event_class.name);
    add_text("event.category", event_class.category);
    add_name("event.severity");
    append_json_unsigned(event_, event_class.severity);
    if (reference.resent) {
        add_name("event.resent");
        event_ += "true";
    }
    add_text("agent.id", options_.host_id);
    add_name("spool.index");
    append_json_unsigned(event_, reference.index);
    add_text("spool.leaf", to_hex(reference.leaf));
    for (size_t s = 0; s < kSectionCount; ++s) {
        size_t before = event_.size();
        add_text(kCommitmentNames[s], to_hex(reference.commitments[s]));
        keep(before);
    }
    size_t before = event_.size();
    add_text("agent.host", utf8_prefix_characters(options_.host_name, kHostCharactersMax));
    keep(before);
}

void JsonFormatter::add_field(const AuditRecord& record, const FieldRow& row) {
    size_t before = event_.size();
    switch (row.type) {
        case FieldType::kText:
            add_text(row.name, record.text(row.field));
            break;
        case FieldType::kTextList:
        case FieldType::kJson:
            add_name(row.name);
            append_visible_json(event_, record.text(row.field));
            break;
        case FieldType::kInteger:
            add_name(row.name);
            append_json_integer(event_, *record.integer(row.field));
            break;
        case FieldType::kTime:
            add_text(row.name, format_iso_nanos(UnixNanos{*record.integer(row.field)}));
            break;
        case FieldType::kReal:
            add_name(row.name);
            append_json_number(event_, *record.real(row.field));
            break;
        case FieldType::kBoolean:
            add_name(row.name);
            event_ += *record.boolean(row.field) ? "true" : "false";
            break;
    }
    keep(before);
}

// Cut at its characters, and again by halves until it fits; a cut is told.
void JsonFormatter::add_preview(std::string_view name, std::string_view text, size_t characters) {
    size_t before = event_.size();
    bool cut = false;
    for (; characters > 0 && !text.empty(); characters /= 2) {
        std::string_view shown = utf8_prefix_characters(text, characters);
        cut = shown.size() < text.size();
        add_text(name, shown);
        if (cut) {
            add_name(std::string(name) + ".cut");
            event_ += "true";
        }
        if (event_.size() + kOmittedBytesMax <= room_) {
            return;
        }
        event_.resize(before);
        characters = std::min(characters, utf8_length(shown));
    }
}

void JsonFormatter::add_previews(const AuditRecord& record, const EventClass& event_class) {
    size_t prompt = options_.prompt_preview_characters;
    if (event_class.id >= 400 && event_class.id < 500) {
        add_preview("llm.audit.config.old_value", record.text(Field::kConfigOldValue), prompt);
        add_preview("llm.audit.config.new_value", record.text(Field::kConfigNewValue), prompt);
        return;
    }
    add_preview("prompt.preview", record.text(Field::kPromptText), prompt);
    add_preview("response.preview", record.text(Field::kResponseText),
                options_.response_preview_characters);
}

void JsonFormatter::format(const AuditRecord& record, const SpoolReference& reference,
                           std::string& out) {
    const EventClass& event_class = event_class_of(record);
    fields_.clear();
    if (envelope_) {
        append_cim_fields(fields_, record, event_class, reference.event_id,
                          options_.event_bytes_max / 3);
    }
    size_t around =
        envelope_ ? std::string_view("{\"event\":,\"fields\":}").size() + fields_.size() : 0;
    room_ = options_.event_bytes_max > around + 1 ? options_.event_bytes_max - around - 1 : 0;
    omitted_ = 0;
    event_ = "{";
    add_head(event_class, reference);
    record.for_each([&](const FieldRow& row) {
        if (is_listed(row)) {
            add_field(record, row);
        }
    });
    add_previews(record, event_class);
    if (omitted_ > 0) {
        add_name("event.omitted");
        append_json_unsigned(event_, omitted_);
    }
    event_.push_back('}');
    if (!envelope_) {
        out += event_;
        return;
    }
    out.append("{\"event\":").append(event_).append(",\"fields\":").append(fields_).append("}");
}

}  // namespace

std::unique_ptr<Formatter> make_json_formatter(FormatOptions options) {
    return std::make_unique<JsonFormatter>(std::move(options), false);
}

std::unique_ptr<Formatter> make_hec_json_formatter(FormatOptions options) {
    return std::make_unique<JsonFormatter>(std::move(options), true);
}

}  // namespace llmtrail
