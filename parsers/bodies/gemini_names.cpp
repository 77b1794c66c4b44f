// Names of Google's messages and enums, however a log spells them.
#include <algorithm>
#include <array>

#include "bodies/gemini_parts.h"

namespace llmtrail::gemini {

namespace {

struct EnumRow {
    GoogleEnum of;
    int64_t vertex;  // its number in Vertex AI's API, in the Gemini API; kNone: not there
    int64_t gemini;
    std::string_view name;
};

constexpr int64_t kNone = -1;

// google/cloud/aiplatform/v1 and google/ai/generativelanguage/v1beta number some of them apart.
constexpr auto kEnums = std::to_array<EnumRow>({
    {GoogleEnum::kFinishReason, 0, 0, "FINISH_REASON_UNSPECIFIED"},
    {GoogleEnum::kFinishReason, 1, 1, "STOP"},
    {GoogleEnum::kFinishReason, 2, 2, "MAX_TOKENS"},
    {GoogleEnum::kFinishReason, 3, 3, "SAFETY"},
    {GoogleEnum::kFinishReason, 4, 4, "RECITATION"},
    {GoogleEnum::kFinishReason, 5, 5, "OTHER"},
    {GoogleEnum::kFinishReason, kNone, 6, "LANGUAGE"},
    {GoogleEnum::kFinishReason, 6, 7, "BLOCKLIST"},
    {GoogleEnum::kFinishReason, 7, 8, "PROHIBITED_CONTENT"},
    {GoogleEnum::kFinishReason, 8, 9, "SPII"},
    {GoogleEnum::kFinishReason, 9, 10, "MALFORMED_FUNCTION_CALL"},
    {GoogleEnum::kFinishReason, 10, kNone, "MODEL_ARMOR"},
    {GoogleEnum::kFinishReason, 11, 11, "IMAGE_SAFETY"},
    {GoogleEnum::kFinishReason, 12, kNone, "IMAGE_PROHIBITED_CONTENT"},
    {GoogleEnum::kFinishReason, 13, kNone, "IMAGE_RECITATION"},
    {GoogleEnum::kFinishReason, 14, kNone, "IMAGE_OTHER"},
    {GoogleEnum::kFinishReason, 15, 12, "UNEXPECTED_TOOL_CALL"},
    {GoogleEnum::kFinishReason, 16, kNone, "NO_IMAGE"},
    {GoogleEnum::kBlockReason, 0, 0, "BLOCK_REASON_UNSPECIFIED"},
    {GoogleEnum::kBlockReason, 1, 1, "SAFETY"},
    {GoogleEnum::kBlockReason, 2, 2, "OTHER"},
    {GoogleEnum::kBlockReason, 3, 3, "BLOCKLIST"},
    {GoogleEnum::kBlockReason, 4, 4, "PROHIBITED_CONTENT"},
    {GoogleEnum::kBlockReason, 5, kNone, "MODEL_ARMOR"},
    {GoogleEnum::kBlockReason, kNone, 5, "IMAGE_SAFETY"},
    {GoogleEnum::kBlockReason, 6, kNone, "JAILBREAK"},
    {GoogleEnum::kHarmCategory, kNone, 1, "HARM_CATEGORY_DEROGATORY"},
    {GoogleEnum::kHarmCategory, kNone, 2, "HARM_CATEGORY_TOXICITY"},
    {GoogleEnum::kHarmCategory, kNone, 3, "HARM_CATEGORY_VIOLENCE"},
    {GoogleEnum::kHarmCategory, kNone, 4, "HARM_CATEGORY_SEXUAL"},
    {GoogleEnum::kHarmCategory, kNone, 5, "HARM_CATEGORY_MEDICAL"},
    {GoogleEnum::kHarmCategory, kNone, 6, "HARM_CATEGORY_DANGEROUS"},
    {GoogleEnum::kHarmCategory, 1, 8, "HARM_CATEGORY_HATE_SPEECH"},
    {GoogleEnum::kHarmCategory, 2, 10, "HARM_CATEGORY_DANGEROUS_CONTENT"},
    {GoogleEnum::kHarmCategory, 3, 7, "HARM_CATEGORY_HARASSMENT"},
    {GoogleEnum::kHarmCategory, 4, 9, "HARM_CATEGORY_SEXUALLY_EXPLICIT"},
    {GoogleEnum::kHarmCategory, 5, 11, "HARM_CATEGORY_CIVIC_INTEGRITY"},
    {GoogleEnum::kHarmLevel, 1, 1, "NEGLIGIBLE"},
    {GoogleEnum::kHarmLevel, 2, 2, "LOW"},
    {GoogleEnum::kHarmLevel, 3, 3, "MEDIUM"},
    {GoogleEnum::kHarmLevel, 4, 4, "HIGH"},
});

constexpr std::string_view kSeverityPrefix = "HARM_SEVERITY_";

}  // namespace

bool is_named(std::string_view key, std::string_view name) {
    size_t at = 0;
    for (char c : key) {
        if (c == '_') {
            continue;
        }
        char lower = c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
        if (at == name.size() || lower != name[at]) {
            return false;
        }
        ++at;
    }
    return at == name.size();
}

bool is_any_of(std::string_view key, std::initializer_list<std::string_view> names) {
    return std::any_of(names.begin(), names.end(),
                       [&](std::string_view name) { return is_named(key, name); });
}

JsonValue member_of(JsonValue object, std::string_view name) {
    for (JsonMember member : object.members()) {
        if (is_named(member.key, name)) {
            return member.value;
        }
    }
    return {};
}

bool fill_named(const BodyPlace& place, std::span<const MemberField> table, std::string_view key,
                JsonValue value) {
    for (const MemberField& row : table) {
        if (is_named(key, row.key)) {
            place.fill_or_keep(row.field, key, value);
            return true;
        }
    }
    return false;
}

void keep_other_names(const BodyPlace& place, JsonValue object,
                      std::initializer_list<std::string_view> known) {
    for (JsonMember member : object.members()) {
        if (!is_any_of(member.key, known)) {
            place.keep(member.key, member.value);
        }
    }
    if (!object.is_object()) {
        place.keep(object);
    }
}

std::string_view enum_name(GoogleEnum of, JsonValue value, const AuditRecord& record) {
    if (value.is_string()) {
        std::string_view name = value.text();
        if (of == GoogleEnum::kHarmLevel && name.starts_with(kSeverityPrefix)) {
            name.remove_prefix(kSeverityPrefix.size());
        }
        return name;
    }
    auto number = value.integer();
    bool gemini = record.text(Field::kGenAiProviderName) == "gcp.gemini";
    for (const EnumRow& row : kEnums) {
        if (number && row.of == of && (gemini ? row.gemini : row.vertex) == *number &&
            *number >= 0) {
            return row.name;
        }
    }
    return {};
}

void fill_model(const BodyPlace& place, Field field, std::string_view key, JsonValue value) {
    std::string_view name = google_model_name(value.text());
    if (name.empty()) {
        place.fill_or_keep(field, key, value);
    } else if (!fill_text(place.record(), field, name) || name != value.text()) {
        place.keep(key, value);
    }
}

}  // namespace llmtrail::gemini

namespace llmtrail {

std::string_view google_model_name(std::string_view resource) {
    for (std::string_view collection : {"models/", "tunedModels/", "endpoints/"}) {
        size_t at = resource.rfind(collection);
        if (at == std::string_view::npos || (at > 0 && resource[at - 1] != '/')) {
            continue;
        }
        std::string_view name = resource.substr(at + collection.size());
        return name.substr(0, name.find_first_of("/:"));
    }
    return {};
}

}  // namespace llmtrail
