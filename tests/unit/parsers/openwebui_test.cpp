#include <doctest/doctest.h>

#include <chrono>

#include "base/json_text.h"
#include "document_variants.h"
#include "parsers/openwebui_routes.h"
#include "record_list.h"

using namespace llmtrail;

namespace {

struct Entry {
    std::string_view uri;
    std::string_view request;
    std::string_view response;
    std::string_view verb = "POST";
};

std::string line_of(const Entry& entry) {
    std::string out =
        R"({"id":"e-1","timestamp":1767323045,"user":{"id":"u-104","name":"Alex Example",)"
        R"("email":"alex@example.com","role":"user"},"audit_level":"REQUEST_RESPONSE","verb":)";
    append_json_string(out, entry.verb);
    out += R"(,"request_uri":)";
    append_json_string(out, std::string("http://chat.example.com").append(entry.uri));
    out +=
        R"(,"response_status_code":200,"source_ip":"203.0.113.7","user_agent":"x","request_object":)";
    append_json_string(out, entry.request);
    out += R"(,"response_object":)";
    append_json_string(out, entry.response);
    return out + R"(,"extra":{}})";
}

std::string only_record(const Entry& entry) {
    auto records = read_records(line_of(entry));
    REQUIRE(records.size() == 1);
    return records.front();
}

std::string text_in(const std::string& record, std::string_view field) {
    JsonTree tree;
    auto read = tree.read(record, false);
    REQUIRE(read);
    JsonValue value = (*read)[field];
    return value.is_string() ? std::string(value.text()) : value.exists() ? value.json() : "";
}

constexpr std::string_view kChat = "/api/chat/completions";
constexpr std::string_view kAsk =
    R"({"model":"m","stream":true,"messages":[{"role":"user","content":"How many days of leave?"}],)"
    R"("files":[{"type":"file","id":"f-9","name":"leave.pdf"}],"chat_id":"c-1","id":"m-2"})";
constexpr std::string_view kStream =
    "data: {\"sources\":[{\"source\":{\"type\":\"file\",\"id\":\"f-9\",\"name\":\"leave.pdf\"},"
    "\"document\":[\"30 days\"],\"metadata\":[{\"file_id\":\"f-9\",\"name\":\"leave.pdf\"}],"
    "\"distances\":[0.8]}]}\n\n"
    "data: {\"id\":\"x\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Thirty \"}}]}\n\n"
    "data: {\"id\":\"x\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"days.\"}}]}\n\n"
    "data: {\"id\":\"x\",\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}],"
    "\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":3}}\n\ndata: [DONE]\n\n";

}  // namespace

TEST_CASE("The table tells what a request to Open WebUI means") {
    using M = OpenwebuiMeaning;

    struct Row {
        std::string_view verb;
        std::string_view path;
        M meaning;
    };

    const Row table[] = {
        {"POST", "/api/chat/completions", M::kOpenai},
        {"POST", "/api/chat/completions/", M::kOpenai},
        {"GET", "/api/chat/completions", M::kAccess},
        {"POST", "/api/v1/tasks/title/completions", M::kOpenai},
        {"POST", "/api/v1/tasks/config/update", M::kSetting},
        {"POST", "/ollama/api/chat", M::kOllama},
        {"POST", "/ollama/api/chat/1", M::kOllama},
        {"DELETE", "/ollama/api/delete/0", M::kSetting},
        {"POST", "/ollama/api/show", M::kAccess},
        {"POST", "/openai/config/update", M::kSetting},
        {"POST", "/openai/chat/completions", M::kOpenai},
        {"POST", "/api/v1/chats/c-1", M::kEditChat},
        {"POST", "/api/v1/chats/new", M::kAccess},
        {"POST", "/api/v1/chats/c-1/pin", M::kAccess},
        {"POST", "/api/v1/chats/c-1/messages/m-1", M::kEditMessage},
        {"POST", "/api/v1/chats/c-1/messages/m-1/event", M::kAccess},
        {"DELETE", "/api/v1/chats", M::kEditChat},
        {"POST", "/api/v1/evaluations/feedback", M::kFeedback},
        {"POST", "/api/v1/evaluations/config", M::kSetting},
        {"POST", "/api/v1/auths/signin", M::kSignIn},
        {"POST", "/api/v1/auths/admin/config", M::kSetting},
        {"PATCH", "/api/v1/users/u-1", M::kOwnedSetting},
        {"GET", "/api/v1/users/u-1", M::kAccess},
        {"POST", "/api/v1/usersettings", M::kAccess},
        {"POST", "/api/v1/configs", M::kSetting},
        {"POST", "", M::kAccess},
        {"POST", "/", M::kAccess},
        {"POST", "//////", M::kAccess},
    };
    for (const Row& row : table) {
        CAPTURE(row.path);
        CHECK(openwebui_route(row.verb, row.path).meaning == row.meaning);
    }
}

