// What the methods of Google's AI services are for.
#include <algorithm>

#include "parsers/vertex_parts.h"

namespace llmtrail::vertex {

namespace {

constexpr std::string_view kAiServices[] = {
    "aiplatform.googleapis.com",       "generativelanguage.googleapis.com",
    "discoveryengine.googleapis.com",  "modelarmor.googleapis.com",
    "cloudaicompanion.googleapis.com", "dialogflow.googleapis.com",
};

// Calls to a model: their audit entry never holds the text.
constexpr std::string_view kCalls[] = {
    "Predict",
    "RawPredict",
    "StreamingPredict",
    "ServerStreamingPredict",
    "DirectPredict",
    "DirectRawPredict",
    "StreamDirectPredict",
    "StreamingRawPredict",
    "StreamRawPredict",
    "StreamDirectRawPredict",
    "Explain",
    "GenerateContent",
    "StreamGenerateContent",
    "BidiGenerateContent",
    "CountTokens",
    "ComputeTokens",
    "EmbedContent",
    "BatchEmbedContents",
    "ChatCompletions",
    "DetectIntent",
    "StreamingDetectIntent",
    "Converse",
    "StreamAssist",
    "AnswerQuery",
    "StreamAnswerQuery",
    "QueryReasoningEngine",
    "StreamQueryReasoningEngine",
};

constexpr std::string_view kRetrievals[] = {"RetrieveContexts", "Search", "FindNeighbors",
                                            "ReadIndexDatapoints"};

constexpr std::string_view kReads[] = {"Get",   "List",  "Search", "Query", "Read",
                                       "Fetch", "Check", "Lookup", "Test",  "Export"};

template <typename Names>
bool is_one_of(const Names& names, std::string_view word) {
    return std::find(std::begin(names), std::end(names), word) != std::end(names);
}

}  // namespace

// "google.cloud.aiplatform.v1.PredictionService.Predict": its last word.
std::string_view verb_of(std::string_view method) {
    return method.substr(method.rfind('.') + 1);
}

std::string_view kind_of(std::string_view service, std::string_view verb) {
    if (!is_one_of(kAiServices, service)) {
        return "other";
    }
    if (is_one_of(kCalls, verb)) {
        return "inference";
    }
    if (is_one_of(kRetrievals, verb)) {
        return "retrieval";
    }
    bool reads = std::any_of(std::begin(kReads), std::end(kReads),
                             [&](std::string_view read) { return verb.starts_with(read); });
    return reads ? "access" : "config_change";
}

// gen_ai.operation.name, where the method says it.
std::string_view operation_of(std::string_view verb, std::string_view kind) {
    if (verb.ends_with("GenerateContent")) {
        return "generate_content";
    }
    if (verb == "EmbedContent" || verb == "BatchEmbedContents") {
        return "embeddings";
    }
    if (verb == "CountTokens") {
        return "count_tokens";
    }
    return verb == "ChatCompletions" ? "chat" : kind == "retrieval" ? "retrieval" : "";
}

// "DeployModel" to "Model": what the method's verb is done to.
std::string_view object_of(std::string_view verb) {
    size_t at = 1;
    while (at < verb.size() && !(verb[at] >= 'A' && verb[at] <= 'Z')) {
        ++at;
    }
    return verb.substr(std::min(at, verb.size()));
}

}  // namespace llmtrail::vertex
