#include "parsers/redacted.h"

#include <doctest/doctest.h>

#include <array>
#include <string>

#include "bodies/body.h"
#include "bodies/openai.h"
#include "bodies/redaction.h"

using namespace llmtrail;

namespace {

std::string redacted(std::string_view key, std::string_view json) {
    JsonTree tree;
    auto read = tree.read(json, false);
    REQUIRE(read);
    std::string out;
    append_redacted_json(out, key, *read);
    return out;
}

std::string unmapped(std::string_view json, std::string_view path = "p") {
    JsonTree tree;
    auto read = tree.read(json, false);
    REQUIRE(read);
    Unmapped into;
    into.add(path, *read);
    AuditRecord record;
    into.store(record);
    return std::string(record.text(Field::kUnmapped));
}

// One request as an application's log has it.
struct Request {
    explicit Request(std::string_view json) {
        auto body = tree.read(json, false);
        REQUIRE(body);
        read_openai_request(*body, "request", scratch, record);
        store_messages(scratch, record);
        scratch.unmapped.store(record);
    }

    JsonTree tree;
    BodyScratch scratch;
    AuditRecord record;
};

struct Row {
    std::string_view name;
    Secrecy secrecy;
};

constexpr auto kNames = std::to_array<Row>({
    {"Authorization", Secrecy::kWhole},
    {"Proxy-Authorization", Secrecy::kWhole},
    {"x-goog-api-key", Secrecy::kWhole},
    {"Ocp-Apim-Subscription-Key", Secrecy::kWhole},
    {"api-key", Secrecy::kWhole},
    {"x_api_key", Secrecy::kWhole},
    {"APIKey", Secrecy::kWhole},
    {"OPENAI_API_KEY", Secrecy::kWhole},
    {"api_key_2", Secrecy::kWhole},
    {"apiKeys", Secrecy::kWhole},
    {"client_secret", Secrecy::kWhole},
    {"aws.secretAccessKey", Secrecy::kWhole},
    {"password", Secrecy::kWhole},
    {"PGPASSWORD", Secrecy::kWhole},
    {"db passwd", Secrecy::kWhole},
    {"passphrase", Secrecy::kWhole},
    {"cookie", Secrecy::kWhole},
    {"Set-Cookie", Secrecy::kWhole},
    {"credentials", Secrecy::kWhole},
    {"private_key", Secrecy::kWhole},
    {"AzureConnectionString", Secrecy::kWhole},
    {"LITELLM_SALT_KEY", Secrecy::kWhole},
    {"AUTOMATIC1111_API_AUTH", Secrecy::kWhole},
    {"secondaryKey", Secrecy::kWhole},
    {"passwordHash", Secrecy::kWhole},
    {"webhook_url", Secrecy::kWhole},
    {"token", Secrecy::kNoNumber},
    {"access_token", Secrecy::kNoNumber},
    {"accessToken", Secrecy::kNoNumber},
    {"authtoken", Secrecy::kNoNumber},
    {"authorization_token", Secrecy::kNoNumber},
    {"refresh_token", Secrecy::kNoNumber},
    {"id_token", Secrecy::kNoNumber},
    {"GITHUB_TOKEN", Secrecy::kNoNumber},
    {"developer_token", Secrecy::kNoNumber},
    {"frontend-token", Secrecy::kNoNumber},
    {"X-Amz-Security-Token", Secrecy::kNoNumber},
    {"bearer", Secrecy::kNoNumber},
    {"auth", Secrecy::kNoNumber},
    {"userJwt", Secrecy::kNoNumber},
    {"prompt_tokens", Secrecy::kOpen},
    {"max_tokens", Secrecy::kOpen},
    {"maxToken", Secrecy::kOpen},
    {"token_count", Secrecy::kOpen},
    {"tokens", Secrecy::kOpen},
    {"tokenId", Secrecy::kOpen},
    {"eos_token", Secrecy::kOpen},
    {"eostoken", Secrecy::kOpen},
    {"generatedToken", Secrecy::kOpen},
    {"next_page_token", Secrecy::kOpen},
    {"time_to_first_token", Secrecy::kOpen},
    {"cost_per_token", Secrecy::kOpen},
    {"tokenizer", Secrecy::kOpen},
    {"prompt_cache_key", Secrecy::kOpen},
    {"public_key", Secrecy::kOpen},
    {"DOCUMENT_INTELLIGENCE_KEY", Secrecy::kNoNumber},
    {"serpstack-key", Secrecy::kNoNumber},
    {"ttsKey", Secrecy::kNoNumber},
    {"pw", Secrecy::kNoNumber},
    {"db_pw", Secrecy::kNoNumber},
    {"cache_key", Secrecy::kOpen},
    {"partitionKey", Secrecy::kOpen},
    {"key_id", Secrecy::kOpen},
    {"SSH_PUBLIC_KEY", Secrecy::kOpen},
    {"UserKey", Secrecy::kOpen},
    {"portkey", Secrecy::kOpen},
    {"pass", Secrecy::kOpen},
    {"pwd", Secrecy::kOpen},
    {"key", Secrecy::kOpen},
    {"keyword", Secrecy::kOpen},
    {"monkey", Secrecy::kOpen},
    {"password_policy", Secrecy::kOpen},
    {"secretary", Secrecy::kOpen},
    {"prior_authorization", Secrecy::kOpen},
    {"author", Secrecy::kOpen},
    {"signature", Secrecy::kOpen},
    {"sign", Secrecy::kOpen},
    {"url", Secrecy::kOpen},
    {"session_id", Secrecy::kOpen},
    {"", Secrecy::kOpen},
    {"_-_", Secrecy::kOpen},
    {"42", Secrecy::kOpen},
});

constexpr std::string_view kSecretHeaders[] = {
    "authorization", "X-Custom-Auth",       "x-goog-api-key", "Ocp-Apim-Subscription-Key",
    "COOKIE",        "X-Vault-Token",       "private-token",  "x-amz-signature",
    "x-ms-session",  "proxy-authorization",
};
constexpr std::string_view kOpenHeaders[] = {
    "content-type",          "x-ratelimit-remaining-tokens",
    "x-request-id",          "date",
    "idempotency-key",       ":authority",
    "azureml-model-session", "api-version",
    "x-token-count",
};

}  // namespace