TEST_CASE("A path of settings names an area, a thing and what is done") {
    struct Row {
        std::string_view path;
        bool owned;
        std::string_view area;
        std::string_view id;
        std::string_view operation;
    };

    const Row table[] = {
        {"/api/v1/models/id/m-1/toggle", true, "models", "m-1", "toggle"},
        {"/api/v1/models/model/update", true, "models", "", "update"},
        {"/api/v1/functions/id/f/valves/update", true, "functions.valves", "f", "update"},
        {"/api/v1/users/default/permissions", true, "users.default.permissions", "", ""},
        {"/api/v1/prompts/command/hello/delete", true, "prompts", "hello", "delete"},
        {"/api/v1/configs/connections", false, "configs.connections", "", ""},
        {"/openai/config/update", false, "openai.config", "", "update"},
        {"", true, "", "", ""},
    };
    for (const Row& row : table) {
        CAPTURE(row.path);
        OpenwebuiTarget target = openwebui_target(row.path, row.owned);
        CHECK(target.area == row.area);
        CHECK(target.id == row.id);
        CHECK(target.operation == row.operation);
    }
    CHECK(openwebui_query_value("http://h/x?id=m-1&y=2", "id") == "m-1");
    CHECK(openwebui_query_value("http://h/x?vid=m-1", "id") == "");
    CHECK(openwebui_query_value("http://h/x?id=a%2Fb", "id") == "");
    CHECK(openwebui_segment_after("/api/v1/chats/c/messages/m", "messages") == "m");
    CHECK(openwebui_segment_after("/api/v1/chats", "chats") == "");
}

TEST_CASE("Wherever the log cut a request, the record holds what stood before the cut") {
    constexpr std::string_view kWhole = "How many days of leave?";
    for (size_t size = 1; size < kAsk.size(); ++size) {
        CAPTURE(size);
        std::string record = only_record({kChat, kAsk.substr(0, size), ""});
        CHECK(text_in(record, "event.kind") == "inference");
        CHECK(text_in(record, "llm.audit.prompt.truncated") == "true");
        CHECK(text_in(record, "llm.audit.record.state") == "complete");
        CHECK(text_in(record, "llm.audit.record.source_loss") == R"(["truncated"])");
        std::string prompt = text_in(record, "llm.audit.prompt.text");
        CHECK(std::string_view(kWhole).starts_with(prompt));
        size_t at = kAsk.find(kWhole);
        if (size > at + kWhole.size()) {
            CHECK(prompt == kWhole);
        } else if (size > at + 1) {
            CHECK(prompt == kWhole.substr(0, size - at));
        }
    }
}

