// Which of OpenAI's APIs a call is of, and what that means for the record.
#include <array>

#include "bodies/openai.h"
#include "bodies/openai_parts.h"

namespace llmtrail::openai {

namespace {

struct ApiRow {
    std::string_view path_end;  // of the URL's path
    Api api;
};

// The first that matches counts.
constexpr std::array kPaths = {
    ApiRow{"/chat/completions", Api::kChat},
    ApiRow{"/completions", Api::kCompletions},
    ApiRow{"/responses", Api::kResponses},
    ApiRow{"/embeddings", Api::kEmbeddings},
    ApiRow{"/images/generations", Api::kImages},
    ApiRow{"/images/edits", Api::kImages},
    ApiRow{"/images/variations", Api::kImages},
    ApiRow{"/audio/transcriptions", Api::kTranscription},
    ApiRow{"/audio/translations", Api::kTranslation},
    ApiRow{"/audio/speech", Api::kSpeech},
    ApiRow{"/moderations", Api::kModeration},
    ApiRow{"/traces/ingest", Api::kTraces},
    ApiRow{"/assistants", Api::kAssistants},
    ApiRow{"/threads", Api::kThreads},
    ApiRow{"/threads/runs", Api::kThreadRuns},
};

struct ApiMeaning {
    std::string_view action;
    std::string_view operation;
    std::string_view kind;
};

ApiMeaning meaning_of(Api api) {
    switch (api) {
        case Api::kChat:
            return {"chat.completions", "chat", "inference"};
        case Api::kResponses:
            return {"responses", "chat", "inference"};
        case Api::kCompletions:
            return {"completions", "text_completion", "inference"};
        case Api::kEmbeddings:
            return {"embeddings", "embeddings", "inference"};
        case Api::kImages:
            return {"images", "generate_content", "inference"};
        case Api::kTranscription:
            return {"audio.transcriptions", "generate_content", "inference"};
        case Api::kTranslation:
            return {"audio.translations", "generate_content", "inference"};
        case Api::kSpeech:
            return {"audio.speech", "generate_content", "inference"};
        case Api::kModeration:
            return {"moderations", "moderation", "guardrail"};
        case Api::kAssistants:
            return {"assistants", "create_agent", "config_change"};
        case Api::kThreads:
            return {"threads", {}, "other"};
        case Api::kThreadMessages:
            return {"threads.messages", "chat", "inference"};
        case Api::kThreadRuns:
            return {"threads.runs", "invoke_agent", "inference"};
        case Api::kTraces:
            return {"traces.ingest", {}, "other"};
        case Api::kUnknown:
            return {};
    }
    return {};
}

bool has(JsonValue body, std::string_view key) {
    return body[key].exists();
}

}  // namespace

Api api_of_path(std::string_view url_path) {
    while (url_path.ends_with('/')) {
        url_path.remove_suffix(1);
    }
    for (const ApiRow& row : kPaths) {
        if (url_path.ends_with(row.path_end)) {
            return row.api;
        }
    }
    if (url_path.find("/threads/") != std::string_view::npos) {
        if (url_path.ends_with("/messages")) {
            return Api::kThreadMessages;
        }
        return url_path.find("/runs") != std::string_view::npos ? Api::kThreadRuns : Api::kThreads;
    }
    return Api::kUnknown;
}

Api api_of_request(JsonValue request) {
    std::string_view model = request["model"].text();
    if (has(request, "messages")) {
        return Api::kChat;
    }
    if (has(request, "input")) {
        if (has(request, "voice")) {
            return Api::kSpeech;
        }
        if (model.find("moderation") != std::string_view::npos) {
            return Api::kModeration;
        }
        bool vectors = has(request, "encoding_format") || has(request, "dimensions") ||
                       model.find("embed") != std::string_view::npos;
        return vectors ? Api::kEmbeddings : Api::kResponses;
    }
    if (has(request, "prompt")) {
        bool image = has(request, "size") || has(request, "quality") ||
                     model.starts_with("dall-e") || model.starts_with("gpt-image");
        return image ? Api::kImages : Api::kCompletions;
    }
    if (has(request, "assistant_id")) {
        return Api::kThreadRuns;
    }
    if (has(request, "role") && has(request, "content")) {
        return Api::kThreadMessages;
    }
    return Api::kUnknown;
}

Api api_of_response(JsonValue response) {
    std::string_view object = response["object"].text();
    if (object.empty()) {
        auto results = response["results"].items();
        bool moderation = response["results"].size() > 0 && has(*results.begin(), "flagged");
        return moderation ? Api::kModeration : Api::kUnknown;
    }
    if (object == "response") {
        return Api::kResponses;
    }
    if (object.starts_with("chat.completion")) {
        return Api::kChat;
    }
    if (object == "text_completion") {
        return Api::kCompletions;
    }
    if (object.starts_with("thread.run")) {
        return Api::kThreadRuns;
    }
    if (object.starts_with("thread.message")) {
        return Api::kThreadMessages;
    }
    if (object == "thread") {
        return Api::kThreads;
    }
    if (object == "list") {
        auto items = response["data"].items();
        bool vectors = items.begin() != items.end() && has(*items.begin(), "embedding");
        return vectors ? Api::kEmbeddings : Api::kUnknown;
    }
    return object == "assistant" ? Api::kAssistants : Api::kUnknown;
}

}  // namespace llmtrail::openai

namespace llmtrail {

bool describe_openai_call(std::string_view url_path, JsonValue request, JsonValue response,
                          AuditRecord& record) {
    using openai::Api;
    Api api = openai::api_of_path(url_path);
    if (api == Api::kUnknown) {
        api = openai::api_of_response(response);
    }
    if (api == Api::kUnknown) {
        api = openai::api_of_request(request);
    }
    if (api == Api::kUnknown) {
        return false;
    }
    openai::ApiMeaning meaning = openai::meaning_of(api);
    fill_text(record, Field::kEventAction, meaning.action);
    fill_text(record, Field::kGenAiOperationName, meaning.operation);
    fill_text(record, Field::kEventKind, meaning.kind);
    if (api == Api::kAssistants && record.has(Field::kGenAiAgentId)) {
        fill_text(record, Field::kConfigResourceType, "assistant");
        fill_text(record, Field::kConfigResourceId, record.text(Field::kGenAiAgentId));
    }
    return true;
}

}  // namespace llmtrail