TEST_CASE("Names of secrets are told from names of counts, places and kinds") {
    for (const Row& row : kNames) {
        CAPTURE(row.name);
        CHECK(static_cast<int>(secrecy_of(row.name)) == static_cast<int>(row.secrecy));
    }
}

TEST_CASE("A long name is judged by its end, and a long header's name is a secret's") {
    std::string before(100'000, 'x');
    CHECK(secrecy_of(before + "_api_key") == Secrecy::kWhole);
    CHECK(secrecy_of("api_key_" + before) == Secrecy::kOpen);
    CHECK(secrecy_of(std::string(100'000, '7')) == Secrecy::kOpen);
    CHECK(is_secret_header(std::string(kSecretNameBytesMax + 1, 'x')));
    CHECK_FALSE(is_secret_header(std::string(kSecretNameBytesMax, 'x')));
}

TEST_CASE("Headers and query parameters that authenticate are told from those that do not") {
    for (std::string_view name : kSecretHeaders) {
        CAPTURE(name);
        CHECK(is_secret_header(name));
    }
    for (std::string_view name : kOpenHeaders) {
        CAPTURE(name);
        CHECK_FALSE(is_secret_header(name));
    }
    for (std::string_view name :
         {"sig", "sign", "X-Amz-Signature", "X-Goog-Signature", "X-Amz-Credential",
          "X-Amz-Security-Token", "SharedAccessSignature", "Key-Pair-Id", "tempauth", "code",
          "client_assertion", "SAMLResponse", "sas", "pwd", "ticket", "%61pi_k%65y"}) {
        CAPTURE(name);
        CHECK(is_secret_parameter(name));
    }
    for (std::string_view name : {"api-version", "page", "design", "nonce", "timestamp", "sv", "se",
                                  "X-Amz-Date", "X-Amz-Expires", "alt", "id", "web"}) {
        CAPTURE(name);
        CHECK_FALSE(is_secret_parameter(name));
    }
}

TEST_CASE("A password is hidden whatever it is, a token unless it is a number, a truth never") {
    CHECK(redacted("", R"({"password":7,"api_key":{"v":"x"},"secrets":["a"],"cookie":""})") ==
          R"({"password":"[redacted]","api_key":"[redacted]","secrets":"[redacted]","cookie":""})");
    CHECK(
        redacted(
            "", R"({"token":17,"auth":{"type":"basic"},"auth_token":["a",1],"b":{"token":"t"}})") ==
        R"({"token":17,"auth":"[redacted]","auth_token":"[redacted]","b":{"token":"[redacted]"}})");
    CHECK(redacted("", R"({"secret":true,"password":null})") ==
          R"({"secret":true,"password":null})");
}

TEST_CASE("A piece of generated text called a token is kept") {
    constexpr std::string_view kTokens =
        R"({"tokens":[{"generatedToken":{"token":"Hi","logprob":-0.5}},{"token":"x","likelihood":-1},{"token":{"text":"y","logprob":-1}}]})";
    CHECK(redacted("", kTokens) == kTokens);
    CHECK(unmapped(R"({"text":"y","logprob":-1})", "chunk.token") ==
          R"({"chunk.token.text":"y","chunk.token.logprob":-1})");
}

TEST_CASE("Headers lose what authenticates in every form they are logged in") {
    CHECK(redacted("headers", R"({"X-Custom-Auth":"S","Accept":"a","cookie":["S"]})") ==
          R"({"X-Custom-Auth":"[redacted]","Accept":"a","cookie":"[redacted]"})");
    CHECK(
        redacted("headers", R"([{"key":"X-Custom-Auth","value":"S"},{"name":"a","value":"b"}])") ==
        R"([{"key":"X-Custom-Auth","value":"[redacted]"},{"name":"a","value":"b"}])");
    CHECK(redacted("headers", R"([["X-Custom-Auth","S"],["Accept","a"]])") ==
          R"([["X-Custom-Auth","[redacted]"],["Accept","a"]])");
    CHECK(redacted("rawHeaders", R"(["Host","h","Authorization","S","Accept","a"])") ==
          R"(["Host","h","Authorization","[redacted]","Accept","a"])");
    CHECK(unmapped(R"({"headers":"Authorization: S\r\nAccept: a"})") ==
          R"({"p.headers":"[redacted]"})");
}

TEST_CASE("The value of a pair that names a secret is hidden, of another kept") {
    CHECK(
        unmapped(R"([{"name":"Authorization","value":"S"},{"name":"city","value":"Bern"}])") ==
        R"({"p.0.name":"Authorization","p.0.value":"[redacted]","p.1.name":"city","p.1.value":"Bern"})");
}

TEST_CASE("Users, passwords and keys in URLs are hidden and the rest of the URL kept") {
    CHECK(redacted("", R"("https://u:p@h.example/a?key=S&alt=sse#access_token=S")") ==
          R"("https://[redacted]@h.example/a?key=[redacted]&alt=sse#access_token=[redacted]")");
    CHECK(redacted("", R"("/files/7?timestamp=5&sign=S")") ==
          R"("/files/7?timestamp=5&sign=[redacted]")");
    for (std::string_view plain :
         {R"("https://h.example/a?alt=sse")", R"("https://h.example/a@b")", R"("/a@b")",
          R"("/ask who?key=S now")", R"("see https://h?key=S now")", R"("key=S")",
          R"("https://h.example/?key=")", R"("https://")"}) {
        CAPTURE(plain);
        CHECK(redacted("", plain) == plain);
    }
}

TEST_CASE("A data source keeps its address and loses the address's signature") {
    BodyScratch scratch;
    AuditRecord record;
    DataSource source;
    source.type = "file";
    source.name = "/files/7?sign=S";
    source.uri = "https://h.blob.core.windows.net/d/a.pdf?sv=1&sig=S";
    add_data_source(scratch, source);
    store_messages(scratch, record);
    CHECK(
        record.text(Field::kDataSources) ==
        R"([{"type":"file","name":"/files/7?sign=[redacted]","uri":"https://h.blob.core.windows.net/d/a.pdf?sv=1&sig=[redacted]"}])");
}

TEST_CASE("What is not mapped is kept without its secrets, however it is added") {
    CHECK(unmapped(R"({"a":{"apiKey":"S","b":[{"client_secret":"S"},1]}})") ==
          R"({"p.a.apiKey":"[redacted]","p.a.b.0.client_secret":"[redacted]","p.a.b.1":1})");
    CHECK(unmapped(R"("S")", "request.headers.x-custom-auth") ==
          R"({"request.headers.x-custom-auth":"[redacted]"})");
    CHECK(unmapped(R"(["S"])", "attributes.http.request.header.authorization") ==
          R"({"attributes.http.request.header.authorization":"[redacted]"})");
    CHECK(unmapped(R"({"x":"S"})", "request.credentials") ==
          R"({"request.credentials":"[redacted]"})");
    Unmapped into;
    into.add_text("a.api_key", "S");
    into.add_text("a.url", "https://u:S@h/");
    into.add_json("a.token.0", R"("S")");
    into.add_json("a.token", "5");
    into.add_json("a.secret", "true");
    AuditRecord record;
    into.store(record);
    CHECK(
        record.text(Field::kUnmapped) ==
        R"({"a.api_key":"[redacted]","a.url":"https://[redacted]@h/","a.token.0":"[redacted]","a.token":5,"a.secret":true})");
}

TEST_CASE("Definitions of MCP servers are stored without what authenticates") {
    Request request(R"({"model":"m","input":"x","tools":[
        {"type":"mcp","server_label":"crm","server_url":"https://mcp.example/sse?api_key=SECRETVALUE",
         "authorization":"SECRETVALUE","headers":{"X-Tenant-Auth":"SECRETVALUE","Accept":"a"}},
        {"type":"function","name":"login","parameters":{"type":"object","properties":{
         "password":{"type":"string","description":"as typed","default":"SECRETVALUE"}},"required":["password"]}}]})");
    std::string_view tools = request.record.text(Field::kGenAiToolDefinitions);
    CHECK(tools.find("SECRETVALUE") == std::string_view::npos);
    CHECK(tools.find(R"("server_label":"crm")") != std::string_view::npos);
    CHECK(tools.find(R"("Accept":"a")") != std::string_view::npos);
    CHECK(tools.find(
              R"("password":{"type":"string","description":"as typed","default":"[redacted]"})") !=
          std::string_view::npos);
}

TEST_CASE("Request parameters are stored without secrets, and token limits stay") {
    Request request(
        R"({"model":"m","messages":[],"max_tokens":5,"tool_choice":{"type":"mcp","api_key":"SECRETVALUE"},
        "prompt_cache_key":"k","extra_headers":{"X-Auth":"SECRETVALUE"},"mcp_servers":[{"authorization_token":"SECRETVALUE","name":"n"}]})");
    CHECK(request.record.text(Field::kRequestParameters) ==
          R"({"tool_choice":{"type":"mcp","api_key":"[redacted]"},"prompt_cache_key":"k"})");
    CHECK(request.record.integer(Field::kGenAiRequestMaxTokens) == 5);
    CHECK(
        request.record.text(Field::kUnmapped) ==
        R"({"request.extra_headers.X-Auth":"[redacted]","request.mcp_servers.0.authorization_token":"[redacted]","request.mcp_servers.0.name":"n"})");
}

TEST_CASE("A joined path is bounded, and one that is too long is refused later") {
    std::string longest(kUnmappedPathBytesMax - 2, 'k');
    CHECK(joined_path("p", longest).size() == kUnmappedPathBytesMax);
    CHECK(joined_path("", "k") == "k");
    std::string path = joined_path(std::string(1 << 20, 'p'), std::string(1 << 20, 'k'));
    CHECK(path.size() > kUnmappedPathBytesMax);
    CHECK(path.size() <= 2 * (kUnmappedPathBytesMax + 1) + 1);
}

TEST_CASE("In settings a key and a pass by themselves are secrets, but for the name of a pair") {
    for (std::string_view name : {"key", "keys", "pass", "pwd", "smtp_pass", "db-pwd"}) {
        CAPTURE(name);
        CHECK(secrecy_of(name, SecretScope::kSettings) == Secrecy::kNoNumber);
    }
    CHECK(secrecy_of("cache_key", SecretScope::kSettings) == Secrecy::kOpen);
    JsonTree tree;
    auto read =
        tree.read(R"({"0":{"key":"S"},"tags":[{"key":"team","value":"ops"}],"pass":3})", false);
    REQUIRE(read);
    std::string out;
    append_redacted_json(out, "", *read, SecretScope::kSettings);
    CHECK(out == R"({"0":{"key":"[redacted]"},"tags":[{"key":"team","value":"ops"}],"pass":3})");
}

TEST_CASE("A key beside how it authenticates is a secret anywhere") {
    CHECK(
        unmapped(R"([{"url":"u","auth_type":"bearer","key":"S"},{"bucket":"b","key":"a/b"}])") ==
        R"({"p.0.url":"u","p.0.auth_type":"bearer","p.0.key":"[redacted]","p.1.bucket":"b","p.1.key":"a/b"})");
}

// The keys are spelled in two pieces, so that no scanner of secrets takes this file for a leak.
TEST_CASE("A text that is a vendor's key or a signed token is hidden under any name") {
    const std::string hidden[] = {
        "sk-"
        "proj-0a1b2c3d4e5f6g7h8i9j",
        "ghp"
        "_0123456789abcdefghijABCDEFGHIJ012345",
        "AKIA"
        "0123456789ABCDEF",
        "xoxb"
        "-1234567890-abcdefghij",
        "AIza"
        "SyA0123456789abcdefghijklmnopqrstuv",
        "eyJ"
        "hbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl",
        "Bearer 0123456789abcdef",
    };
    for (const std::string& text : hidden) {
        CAPTURE(text);
        CHECK(unmapped("{\"note\":\"" + text + "\"}") == R"({"p.note":"[redacted]"})");
        CHECK(redacted("", "[\"" + text + "\"]") == R"(["[redacted]"])");
    }
    const std::string kept[] = {
        "sk-SK",
        "sk-learn-based-classifier-of-intents",
        "sk-...a1b2c3d4e5f6g7h8",
        "AKIAB is how a key of that vendor begins",
        "Bearer of good news and bad",
        "eyJhbGciOiJIUzI1NiJ9",
        "my key is "
        "sk-"
        "proj-0a1b2c3d4e5f6g7h8i9j",  // text, and no key by itself
    };
    for (const std::string& text : kept) {
        CAPTURE(text);
        CHECK(unmapped("{\"note\":\"" + text + "\"}") == "{\"p.note\":\"" + text + "\"}");
    }
    CHECK(unmapped(R"({"accessKeyId":"AKIA0123456789ABCDEF"})") ==
          R"({"p.accessKeyId":"AKIA0123456789ABCDEF"})");
}

TEST_CASE("JSON in a text loses its secrets, whole, cut anywhere and in JSON within it") {
    CHECK(unmapped(R"({"body":"{\"api_key\":\"S\",\"n\":1,\"max_tokens\":5}"})") ==
          R"({"p.body":"{\"api_key\":\"[redacted]\",\"n\":1,\"max_tokens\":5}"})");
    CHECK(unmapped(R"({"body":"[{\"name\":\"Authorization\", \"value\":\"S\"}]"})") ==
          R"({"p.body":"[{\"name\":\"Authorization\", \"value\":\"[redacted]\"}]"})");
    CHECK(unmapped(R"({"body":"{\"prompt\":\"the \\\"password\\\": is what\"}"})") ==
          R"({"p.body":"{\"prompt\":\"the \\\"password\\\": is what\"}"})");
    std::string out;
    constexpr std::string_view kWhole =
        R"({"a":"b","secrets":{"x":["SECRET",{"y":"}SECRET"}]},"z":"{\"pw\":\"SECRET\"}","password":777777,"secretKey":"SEC\"RET","last":true})";
    REQUIRE(redact_text("", kWhole, out));
    CHECK(
        out ==
        R"({"a":"b","secrets":"[redacted]","z":"{\"pw\":\"[redacted]\"}","password":"[redacted]","secretKey":"[redacted]","last":true})");
    for (size_t size = 0; size <= kWhole.size(); ++size) {
        std::string_view cut = kWhole.substr(0, size);
        CAPTURE(cut);
        std::string kept(cut);
        redact_text("", cut, kept);
        CHECK(kept.find("SEC") == std::string::npos);
        CHECK(kept.find("77") == std::string::npos);
    }
}

TEST_CASE("Scanning JSON in a text grows with its length, however deep and broken it is") {
    std::string deep = "{";
    for (int i = 0; i < 200'000; ++i) {
        deep += R"("a\"":[)";
    }
    std::string out;
    CHECK_FALSE(redact_text("", deep, out));
    deep += R"("password":"S)";
    CHECK(redact_text("", deep, out));
    CHECK(out.ends_with(R"("password":"[redacted]")"));
    CHECK_FALSE(redact_text("", R"({"\)", out));
    CHECK_FALSE(redact_text("", "{\"", out));
    CHECK_FALSE(redact_text("", R"({"password":)", out));
}
