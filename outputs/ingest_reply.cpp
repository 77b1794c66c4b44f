#include "outputs/ingest_reply.h"

#include <algorithm>
#include <array>

#include "outputs/http_answer.h"

namespace llmtrail {

namespace {

constexpr std::array<IngestStatus, 9> kStatuses = {{
    {204, IngestAction::kAccepted, "accepted"},
    {400, IngestAction::kRefused, "the events do not fit the rule's stream"},
    {401, IngestAction::kOtherToken, "the token is refused"},
    {403, IngestAction::kHold,
     "the identity needs the role Monitoring Metrics Publisher on the rule; a new assignment takes "
     "effect within half an hour"},
    {404, IngestAction::kHold, "no such rule or stream: check `endpoint`, `rule_id` and `stream`"},
    {408, IngestAction::kUnknown, "it waited for the request in vain"},
    {413, IngestAction::kTooLarge, "the batch is too large"},
    {429, IngestAction::kRetry, "more than the rule may take"},
    {503, IngestAction::kRetry, "busy"},
}};

// A status that the table does not name.
IngestStatus judge_others(int status) {
    if (status >= 300 && status < 400) {
        return {status, IngestAction::kHold,
                "redirects are not followed: put the address itself into `endpoint`"};
    }
    if (status >= 400 && status < 500) {
        return {status, IngestAction::kHold, "refused"};
    }
    if (status >= 500) {
        return {status, IngestAction::kUnknown, "it failed"};
    }
    return {status, IngestAction::kUnknown,
            "this is not what the Logs Ingestion API answers: check `endpoint`"};
}

}  // namespace

std::span<const IngestStatus> ingest_statuses() {
    return kStatuses;
}

IngestVerdict judge_ingest_reply(const HttpReply& reply) {
    const auto* known =
        std::find_if(kStatuses.begin(), kStatuses.end(),
                     [&](const IngestStatus& row) { return row.status == reply.status; });
    IngestStatus row = known != kStatuses.end() ? *known : judge_others(reply.status);
    IngestVerdict verdict;
    verdict.action = row.action;
    verdict.problem = "HTTP " + std::to_string(reply.status) + ": ";
    verdict.problem += row.meaning;
    verdict.retry_after_ms = retry_after_ms(reply);
    return verdict;
}

}  // namespace llmtrail