TEST_CASE("Wherever the log cut a stream, the answer is what came before the cut") {
    constexpr std::string_view kWhole = "Thirty days.";
    for (size_t size = 6; size < kStream.size(); ++size) {
        CAPTURE(size);
        std::string record = only_record({kChat, kAsk, kStream.substr(0, size)});
        CHECK(text_in(record, "event.kind") == "inference");
        CHECK(text_in(record, "llm.audit.prompt.text") == "How many days of leave?");
        CHECK(std::string_view(kWhole).starts_with(text_in(record, "llm.audit.response.text")));
        if (size < kStream.find("\"finish_reason\":\"stop")) {
            CHECK(text_in(record, "llm.audit.response.truncated") == "true");
        }
        if (size >
            kStream.find("\"}}]}\n\ndata: {\"id\":\"x\",\"choices\":[{\"index\":0,\"delta\":{},")) {
            CHECK(text_in(record, "llm.audit.response.text") == kWhole);
        }
    }
    std::string whole = only_record({kChat, kAsk, kStream});
    CHECK(text_in(whole, "llm.audit.response.truncated") == "");
    CHECK(text_in(whole, "llm.audit.record.state") == "complete");
    CHECK(text_in(whole, "gen_ai.usage.output_tokens") == "3");
    CHECK(text_in(whole, "llm.audit.data_sources") ==
          R"([{"type":"file","id":"f-9","name":"leave.pdf"}])");
}

TEST_CASE("Secrets of settings and sign-ins are in no record, however the log cut or broke them") {
    const Entry table[] = {
        {"/openai/config/update", R"({"OPENAI_API_KEYS":["S3CRET"],"x":1})", R"({"key":1})"},
        {"/openai/config/update", R"({"OPENAI_API_KEYS":["S3CR)", ""},
        {"/api/v1/retrieval/config/update", R"({"web":{"BING_API_KEY":"S3CRET)", ""},
        {"/api/v1/auths/update/password", R"({"new_password":"S3CRET"})", "true"},
        {"/api/v1/auths/signin", R"({"email":"a@b","password": "********"S3CRET"})", ""},
        {"/api/v1/auths/signin", R"(email=a&password=S3CRET)",
         R"({"token":"S3CRET","email":"a@b"})"},
        {"/api/v1/functions/id/f/valves/update", R"({"API_KEY":"S3CRET"})",
         R"({"API_KEY":"S3CRET"})"},
        {"/api/v1/users/?token=S3CRET", "", "", "GET"},
        {"/api/v1/auths/api_key", "", R"({"api_key":"S3CRET"})"},
    };
    for (const Entry& entry : table) {
        CAPTURE(entry.uri);
        std::string record = only_record(entry);
        CHECK(record.find("S3CR") == std::string::npos);
    }
}

TEST_CASE("A chat that the browser asked for and its answer are pieces of one record") {
    struct Pieces final : RecordSink {
        AuditRecord& begin() override {
            record.clear();
            return record;
        }

        void commit() override { keys.emplace_back("-"); }

        void commit_piece(const RecordPiece& piece) override {
            keys.emplace_back(std::string(piece.key) + (piece.last ? " last" : ""));
        }

        AuditRecord record;
        std::vector<std::string> keys;
    };

    auto parsers = make_parsers();
    JsonTree tree;
    auto keys_of = [&](const Entry& entry) {
        Pieces sink;
        std::string line = line_of(entry);
        auto read = tree.read(line, false);
        REQUIRE(read);
        for (const auto& parser : parsers) {
            if (parser->name() == "openwebui") {
                ParseContext context{kTestObserved, {}, 0};
                parser->parse(*read, context, sink);
            }
        }
        REQUIRE(sink.keys.size() == 1);
        return sink.keys.front();
    };
    CHECK(keys_of({kChat, kAsk, R"({"status":true,"task_id":"t"})"}) ==
          "openwebui:message:c-1:m-2");
    CHECK(keys_of({kChat, kAsk, R"({"status":true,"task_ids":["t"]})"}) ==
          "openwebui:message:c-1:m-2");
    CHECK(keys_of({"/api/chat/completed", kAsk, "{}"}) == "openwebui:message:c-1:m-2 last");
    CHECK(keys_of({kChat, kAsk, kStream}) == "-");
    CHECK(keys_of({kChat, R"({"messages":[]})", R"({"task_id":"t"})"}) == "-");
}

