#include "outputs/ingest_reply.h"

#include <doctest/doctest.h>

using namespace llmtrail;

static IngestVerdict judge(int status) {
    HttpReply reply;
    reply.status = status;
    reply.body = R"({"error":{"code":"canary-text","message":"\u001b[2J"}})";
    return judge_ingest_reply(reply);
}

TEST_CASE("each status means what the table says, and only 204 that events were accepted") {
    const std::pair<int, IngestAction> rows[] = {
        {204, IngestAction::kAccepted},   {400, IngestAction::kRefused},
        {401, IngestAction::kOtherToken}, {403, IngestAction::kHold},
        {404, IngestAction::kHold},       {408, IngestAction::kUnknown},
        {413, IngestAction::kTooLarge},   {429, IngestAction::kRetry},
        {503, IngestAction::kRetry},      {200, IngestAction::kUnknown},
        {202, IngestAction::kUnknown},    {205, IngestAction::kUnknown},
        {301, IngestAction::kHold},       {307, IngestAction::kHold},
        {405, IngestAction::kHold},       {415, IngestAction::kHold},
        {500, IngestAction::kUnknown},    {502, IngestAction::kUnknown},
        {504, IngestAction::kUnknown},
    };
    for (const auto& [status, action] : rows) {
        CAPTURE(status);
        CHECK(judge(status).action == action);
    }
    for (int status = 100; status < 600; ++status) {
        CHECK((judge(status).action == IngestAction::kAccepted) == (status == 204));
    }
    CHECK(ingest_statuses().size() == 9);
}

TEST_CASE("the text of an answer of the API is not repeated") {
    CHECK(judge(400).problem == "HTTP 400: the events do not fit the rule's stream");
}
