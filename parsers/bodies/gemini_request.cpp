// generateContent requests and, beside them, requests of the API's other calls.
#include "bodies/gemini_parts.h"
#include "bodies/secret_names.h"

namespace llmtrail {

namespace gemini {

namespace {

constexpr MemberField kConfigMembers[] = {
    {"temperature", Field::kGenAiRequestTemperature},
    {"topp", Field::kGenAiRequestTopP},
    {"topk", Field::kGenAiRequestTopK},
    {"maxoutputtokens", Field::kGenAiRequestMaxTokens},
    {"candidatecount", Field::kGenAiRequestChoiceCount},
    {"stopsequences", Field::kGenAiRequestStopSequences},
    {"seed", Field::kGenAiRequestSeed},
    {"presencepenalty", Field::kGenAiRequestPresencePenalty},
    {"frequencypenalty", Field::kGenAiRequestFrequencyPenalty},
    {"responselogprobs", Field::kGenAiRequestLogprobs},
};

void set_output_type(AuditRecord& record, JsonValue mime_type) {
    std::string_view text = mime_type.text();
    if (text == "application/json") {
        fill_text(record, Field::kGenAiOutputType, "json");
    } else if (text == "text/plain") {
        fill_text(record, Field::kGenAiOutputType, "text");
    }
}

// {"team": "a"}: labels of the application, for its billing.
void read_labels(const BodyPlace& place, JsonValue labels) {
    constexpr size_t kLabelsMax = 64;  // the API's own limit
    bool sound = labels.is_object() && labels.size() <= kLabelsMax;
    for (JsonMember label : (sound ? labels : JsonValue()).members()) {
        if (!label.value.is_string() || secrecy_of(label.key) != Secrecy::kOpen) {
            place.keep(label.key, label.value);
            continue;
        }
        std::string text(label.key);
        text += '=';
        text += label.value.text();
        place.record().append_to_list(Field::kTags, text);
    }
    if (!sound) {
        place.keep(labels);
    }
}

// Parameters that have no field of their own.
bool is_parameter(std::string_view key) {
    return is_any_of(key, {"toolconfig", "safetysettings", "cachedcontent", "ttl", "expiretime",
                           "displayname", "tasktype", "outputdimensionality", "title",
                           "autotruncate", "explanationspecoverride"});
}

}  // namespace

void read_generation_config(const BodyPlace& place, JsonValue config) {
    if (!config.is_object()) {
        return place.keep(config);
    }
    for (JsonMember member : config.members()) {
        if (fill_named(place, kConfigMembers, member.key, member.value)) {
            continue;
        }
        if (is_named(member.key, "responsemimetype")) {
            set_output_type(place.record(), member.value);
        } else if (is_named(member.key, "thinkingconfig")) {
            fill(place.record(), Field::kGenAiRequestReasoningEffort,
                 member_of(member.value, "thinkinglevel"));
        }
        add_member(place.scratch().parameters, member.key, member.value);
    }
}

static void read_member(const BodyPlace& place, JsonMember member) {
    std::string_view key = member.key;
    BodyPlace here = place.below(key);
    if (is_named(key, "contents")) {
        read_contents(here, member.value);
    } else if (is_named(key, "content") && member.value.is_object()) {  // embedContent
        read_contents(here, member.value);
    } else if (is_named(key, "systeminstruction")) {
        read_system_instruction(here, member.value);
    } else if (is_named(key, "generationconfig")) {
        read_generation_config(here, member.value);
    } else if (is_named(key, "tools")) {
        place.fill_or_keep(Field::kGenAiToolDefinitions, key, member.value);
    } else if (is_named(key, "model") || is_named(key, "endpoint")) {
        fill_model(place, Field::kGenAiRequestModel, key, member.value);
    } else if (is_named(key, "labels")) {
        read_labels(here, member.value);
    } else if (is_named(key, "stream") && member.value.boolean()) {
        place.fill_or_keep(Field::kGenAiRequestStream, key, member.value);
    } else if (is_parameter(key)) {
        add_member(place.scratch().parameters, key, member.value);
    } else if (!read_other_request_member(place, member)) {
        here.keep(member.value);
    }
}

}  // namespace gemini

void read_gemini_request(JsonValue body, std::string_view path, BodyScratch& scratch,
                         AuditRecord& record) {
    BodyPlace place(path, scratch, record);
    if (gemini::is_interaction(body)) {
        return gemini::read_interaction_request(place, body);
    }
    for (JsonMember member : body.members()) {
        gemini::read_member(place, member);
    }
    if (!body.is_object()) {
        place.keep(body);
    }
}

bool is_gemini_request(JsonValue body) {
    using gemini::member_of;
    JsonValue contents = body["contents"];
    if (contents.is_array()) {
        auto items = contents.items();
        return items.begin() != items.end() && member_of(*items.begin(), "parts").exists();
    }
    return member_of(contents, "parts").exists() ||
           member_of(body, "generatecontentrequest").is_object();
}

}  // namespace llmtrail
