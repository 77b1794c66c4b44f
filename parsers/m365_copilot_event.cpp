#include "parsers/m365_copilot_event.h"

#include <algorithm>
#include <array>

#include "parsers/common_lists.h"

namespace llmtrail {

namespace {

struct ProviderRow {
    std::string_view name;
    std::string_view provider;
};

constexpr auto kModelProviders = std::to_array<ProviderRow>({
    {"OpenAI", "openai"},
    {"Anthropic", "anthropic"},
});

bool holds(std::string_view text, std::string_view part) {
    return text.find(part) != std::string_view::npos;
}

struct TypeRow {
    std::string_view given;
    std::string_view type;
};

DataSource source_at(std::string_view type, std::string_view id) {
    DataSource source;
    source.type = copilot_source_type(type);
    if (holds(id, "://")) {
        source.uri = id;
    } else {
        source.id = id;
    }
    if (type.starts_with("Teams")) {
        source.channel = id;
    }
    return source;
}

// Where the person was when they asked: the open document, the channel, the meeting.
void read_contexts(JsonValue contexts, const BodyPlace& place) {
    size_t index = 0;
    for (JsonValue context : contexts.items()) {
        BodyPlace here = place.below(index++);
        std::string_view key = context["Id"].exists() ? "Id" : "ID";
        std::string_view id = context[key].text();
        DataSource source = source_at(context["Type"].text(), id);
        source.action = "context";
        if (!id.empty()) {
            add_data_source(place.scratch(), source);
            here.keep_others(context, {key, "Type"});
            here.keep_unless_text(context, {"Type"});
        } else {
            here.keep(context);
        }
    }
    if (!contexts.is_array()) {
        place.keep(contexts);
    }
}

GuardrailResult detection(std::string_view name, std::string_view category, std::string_view target,
                          bool detected) {
    GuardrailResult result;
    result.name = name;
    result.provider = kCopilotProvider;
    result.target = target;
    result.category = category;
    result.verdict = detected ? "warn" : "allow";
    return result;
}

void read_messages(JsonValue messages, const BodyPlace& place) {
    size_t index = 0;
    for (JsonValue message : messages.items()) {
        BodyPlace here = place.below(index++);
        auto prompt = message["isPrompt"].boolean();
        if (!prompt) {
            prompt = message["IsPrompt"].boolean();
        }
        for (JsonMember member : message.members()) {
            bool id = member.key == "Id" || member.key == "ID";
            auto detected = member.value.boolean();
            if (id && prompt == false) {
                here.fill_or_keep(Field::kGenAiResponseId, member.key, member.value);
            } else if (member.key == "JailbreakDetected" && detected) {
                std::string_view target = !prompt ? "" : *prompt ? "input" : "output";
                add_guardrail(place.scratch(),
                              detection(member.key, "jailbreak", target, *detected));
            } else {
                here.keep(member.key, member.value);
            }
        }
        if (!message.is_object()) {
            here.keep(message);
        }
    }
    if (!messages.is_array()) {
        place.keep(messages);
    }
}

void read_policy(JsonValue policy, bool failed, const BodyPlace& place) {
    GuardrailResult result;
    result.name = policy["PolicyName"].text();
    result.name = result.name.empty() ? "PolicyDetails" : result.name;
    result.provider = "microsoft.purview";
    result.target = "retrieval";
    result.rule_id = policy["PolicyId"].text();
    result.verdict = failed ? "deny" : "warn";
    result.action = failed ? "block" : "";
    add_guardrail(place.scratch(), result);
    place.keep_others(policy, {"PolicyName", "PolicyId"});
}

void read_resource(JsonValue resource, const BodyPlace& place) {
    DataSource source;
    JsonValue policy;
    bool failed = false;
    for (JsonMember member : resource.members()) {
        std::string_view text = member.value.text();
        auto set = [&](std::string_view& at) {
            if (at.empty()) {
                at = text;
            } else if (at != text) {
                place.keep(member.key, member.value);
            }
        };
        bool named = member.value.is_string();
        if (named && (member.key == "Id" || member.key == "ID")) {
            set(source.id);
        } else if (named && member.key == "SiteUrl") {
            set(source.uri);
        } else if (named && member.key == "Type") {
            set(source.type);
        } else if (named && member.key == "Name") {
            set(source.name);
        } else if (named && member.key == "SensitivityLabelId") {
            set(source.sensitivity);
        } else if (named && member.key == "Action") {
            set(source.action);
        } else if (named && member.key == "listItemUniqueId" && text == source.id) {
            continue;
        } else if (member.key == "PolicyDetails" && member.value.is_object() &&
                   member.value.size() > 0 && !policy.exists()) {
            policy = member.value;
        } else if (member.key == "XPIADetected" && member.value.boolean()) {
            add_guardrail(place.scratch(), detection(member.key, "indirect_prompt_injection",
                                                     "retrieval", *member.value.boolean()));
        } else {
            failed = failed || (member.key == "Status" && text == "failure");
            place.keep(member.key, member.value);
        }
    }
    if (source.type.starts_with("Teams")) {
        source.channel = source.id;
    }
    source.type =
        source.type.empty() ? source_type_of(source.uri) : copilot_source_type(source.type);
    if (resource.size() > 0) {
        add_data_source(place.scratch(), source);
    }
    if (policy.exists()) {
        read_policy(policy, failed, place.below("PolicyDetails"));
    }
}

void read_resources(JsonValue resources, const BodyPlace& place) {
    size_t index = 0;
    for (JsonValue resource : resources.items()) {
        BodyPlace here = place.below(index++);
        resource.is_object() ? read_resource(resource, here) : here.keep(resource);
    }
    if (!resources.is_array()) {
        place.keep(resources);
    }
}

// {"Id": "BingWebSearch", "Name": "BuiltIn"}
void read_plugins(JsonValue plugins, const BodyPlace& place) {
    size_t index = 0;
    for (JsonValue plugin : plugins.items()) {
        BodyPlace here = place.below(index++);
        std::string_view key = plugin["Id"].text().empty() ? "Name" : "Id";
        std::string_view name = plugin[key].text();
        if (!name.empty()) {
            place.scratch().tool_names.add_once(name);
        }
        for (JsonMember member : plugin.members()) {
            if (member.key != key || name.empty()) {
                here.keep(member.key, member.value);
            }
        }
        if (!plugin.is_object()) {
            here.keep(plugin);
        }
    }
    if (!plugins.is_array()) {
        place.keep(plugins);
    }
}

void read_models(JsonValue models, const BodyPlace& place) {
    size_t index = 0;
    for (JsonValue model : models.items()) {
        BodyPlace here = place.below(index++);
        for (JsonMember member : model.members()) {
            const auto* row = std::find_if(
                kModelProviders.begin(), kModelProviders.end(),
                [&](const ProviderRow& one) { return one.name == member.value.text(); });
            bool provider = member.key == "ModelProviderName" && row != kModelProviders.end() &&
                            fill_text(here.record(), Field::kGenAiProviderName, row->provider);
            if (member.key == "ModelName") {
                here.fill_or_keep(Field::kGenAiResponseModel, member.key, member.value);
            } else if (!provider) {
                here.keep(member.key, member.value);
            }
        }
        if (!model.is_object()) {
            here.keep(model);
        }
    }
    if (!models.is_array()) {
        place.keep(models);
    }
}

using ReadPart = void (*)(JsonValue, const BodyPlace&);

struct PartRow {
    std::string_view key;
    ReadPart read;
};

constexpr auto kParts = std::to_array<PartRow>({
    {"Contexts", read_contexts},
    {"Messages", read_messages},
    {"AccessedResources", read_resources},
    {"AISystemPlugin", read_plugins},
    {"ModelTransparencyDetails", read_models},
});

constexpr auto kFields = std::to_array<MemberField>({
    {"AppHost", Field::kServiceName},
    {"ThreadId", Field::kGenAiConversationId},
    {"AgentId", Field::kGenAiAgentId},
    {"AgentName", Field::kGenAiAgentName},
    {"AgentVersion", Field::kGenAiAgentVersion},
});

constexpr TypeRow kTypes[] = {
    {"File", "file"},
    {"Site", "site"},
    {"EmailMessage", "email"},
    {"TeamsChannel", "teams_channel"},
    {"TeamsChat", "teams_chat"},
    {"TeamsMeeting", "teams_meeting"},
};

}  // namespace

std::string_view copilot_source_type(std::string_view given) {
    const auto* row = std::find_if(std::begin(kTypes), std::end(kTypes),
                                   [&](const TypeRow& one) { return one.given == given; });
    return row == std::end(kTypes) ? given : row->type;
}

void read_copilot_event(JsonValue event, const BodyPlace& place) {
    for (JsonMember member : event.members()) {
        BodyPlace here = place.below(member.key);
        const auto* row = std::find_if(kParts.begin(), kParts.end(),
                                       [&](const PartRow& one) { return one.key == member.key; });
        if (row != kParts.end()) {
            row->read(member.value, here);
        } else if (!place.fill_member(kFields, member.key, member.value)) {
            here.keep(member.value);
        }
    }
    if (!event.is_object()) {
        place.keep(event);
    }
}

}  // namespace llmtrail
