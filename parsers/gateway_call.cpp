#include "parsers/gateway_call.h"

#include <algorithm>
#include <array>

#include "bodies/openai.h"
#include "parsers/bedrock_body.h"
#include "parsers/body_shape.h"
#include "parsers/body_text.h"
#include "parsers/exchange_parts.h"
#include "parsers/name_map.h"

namespace llmtrail {

namespace {

// Bodies of no known shape: Bedrock takes those of all its vendors.
void read_told_request(JsonValue body, std::string_view path, BodyScratch& scratch,
                       AuditRecord& record) {
    read_bedrock_request(body, {}, {}, path, scratch, record);
}

void read_told_response(JsonValue body, std::string_view path, BodyScratch& scratch,
                        AuditRecord& record) {
    read_bedrock_response(body, {}, {}, path, scratch, record);
}

constexpr BodyReaders kTold = {"told", read_told_request, read_told_response, read_told_response};

// Readers of the two sides: a gateway may have translated one of them.
struct Choice {
    const BodyReaders* request;
    const BodyReaders* response;
};

// `answer`: the body, or the chunks of a stream.
Choice choose(std::string_view url_path, JsonValue request, JsonValue answer) {
    const BodyReaders* asked = readers_of_request(request);
    const BodyReaders* answered = readers_of_response(answer);
    if (answered == nullptr || (asked != nullptr && answer["error"].exists())) {
        answered = asked;
    }
    // A chat in OpenAI's form is many vendors': the answer tells.
    if (asked == nullptr || (asked->name == "openai" && answered->name != "gemini")) {
        asked = answered;
    }
    if (asked != nullptr) {
        return {asked, answered};
    }
    bool predict = request["instances"].exists() || answer["predictions"].exists();
    if (predict) {
        return {&vendors::kGemini, &vendors::kGemini};
    }
    bool known = is_model_url(url_path) && !url_path.empty();
    const BodyReaders& by_path = known ? readers_for(url_path, {}, request, answer) : kTold;
    return {&by_path, &by_path};
}

void mark_cut(AuditRecord& record, bool answer) {
    record.set_boolean(answer ? Field::kResponseTruncated : Field::kPromptTruncated, true);
    record.append_to_list(Field::kRecordSourceLoss, "truncated");
}

struct ProviderWord {
    std::string_view names;
    std::string_view meaning;
};

constexpr auto kProviders = std::to_array<ProviderWord>({
    {"azure azureopenai azureopenaiservice", "azure.ai.openai"},
    {"azureai azureaiinference azurefoundry", "azure.ai.inference"},
    {"bedrock aws awsbedrock amazonbedrock sagemaker", "aws.bedrock"},
    {"google gemini googleaistudio googleai", "gcp.gemini"},
    {"vertex vertexai googlevertexai googlevertex", "gcp.vertex_ai"},
    {"mistral mistralai", "mistral_ai"},
    {"xai grok x", "x_ai"},
    {"perplexity perplexityai", "perplexity"},
    {"together togetherai", "together"},
    {"fireworks fireworksai", "fireworks"},
    {"watsonx ibmwatsonx", "ibm.watsonx.ai"},
});

constexpr auto kProviderMap = name_map_of<128>(kProviders);
static_assert(kProviderMap.is_sound());

constexpr size_t kProviderBytesMax = 128;

void describe(std::string_view url_path, std::string_view vendor, JsonValue request,
              JsonValue answer, AuditRecord& record) {
    if (vendor == "gemini") {
        fill_text(record, Field::kGenAiOperationName, "generate_content");
    } else if (vendor == "anthropic" || vendor == "converse" || vendor == "ollama") {
        fill_text(record, Field::kGenAiOperationName, "chat");
    } else {
        describe_openai_call(url_path, request, answer, record);
    }
    fill_text(record, Field::kEventKind, "inference");
}

}  // namespace

std::string provider_of_gateway(std::string_view word) {
    if (const std::string_view* known = kProviderMap.find(NormalizedKey(word))) {
        return std::string(*known);
    }
    std::string lower(word.substr(0, kProviderBytesMax));
    std::transform(lower.begin(), lower.end(), lower.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; });
    return lower;
}

GatewayCall::Opened GatewayCall::open(const Side& side, JsonTree& tree, bool answer,
                                      AuditRecord& record) {
    Opened opened;
    if (!side.body.is_string()) {
        opened.value = side.body;
        return opened;
    }
    std::string_view text = side.body.text();
    if (answer && SseReader::is_event_stream(text)) {
        opened.streamed = true;
        opened.stream = sse_.read_events(text);
        flag_repairs(record, sse_.tree().repairs());
        return opened;
    }
    auto whole = tree.read(text, false);
    if (!whole && answer && SseReader::is_json_lines(text)) {
        opened.streamed = true;
        opened.stream = sse_.read_json_lines(text);
        flag_repairs(record, sse_.tree().repairs());
        return opened;
    }
    bool looks_cut = !whole && (text.starts_with('{') || text.starts_with('['));
    if (looks_cut) {
        whole = tree.read_head(text);
    }
    if (whole && whole->is_container()) {
        opened.value = *whole;
        flag_repairs(record, tree.repairs());
        if (looks_cut) {
            mark_cut(record, answer);
        }
    } else {
        opened.text = text;
    }
    return opened;
}

void GatewayCall::read_answer(const Side& side, const Opened& answer, const BodyReaders& readers,
                              BodyScratch& scratch, AuditRecord& record) {
    if (answer.streamed) {
        if (readers.name == "openai") {
            read_openai_stream(answer.stream.chunks, side.path, answer.stream.done, scratch,
                               record);
        } else {
            readers.stream(answer.stream.chunks, side.path, scratch, record);
        }
        if (!answer.stream.unreadable.empty()) {
            scratch.unmapped.add_text(std::string(side.path) + ".unreadable",
                                      answer.stream.unreadable);
            record.append_to_list(Field::kRecordFlags, "incomplete_stream");
            mark_cut(record, true);
        }
        record.set_boolean(Field::kGenAiRequestStream, true);
    } else if (answer.value.is_array()) {
        readers.stream(answer.value, side.path, scratch, record);
    } else if (answer.value.is_object()) {
        readers.response(answer.value, side.path, scratch, record);
    } else if (!answer.text.empty()) {
        read_text_answer(answer.text, scratch, record);
    } else {
        scratch.unmapped.add(side.path, answer.value);
    }
}

bool GatewayCall::read(const Side& request, const Side& response, std::string_view url_path,
                       BodyScratch& scratch, AuditRecord& record) {
    Opened asked = open(request, request_tree_, false, record);
    Opened answer = open(response, response_tree_, true, record);
    JsonValue body = asked.value.is_object() ? asked.value : JsonValue();
    JsonValue chunks = answer.streamed ? answer.stream.chunks : answer.value;
    Choice choice = choose(url_path, body, chunks);
    if (body.is_object()) {
        choice.request->request(body, request.path, scratch, record);
    } else if (!asked.text.empty()) {
        read_text_request(asked.text, scratch, record);
    } else {
        scratch.unmapped.add(request.path, asked.value);
    }
    read_answer(response, answer, *choice.response, scratch, record);
    bool any = body.size() > 0 || chunks.size() > 0 || !asked.text.empty() || !answer.text.empty();
    if (any) {
        describe(url_path, choice.request->name, body, chunks, record);
    }
    return any;
}

}  // namespace llmtrail
