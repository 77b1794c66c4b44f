#include "outputs/hec_reply.h"

#include <doctest/doctest.h>

#include "outputs/http_answer.h"

using namespace llmtrail;

static HttpReply reply(int status, const std::string& body, std::vector<HttpHeader> headers = {}) {
    HttpReply reply;
    reply.status = status;
    reply.body = body;
    reply.headers = std::move(headers);
    return reply;
}

static HecVerdict judge(int status, int code) {
    return judge_hec_reply(reply(status, "{\"text\":\"x\",\"code\":" + std::to_string(code) + "}"));
}

TEST_CASE("each code means what the table says") {
    struct Row {
        int status;
        int code;
        HecAction action;
    };

    const Row rows[] = {
        {200, 0, HecAction::kReceived},      {403, 1, HecAction::kOtherToken},
        {401, 2, HecAction::kOtherToken},    {401, 3, HecAction::kOtherToken},
        {403, 4, HecAction::kOtherToken},    {400, 5, HecAction::kEventRefused},
        {400, 6, HecAction::kEventRefused},  {400, 7, HecAction::kWrongIndex},
        {500, 8, HecAction::kUnknown},       {503, 9, HecAction::kRetry},
        {400, 10, HecAction::kHold},         {400, 11, HecAction::kHold},
        {400, 12, HecAction::kEventRefused}, {400, 13, HecAction::kEventRefused},
        {400, 14, HecAction::kHold},         {400, 15, HecAction::kEventRefused},
        {400, 16, HecAction::kHold},         {200, 17, HecAction::kHold},
        {503, 18, HecAction::kRetry},        {503, 19, HecAction::kRetry},
        {503, 20, HecAction::kRetry},        {400, 21, HecAction::kOtherToken},
        {400, 22, HecAction::kOtherToken},   {503, 23, HecAction::kRetry},
        {200, 24, HecAction::kSlowDown},     {200, 25, HecAction::kSlowDown},
        {429, 26, HecAction::kRetry},        {429, 27, HecAction::kRetry},
        {200, 99, HecAction::kSlowDown},     {400, 99, HecAction::kHold},
    };
    CHECK(hec_codes().size() == 28);
    for (const Row& row : rows) {
        CAPTURE(row.code);
        CHECK(judge(row.status, row.code).action == row.action);
    }
}

TEST_CASE("only HTTP 200 says that something was received, whatever the code") {
    for (int status : {201, 204, 302, 400, 404, 500, 503}) {
        CHECK(judge(status, 0).action != HecAction::kReceived);
        CHECK(judge(status, 24).action != HecAction::kSlowDown);
    }
    CHECK(judge(200, 6).action == HecAction::kUnknown);
}

TEST_CASE("an answer that is no JSON is judged by its status") {
    const std::pair<int, HecAction> rows[] = {
        {200, HecAction::kUnknown},  {204, HecAction::kUnknown},    {301, HecAction::kHold},
        {400, HecAction::kHold},     {401, HecAction::kOtherToken}, {403, HecAction::kOtherToken},
        {404, HecAction::kHold},     {405, HecAction::kHold},       {408, HecAction::kUnknown},
        {413, HecAction::kTooLarge}, {415, HecAction::kNoGzip},     {429, HecAction::kRetry},
        {500, HecAction::kUnknown},  {502, HecAction::kUnknown},    {503, HecAction::kRetry},
        {504, HecAction::kUnknown},
    };
    for (const auto& [status, action] : rows) {
        CAPTURE(status);
        for (const char* body : {"", "<html>code 0</html>", "[]", "{\"code\":", "null", "{{{{"}) {
            CHECK(judge_hec_reply(reply(status, body)).action == action);
        }
    }
}

TEST_CASE("numbers of an answer are read, and only numbers") {
    HecVerdict verdict = judge_hec_reply(
        reply(400, R"({"text":"Invalid data format","code":6,"invalid-event-number":3})"));
    CHECK(verdict.event_number == 3);
    CHECK(verdict.problem == "HTTP 400, code 6: not understood");
    CHECK(judge_hec_reply(reply(200, R"({"code":0,"ackId":18446744073709551615})")).ack_id ==
          UINT64_MAX);
    for (const char* id : {"-1", "1.5", "18446744073709551616", "\"x\"", "null"}) {
        CHECK_FALSE(judge_hec_reply(reply(200, std::string(R"({"code":0,"ackId":)") + id + "}"))
                        .ack_id.has_value());
    }
}

TEST_CASE("the text of an answer is not repeated") {
    HecVerdict verdict =
        judge_hec_reply(reply(403, R"({"text":"token 8a1f-canary \u001b[2J","code":4})"));
    CHECK(verdict.problem == "HTTP 403, code 4: the token is not known");
}

TEST_CASE("Retry-After is seconds or a date by the clock of whoever wrote it, and bounded") {
    auto wait_of = [](std::vector<HttpHeader> headers) {
        return judge_hec_reply(reply(503, "", std::move(headers))).retry_after_ms;
    };
    CHECK(wait_of({}) == -1);
    CHECK(wait_of({{"retry-after", "7"}}) == 7'000);
    CHECK(wait_of({{"retry-after", "99999999999"}}) == kRetryAfterMsMax);
    CHECK(wait_of({{"retry-after", "soon"}}) == -1);
    CHECK(wait_of({{"date", "Thu, 20 Nov 2025 12:06:07 GMT"},
                   {"retry-after", "Thu, 20 Nov 2025 12:06:17 GMT"}}) == 10'000);
    CHECK(wait_of({{"date", "Thu, 20 Nov 2025 12:06:07 GMT"},
                   {"retry-after", "Thu, 20 Nov 2025 12:05:17 GMT"}}) == 0);
}

TEST_CASE("acknowledgements are read; an answer that is none is told apart from an empty one") {
    auto acks = read_hec_acks(reply(200, R"({"acks":{"0":true,"1":false,"12":true,"x":true}})"));
    REQUIRE(acks);
    CHECK(*acks == std::vector<uint64_t>{0, 12});
    CHECK(read_hec_acks(reply(200, R"({"acks":{}})"))->empty());
    CHECK_FALSE(read_hec_acks(reply(200, "<html>")));
    CHECK_FALSE(read_hec_acks(reply(400, R"({"acks":{"0":true}})")));
    CHECK_FALSE(read_hec_acks(reply(200, R"({"code":0})")));
}