TEST_CASE("Values of the wrong type anywhere in an entry or its bodies still give a record") {
    constexpr std::string_view kUris[] = {kChat,
                                          "/api/chat/completed",
                                          "/ollama/api/chat",
                                          "/api/v1/messages",
                                          "/api/v1/evaluations/feedback",
                                          "/api/v1/chats/c-1",
                                          "/api/v1/chats/c-1/messages/m-1",
                                          "/api/v1/users/update/role",
                                          "/api/v1/auths/signin",
                                          "/api/v1/retrieval/query/doc"};
    constexpr std::string_view kBody =
        R"({"model":"m","id":"m-2","chat_id":"c","query":"q","content":"x","email":"a@b","messages":)"
        R"([{"id":"m-2","role":"user","content":[{"type":"text","text":"x"}],"usage":{"prompt_tokens":1},)"
        R"("sources":[{"source":{"id":"1"},"metadata":[{"name":"n"}]}]}],"files":[{"id":"1","url":"u"}],)"
        R"("data":{"rating":1,"tags":["a"]},"meta":{"chat_id":"c"},"metadatas":[[{"file_id":"f"}]],)"
        R"("chat":{"history":{"currentId":"m","messages":{"m":{"originalContent":"a","content":"b"}}}}})";
    size_t variants = 0;
    for (std::string_view uri : kUris) {
        variants += for_each_odd_variant(kBody, [&](std::string_view body) {
            auto records = read_records(line_of({uri, body, body}), "openwebui");
            REQUIRE(records.size() == 1);
            REQUIRE(records.front().find("\"event.kind\":\"rejected\"") == std::string::npos);
        });
    }
    variants += for_each_odd_variant(line_of({kChat, kAsk, kStream}), [&](std::string_view line) {
        REQUIRE(read_records(line, "openwebui").size() == 1);
    });
    CHECK(variants > 3000);
}

TEST_CASE("Work on an entry grows with its bodies and no faster") {
    std::string files = R"({"model":"m","files":[)";
    std::string sources =
        "data: {\"sources\":[{\"source\":{\"type\":\"collection\",\"id\":\"k\"},\"metadata\":[";
    for (int i = 0; i < 10'000; ++i) {
        files += R"({"type":"file","id":")" + std::to_string(i) + R"("},)";
        sources += R"({"file_id":")" + std::to_string(i) + R"("},)";
    }
    files += R"({}],"messages":[]})";
    sources += "{}]}]}\n\n";
    std::string chunks = sources;
    for (int i = 0; i < 10'000; ++i) {
        chunks += "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"x\"}}]}\n\n";
    }
    auto started = std::chrono::steady_clock::now();
    std::string record = only_record({kChat, files, chunks + "data: {\"cut"});
    CHECK(std::chrono::steady_clock::now() - started < std::chrono::seconds(20));
    CHECK(text_in(record, "llm.audit.response.bytes") == "10000");
}

