#include "format/cim.h"

#include "base/utf8.h"
#include "format/cef_fields.h"
#include "format/visible_json.h"

namespace llmtrail {

namespace {

// Splunk's words for severities 0 to 10.
std::string_view severity_word(uint8_t severity) {
    if (severity >= 9) {
        return "critical";
    }
    if (severity >= 7) {
        return "high";
    }
    if (severity >= 4) {
        return "medium";
    }
    return severity >= 1 ? "low" : "informational";
}

class CimFields {
 public:
    CimFields(std::string& out, size_t bytes_max)
        : out_(out), start_(out.size()), bytes_max_(bytes_max) {
        out_.push_back('{');
    }

    void add(std::string_view name, std::string_view value) {
        if (value.empty()) {
            return;
        }
        size_t before = out_.size();
        out_ += out_.back() == '{' ? "\"" : ",\"";
        out_ += name;
        out_ += "\":";
        append_visible_json_string(out_, utf8_prefix_characters(value, kCimCharactersMax));
        if (out_.size() - start_ >= bytes_max_) {
            out_.resize(before);
        }
    }

    void end() { out_.push_back('}'); }

 private:
    std::string& out_;
    size_t start_;
    size_t bytes_max_;
};

std::string_view first_of(const AuditRecord& record, std::initializer_list<Field> fields) {
    for (Field field : fields) {
        if (std::string_view text = record.text(field); !text.empty()) {
            return text;
        }
    }
    return {};
}

// The Change model's own words.
std::string_view change_action(const AuditRecord& record) {
    std::string_view before = record.text(Field::kConfigOldValue);
    std::string_view after = record.text(Field::kConfigNewValue);
    if (before.empty() == after.empty()) {
        return "modified";
    }
    return before.empty() ? "created" : "deleted";
}

}  // namespace

void append_cim_fields(std::string& out, const AuditRecord& record, const EventClass& event_class,
                       std::string_view event_id, size_t bytes_max) {
    bool change = event_class.id >= 300 && event_class.id < 412;
    CimFields fields(out, bytes_max);
    fields.add("vendor_product", "llmtrail agent");
    fields.add("event_id", event_id);
    fields.add("signature_id", std::to_string(event_class.id));
    fields.add("signature", event_class.name);
    fields.add("severity", severity_word(event_class.severity));
    fields.add("action", change ? change_action(record) : cef_action(event_class.id));
    fields.add("status", record.text(Field::kEventOutcome));
    fields.add("user", first_of(record, {Field::kUserName, Field::kUserEmail, Field::kUserId}));
    fields.add("user_id", record.text(Field::kUserId));
    fields.add("src", first_of(record, {Field::kClientIp, Field::kDeviceName, Field::kDeviceId}));
    fields.add("app", record.text(Field::kServiceName));
    fields.add("dest", first_of(record, {Field::kServerAddress, Field::kGenAiProviderName}));
    if (change) {
        fields.add("change_type", "LLM");
        fields.add("object_category", event_class.category);
        fields.add("object", first_of(record, {Field::kConfigSetting, Field::kGenAiRequestModel}));
        fields.add("result", record.text(Field::kEventOutcome));
        fields.add("command", record.text(Field::kEventAction));
    }
    fields.end();
}

}  // namespace llmtrail
