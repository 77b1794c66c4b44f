#include "bodies/usage_detail.h"

#include "base/json_text.h"

namespace llmtrail {

void add_usage_detail(const BodyPlace& place, std::string_view key, JsonValue value) {
    constexpr size_t kDetailsBytesMax = 4096;  // each counter is looked for among those before it
    std::string member;
    add_member(member, key, value);
    if (member.empty()) {
        return;
    }
    AuditRecord& record = place.record();
    std::string_view given = record.text(Field::kUsageDetails);
    if (given.size() + member.size() > kDetailsBytesMax) {
        place.keep(key, value);
        return;
    }
    std::string details(given);
    if (details.empty()) {
        record.set_json(Field::kUsageDetails, "{" + member + "}");
        return;
    }
    std::string name;
    append_json_string(name, key);
    name.push_back(':');
    if (details.find(name) == std::string::npos) {
        details.back() = ',';
        details += member;
        details.push_back('}');
        record.set_json(Field::kUsageDetails, details);
    } else if (details.find(member) == std::string::npos) {
        place.keep(key, value);
    }
}

}  // namespace llmtrail