TEST_CASE("No value of an entry or its bodies is lost") {
    struct Row {
        std::string_view uri;
        std::string_view request;
        std::string_view response;
    };

    const Row table[] = {
        {kChat, kAsk,
         R"({"id":"r","choices":[{"message":{"role":"assistant","content":"x"}}],"sources":[{"source":)"
         R"({"id":"1","type":"file","name":"n","url":"u"},"document":["d"],"metadata":[{"file_id":"f",)"
         R"("name":"n","source":"s","channel":"c","x":"y"}]}]})"},
        {kChat, kAsk, R"({"detail":"d","x":"y"})"},
        {kChat, kAsk, R"({"error":{"detail":"d","x":"y"}})"},
        {kChat, kAsk, R"({"status":true,"task_id":"t"})"},
        {"/api/chat/completed",
         R"({"model":"m","chat_id":"c","id":"a","messages":[{"id":"a","role":"assistant","content":"x","sources":[{"source":)"
         R"({"name":"n"}}],"usage":{"x":"y"}},{"id":"b","role":"user","content":[{"type":"text","text":"t"}]}]})",
         R"({"messages":[{"content":"y"}]})"},
        {"/api/v1/evaluations/feedback",
         R"({"type":"rating","data":{"rating":"1","reason":"r","comment":"c","tags":["t"]},"meta":{"chat_id":"c","message_id":"m","x":"y"},"snapshot":{"a":"b"}})",
         R"({"id":"f"})"},
        {"/api/v1/chats/c-1",
         R"({"chat":{"title":"t","history":{"currentId":"m","messages":{"m":{"role":"r","originalContent":"a","content":"b"}}}}})",
         R"({"id":"c"})"},
        {"/api/v1/chats/c-1/messages/m-1", R"({"content":"a","x":"y"})", "{}"},
        {"/api/v1/users/update/role", R"({"id":"u","role":"admin"})", R"({"id":"u","x":"y"})"},
        {"/api/v1/models/create", R"({"id":"u","name":"n","meta":{"a":"b"}})", "[\"x\"]"},
        {"/api/v1/configs/banners", R"(["a"])", R"("b")"},
        {"/api/v1/auths/signin", R"({"email":"a@b","x":"y"})",
         R"({"id":"u","email":"a@b","role":"r"})"},
        {"/api/v1/retrieval/query/collection", R"({"query":"q","collection_names":["a"],"x":"y"})",
         R"({"documents":[["d"]],"metadatas":[[{"file_id":"f","name":"n","x":"y"}]]})"},
        {"/api/v1/unknown", R"({"a":"b"})", R"({"detail":"d"})"},
    };
    for (const Row& row : table) {
        CAPTURE(row.uri);
        CAPTURE(row.response);
        CHECK(lost_leaves(row.request, [&](std::string_view body) {
                  return read_records(line_of({row.uri, body, row.response}), "openwebui");
              }) == "");
        CHECK(lost_leaves(row.response, [&](std::string_view body) {
                  return read_records(line_of({row.uri, row.request, body}), "openwebui");
              }) == "");
        CHECK(lost_leaves(line_of({row.uri, row.request, row.response}),
                          [&](std::string_view line) { return read_records(line, "openwebui"); }) ==
              "");
    }
}

TEST_CASE("Keys in settings are stored neither as they were set nor as they were answered") {
    constexpr Entry kEntries[] = {
        {"/ollama/config/update", R"({"ENABLE":true,"OLLAMA_API_CONFIGS":{"0":{"key":"SECRET"}}})",
         R"({"OLLAMA_API_CONFIGS":{"0":{"key":"SECRET","enable":true}}})"},
        {"/ollama/config/update", R"({"OLLAMA_API_CONFIGS":{"0":{"key":"SECRET"}}})", ""},
        {"/ollama/config", "", R"({"OLLAMA_API_CONFIGS":{"0":{"key":"SECRET"}}})", "GET"},
        {"/api/v1/configs/tool_servers", R"([{"url":"u","auth_type":"bearer","key":"SECRET"}])",
         R"({"TOOL_SERVER_CONNECTIONS":[{"url":"u","key":"SECRET"}]})"},
        {"/api/v1/retrieval/config/update", R"({"PDF":true,"DOCUMENT_INTELLIGENCE_KEY":"SECRET"})",
         R"({"status":true,"DOCUMENT_INTELLIGENCE_KEY":"SECRET"})"},
        {"/api/v1/functions/id/pipe/valves/update", R"({"pw":"SECRET"})", R"({"pw":"SECRET"})"},
    };
    for (const Entry& entry : kEntries) {
        CAPTURE(entry.uri);
        std::string record = only_record(entry);
        CHECK(record.find("SECRET") == std::string::npos);
        CHECK(record.find("[redacted]") != std::string::npos);
    }
}
