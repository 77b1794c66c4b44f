// Workflow logs and runs of Dify, and who is behind a row of it.
#include <charconv>
#include <cmath>

#include "base/time.h"
#include "parsers/dify_parts.h"
#include "parsers/time_value.h"

namespace llmtrail {

namespace {

std::string_view outcome_of(std::string_view status) {
    if (status == "succeeded" || status == "partial-succeeded") {
        return "success";
    }
    return status == "failed" || status == "stopped" || status == "exception" ? "failure" : "";
}

// The whole of a run: what it was given, what it gave, how it ended.
void read_run_members(JsonValue run, const BodyPlace& place, const ParseContext& context) {
    static constexpr MemberField kFields[] = {
        {"id", Field::kTraceId},
        {"status", Field::kGenAiResponseStatus},
        {"error", Field::kErrorMessage},
        {"total_tokens", Field::kGenAiUsageTotalTokens},
        {"workflow_id", Field::kGenAiWorkflowName},
        {"app_id", Field::kGenAiAgentId},
        {"tenant_id", Field::kOrganizationId},
    };
    AuditRecord& record = place.record();
    MessagesWriter& input = place.scratch().input;
    MessagesWriter& output = place.scratch().output;
    for (auto [key, value] : run.members()) {
        bool some = value.size() > 0 || !value.text().empty();
        if (key == "elapsed_time") {
            fill_dify_seconds(place, key, value);
        } else if (key == "created_at") {
            bool known = !record.has(Field::kEventTime) && set_event_time(record, value, context);
            known ? void() : place.keep(key, value);
        } else if (key == "finished_at") {
            auto at = read_time(value, context);
            at ? record.set_time(Field::kEventEnd, at->at) : place.keep(key, value);
        } else if ((key == "inputs" || key == "outputs") && some) {
            MessagesWriter& out = key == "inputs" ? input : output;
            out.begin_message(key == "inputs" ? "user" : "assistant");
            out.text(value.is_string() ? std::string(value.text()) : value.json());
            out.end_message();
        } else if (!key.starts_with("created_by") && !place.fill_member(kFields, key, value)) {
            place.keep(key, value);
        }
    }
    fill_text(record, Field::kEventOutcome, outcome_of(run["status"].text()));
}

void read_account(JsonValue account, const BodyPlace& place) {
    static constexpr MemberField kFields[] = {
        {"id", Field::kUserId},
        {"name", Field::kUserName},
        {"email", Field::kUserEmail},
    };
    for (auto [key, value] : account.members()) {
        if (!place.fill_member(kFields, key, value)) {
            place.keep(key, value);
        }
    }
    if (!account.is_object()) {
        place.keep(account);
    }
}

// session_id is what the application calls its user; the id is Dify's own.
void read_end_user(JsonValue user, const BodyPlace& place) {
    if (fill(place.record(), Field::kUserId, user["session_id"])) {
        place.keep_others(user, {"session_id"});
    } else if (fill(place.record(), Field::kUserId, user["id"])) {
        place.keep_others(user, {"id"});
    } else {
        place.keep(user);
    }
}

}  // namespace

bool is_dify_workflow_log(JsonValue value) {
    return value["workflow_run"].is_object() && value["created_by_role"].is_string();
}

bool is_dify_workflow_run(JsonValue value) {
    return value["workflow_id"].is_string() && value["status"].is_string() &&
           value["elapsed_time"].exists() && value["total_steps"].exists();
}

void fill_dify_seconds(const BodyPlace& place, std::string_view key, JsonValue value) {
    constexpr double kSecondsMax = 1e9;
    auto seconds = value.real();
    if (std::string_view text = value.text(); !text.empty()) {
        double number = 0;
        auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
        seconds = error == std::errc() && end == text.data() + text.size() ? std::optional(number)
                                                                           : std::nullopt;
    }
    AuditRecord& record = place.record();
    bool sound = seconds && *seconds >= 0 && *seconds < kSecondsMax;
    if (!sound || !fill_integer(record, Field::kEventDuration,
                                std::llround(*seconds * static_cast<double>(kNanosPerSecond)))) {
        place.keep(key, value);
    }
}

void read_dify_user(JsonValue object, const BodyPlace& place) {
    AuditRecord& record = place.record();
    for (std::string_view key : {"from_account", "created_by_account"}) {
        if (object[key].is_object()) {
            read_account(object[key], place.below(key));
        } else {
            place.keep(key, object[key]);
        }
    }
    for (std::string_view key : {"from_end_user", "created_by_end_user"}) {
        if (object[key].is_object()) {
            read_end_user(object[key], place.below(key));
        } else {
            place.keep(key, object[key]);
        }
    }
    for (std::string_view key : {"user", "from_end_user_session_id", "from_account_id",
                                 "from_end_user_id", "created_by"}) {
        place.fill_or_keep(Field::kUserId, key, object[key]);
    }
    for (std::string_view key : {"created_by_role", "from_source"}) {
        place.keep(key, object[key]);
    }
    if (object["created_by_role"].text() == "account") {
        fill_text(record, Field::kUserType, "human");
    }
}

void read_dify_run(JsonValue log, const BodyPlace& place, const ParseContext& context) {
    AuditRecord& record = place.record();
    bool wrapped = is_dify_workflow_log(log);
    fill_text(record, Field::kEventKind, "inference");
    fill_text(record, Field::kEventAction, "workflow_run");
    fill_text(record, Field::kGenAiOperationName, "invoke_agent");
    read_dify_user(log, place);
    if (!wrapped) {
        place.fill_or_keep(Field::kRecordNativeId, "id", log["id"]);
        read_run_members(log, place, context);
        return;
    }
    place.fill_or_keep(Field::kRecordNativeId, "id", log["id"]);
    if (!set_event_time(record, log["created_at"], context)) {
        place.keep("created_at", log["created_at"]);
    }
    read_run_members(log["workflow_run"], place.below("workflow_run"), context);
    for (auto [key, value] : log.members()) {
        if (key != "id" && key != "created_at" && key != "workflow_run" &&
            !key.starts_with("created_by")) {
            place.keep(key, value);
        }
    }
}

}  // namespace llmtrail
