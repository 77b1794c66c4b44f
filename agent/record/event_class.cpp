#include "record/event_class.h"

#include <algorithm>
#include <initializer_list>
#include <span>

#include "record/object_list.h"

namespace llmtrail {

namespace {

constexpr uint8_t kCritical = 2;
constexpr uint8_t kErr = 3;
constexpr uint8_t kWarning = 4;
constexpr uint8_t kNotice = 5;
constexpr uint8_t kInfo = 6;

// Ids are frozen: dashboards and correlation rules name them. Two rows may share an id and differ
// in severity; event_class_by_id() gives the first.
constexpr EventClass kClasses[] = {
    {100, "LLM interaction", "/LLM/Interaction", 1, kInfo},
    {110, "LLM interaction failed", "/LLM/Interaction/Error", 4, kWarning},
    {120, "LLM tool call", "/LLM/Tool", 3, kInfo},
    {130, "LLM feedback", "/LLM/Feedback", 1, kInfo},
    {140, "LLM evaluation", "/LLM/Evaluation", 1, kInfo},
    {150, "Data source retrieved", "/LLM/Retrieval", 2, kInfo},
    {150, "Data source retrieved", "/LLM/Retrieval", 5, kInfo},
    {190, "Other activity", "/LLM/Other", 1, kInfo},
    {200, "Guardrail block", "/LLM/Guardrail/Block", 6, kWarning},
    {201, "Guardrail flag", "/LLM/Guardrail/Flag", 4, kNotice},
    {202, "Guardrail redaction", "/LLM/Guardrail/Redact", 4, kNotice},
    {210, "Guardrail override", "/LLM/Guardrail/Override", 8, kErr},
    {300, "Response edited", "/LLM/Edit/Response", 3, kNotice},
    {310, "Prompt or template edited", "/LLM/Edit/Prompt", 4, kNotice},
    {400, "Settings change", "/LLM/Config/Change", 5, kNotice},
    {401, "Guardrail weakened or disabled", "/LLM/Config/GuardrailWeakened", 8, kErr},
    {402, "Model changed", "/LLM/Config/Model", 5, kNotice},
    {403, "Logging weakened or disabled", "/LLM/Config/LoggingWeakened", 8, kErr},
    {410, "Access or role change", "/LLM/Access/Role", 6, kWarning},
    {410, "Access or role change", "/LLM/Access/Role", 8, kWarning},
    {411, "Credential issued or revoked", "/LLM/Access/Key", 6, kWarning},
    {412, "Sign-in or sign-out", "/LLM/Access/SignIn", 3, kInfo},
    {412, "Sign-in or sign-out", "/LLM/Access/SignIn", 5, kNotice},
    {413, "Data or settings read", "/LLM/Access/Read", 2, kInfo},
    {413, "Data or settings read", "/LLM/Access/Read", 4, kNotice},
    {500, "Anomaly", "/LLM/Anomaly", 7, kWarning},
    {600, "Integrity failure", "/Agent/Integrity/Chain", 10, kCritical},
    {601, "Sequence gap", "/Agent/Integrity/Gap", 9, kCritical},
    {602, "Decryption failure", "/Agent/Integrity/Crypto", 10, kCritical},
    {603, "Source truncated or lost", "/Agent/Integrity/Source", 8, kErr},
    {604, "Events dropped", "/Agent/Loss", 9, kErr},
    {605, "Unparsable record", "/Agent/Parse", 4, kWarning},
    {606, "Clock step", "/Agent/Clock", 6, kWarning},
    {607, "Spool full", "/Agent/Space", 8, kErr},
    {608, "Spool filling", "/Agent/Space", 6, kWarning},
    {700, "Agent start", "/Agent/Lifecycle", 1, kNotice},
    {701, "Agent stop", "/Agent/Lifecycle", 5, kWarning},
    {702, "Agent unclean stop", "/Agent/Lifecycle", 7, kErr},
    {703, "Configuration reloaded", "/Agent/Lifecycle", 4, kNotice},
    {704, "Configuration rejected", "/Agent/Lifecycle", 6, kErr},
    {710, "Destination down", "/Agent/Output", 6, kWarning},
    {711, "Destination recovered", "/Agent/Output", 2, kNotice},
    {712, "Test event", "/Agent/Output", 1, kNotice},
    {720, "Key rotated", "/Agent/Key", 4, kNotice},
    {730, "Heartbeat", "/Agent/Heartbeat", 0, kInfo},
    {740, "Segments pruned", "/Agent/Retention", 2, kNotice},
    {741, "Legal hold set or released", "/Agent/Hold", 6, kWarning},
    {742, "Section erased", "/Agent/Erase", 8, kErr},
};

constexpr bool ids_ascend() {
    for (size_t i = 1; i < std::size(kClasses); ++i) {
        if (kClasses[i].id < kClasses[i - 1].id) {
            return false;
        }
    }
    return true;
}

static_assert(ids_ascend());

// `nth` chooses between rows of one id. Only ids of the table are passed.
constexpr const EventClass& row(uint16_t id, size_t nth = 0) {
    size_t at = 0;
    while (kClasses[at].id != id) {
        ++at;
    }
    return kClasses[at + nth];
}

using Words = std::span<const std::string_view>;

constexpr std::string_view kGuardWords[] = {
    "guardrail", "moderation", "safety",  "filter", "jailbreak", "toxicity", "pii",
    "redaction", "dlp",        "masking", "armor",  "blocklist", "raipolic", "raiblock"};
constexpr std::string_view kRemovalWords[] = {"delete", "disable", "remove", "detach",
                                              "bypass", "off",     "weaken"};
constexpr std::string_view kOverrideWords[] = {"override", "overrid", "bypass"};
// What holds a credential, or what is done with one; azure writes its operations in one word.
constexpr std::string_view kCredentialWords[] = {
    "key", "token", "secret", "credential", "password", "certificate", "listkey", "regeneratekey"};
// Of a setting's name: max_tokens and the like are none.
constexpr std::string_view kPasswordWords[] = {"password", "secret", "credential", "apikey"};
constexpr std::string_view kRoleWords[] = {"role",   "permission", "member",    "invite", "grant",
                                           "revoke", "owner",      "privilege", "elevat", "promot",
                                           "scim",   "directory",  "sso"};
constexpr std::string_view kSignInWords[] = {"login",   "logon",  "logout", "logoff", "signin",
                                             "signout", "signup", "sso",    "mfa",    "session"};
constexpr std::string_view kPrivilegedWords[] = {"admin", "owner", "root", "superuser",
                                                 "privileged"};
constexpr std::string_view kPromptWords[] = {"prompt", "template", "instruction", "system"};
constexpr std::string_view kModelWords[] = {"model"};
constexpr std::string_view kLoggingWords[] = {"logging"};

bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool is_upper(char c) {
    return c >= 'A' && c <= 'Z';
}

char to_lower(char c) {
    return is_upper(c) ? static_cast<char>(c | 0x20) : c;
}

bool starts_with_word(std::string_view text, std::string_view word) {
    if (text.size() < word.size()) {
        return false;
    }
    return std::equal(word.begin(), word.end(), text.begin(),
                      [](char w, char t) { return w == to_lower(t); });
}

// Whether a word of `text` begins with one of `words`; words begin at separators and at humps
// (createApiKey).
bool has_word(std::string_view text, Words words) {
    text = text.substr(0, 256);
    for (size_t at = 0; at < text.size(); ++at) {
        bool begins = is_letter(text[at]) && (at == 0 || !is_letter(text[at - 1]) ||
                                              (is_upper(text[at]) && !is_upper(text[at - 1])));
        if (!begins) {
            continue;
        }
        for (std::string_view word : words) {
            if (starts_with_word(text.substr(at), word)) {
                return true;
            }
        }
    }
    return false;
}

bool equals_any(std::string_view text, std::initializer_list<std::string_view> words) {
    return std::any_of(words.begin(), words.end(), [&](std::string_view w) {
        return w.size() == text.size() && starts_with_word(text, w);
    });
}

// One word of a guardrail's verdict or of its action.
void add_guardrail_word(GuardrailSummary& summary, std::string_view word, bool is_action) {
    if (word == "allow" || word == "null" || (is_action && word == "none")) {
        return;
    }
    summary.acted = true;
    summary.overridden |= equals_any(word, {"override", "overridden"});
    summary.blocked |= is_action && equals_any(word, {"block", "blocked"});
    summary.redacted |= is_action && equals_any(word, {"modify", "redact", "redacted"});
    summary.flagged |= equals_any(word, {"warn", "modify", "deny", "flag", "flagged", "escalate"});
}

constexpr std::string_view kFilteredReason = "content_filter";

bool is_filtered(std::string_view finish_reasons) {
    if (finish_reasons.find(kFilteredReason) == std::string_view::npos) {
        return false;
    }
    ObjectListReader reasons(finish_reasons);
    while (reasons.next_item()) {
        if (reasons.item_is_string() && reasons.string() == kFilteredReason) {
            return true;
        }
    }
    return false;
}

const EventClass* guardrail_class(const AuditRecord& record, const GuardrailSummary& summary) {
    bool of_guardrail = record.text(Field::kEventKind) == "guardrail";
    if (summary.overridden ||
        (of_guardrail && has_word(record.text(Field::kEventAction), kOverrideWords))) {
        return &row(210);
    }
    if (summary.blocked) {
        return &row(200);
    }
    if (summary.redacted) {
        return &row(202);
    }
    return summary.flagged ? &row(201) : nullptr;
}

bool has_sensitive_source(const AuditRecord& record) {
    ObjectListReader list(record.text(Field::kDataSources));
    std::string_view key;
    std::string_view value;
    while (list.next_item()) {
        while (list.next_member(key, value)) {
            if (key == "sensitivity" && !equals_any(value, {"", "null", "none", "public"})) {
                return true;
            }
        }
    }
    return false;
}

// How strict a setting's value is, for the words in common use; -1: no known word.
int strictness(std::string_view value) {
    if (equals_any(value, {"false", "off", "no", "none", "null", "0", "disabled", "disable",
                           "inactive", "allow", "ignore", "removed", "deleted"})) {
        return 0;
    }
    if (equals_any(value, {"log", "low", "monitor", "warn", "flag", "audit"})) {
        return 1;
    }
    if (equals_any(value, {"medium", "modify", "redact", "mask"})) {
        return 2;
    }
    return equals_any(value,
                      {"true", "on", "yes", "enabled", "active", "high", "strict", "block", "deny"})
               ? 3
               : -1;
}

bool any_has_word(std::initializer_list<std::string_view> texts, Words words) {
    return std::any_of(texts.begin(), texts.end(),
                       [&](std::string_view text) { return has_word(text, words); });
}

bool names_credential(const AuditRecord& record) {
    return any_has_word({record.text(Field::kConfigResourceType), record.text(Field::kEventAction)},
                        kCredentialWords) ||
           has_word(record.text(Field::kConfigSetting), kPasswordWords);
}

bool names_role(const AuditRecord& record) {
    if (equals_any(record.text(Field::kConfigResourceType),
                   {"user", "users", "group", "groups", "service_account"})) {
        return true;
    }
    return any_has_word({record.text(Field::kConfigResourceType), record.text(Field::kEventAction),
                         record.text(Field::kConfigSetting)},
                        kRoleWords);
}

const EventClass& role_class(const AuditRecord& record) {
    bool privileged =
        any_has_word({record.text(Field::kConfigSetting), record.text(Field::kConfigResourceType),
                      record.text(Field::kEventAction), record.text(Field::kConfigNewValue)},
                     kPrivilegedWords);
    return row(410, privileged ? 1 : 0);
}

bool is_weakened(const AuditRecord& record) {
    int before = strictness(record.text(Field::kConfigOldValue));
    int after = strictness(record.text(Field::kConfigNewValue));
    return after == 0 || (after > 0 && after < before) ||
           (after < 0 && has_word(record.text(Field::kEventAction), kRemovalWords));
}

const EventClass& config_class(const AuditRecord& record) {
    std::string_view setting = record.text(Field::kConfigSetting);
    std::string_view resource = record.text(Field::kConfigResourceType);
    std::string_view action = record.text(Field::kEventAction);
    if (any_has_word({setting, resource, action}, kGuardWords)) {
        return row(is_weakened(record) ? 401 : 400);
    }
    if (any_has_word({setting, resource, action}, kLoggingWords)) {
        return row(is_weakened(record) ? 403 : 400);
    }
    if (names_credential(record)) {
        return row(411);
    }
    if (names_role(record)) {
        return role_class(record);
    }
    bool of_model = has_word(setting, kModelWords) || has_word(resource, kModelWords);
    return row(of_model ? 402 : 400);
}

const EventClass& access_class(const AuditRecord& record) {
    bool failed = record.text(Field::kEventOutcome) == "failure";
    if (names_credential(record)) {
        return row(411);
    }
    if (has_word(record.text(Field::kEventAction), kSignInWords)) {
        return row(412, failed ? 1 : 0);
    }
    return names_role(record) ? role_class(record) : row(413, failed ? 1 : 0);
}

const EventClass& edit_class(const AuditRecord& record) {
    for (std::string_view text :
         {record.text(Field::kEventAction), record.text(Field::kConfigResourceType),
          record.text(Field::kEditTargetId)}) {
        if (has_word(text, kPromptWords)) {
            return row(310);
        }
    }
    return row(300);
}

const EventClass& agent_class(const AuditRecord& record) {
    int64_t id = record.integer(Field::kAgentClass).value_or(0);
    const EventClass* found =
        id > 0 && id <= UINT16_MAX ? event_class_by_id(static_cast<uint16_t>(id)) : nullptr;
    return found != nullptr ? *found : row(500);
}

}  // namespace

const EventClass* event_class_by_id(uint16_t id) {
    const EventClass* end = std::end(kClasses);
    const EventClass* at =
        std::lower_bound(std::begin(kClasses), end, id,
                         [](const EventClass& c, uint16_t wanted) { return c.id < wanted; });
    return at != end && at->id == id ? at : nullptr;
}

static void add_guardrail_list(GuardrailSummary& summary, std::string_view json) {
    ObjectListReader list(json);
    std::string_view key;
    std::string_view value;
    while (list.next_item()) {
        while (list.next_member(key, value)) {
            bool is_action = key == "action";
            if (is_action || key == "verdict") {
                add_guardrail_word(summary, value, is_action);
            }
        }
    }
}

GuardrailSummary summarize_guardrails(const AuditRecord& record) {
    GuardrailSummary summary;
    summary.blocked = record.boolean(Field::kGuardrailBlocked).value_or(false);
    summary.flagged = record.boolean(Field::kGuardrailTriggered).value_or(false);
    // Most lists hold nothing but permissions, and the record says so.
    if (summary.flagged || summary.blocked || !record.has(Field::kGuardrailTriggered)) {
        add_guardrail_list(summary, record.text(Field::kGuardrails));
    }
    summary.blocked |= is_filtered(record.text(Field::kGenAiResponseFinishReasons));
    return summary;
}

const EventClass& event_class_of(const AuditRecord& record) {
    return event_class_of(record, summarize_guardrails(record));
}

const EventClass& event_class_of(const AuditRecord& record, const GuardrailSummary& guardrails) {
    std::string_view kind = record.text(Field::kEventKind);
    if (kind == "rejected") {
        return row(605);
    }
    if (kind == "agent") {
        return agent_class(record);
    }
    if (kind == "config_change") {
        return config_class(record);
    }
    if (kind == "access") {
        return access_class(record);
    }
    if (kind == "edit") {
        return edit_class(record);
    }
    if (const EventClass* guardrail = guardrail_class(record, guardrails)) {
        return *guardrail;
    }
    if (kind == "tool") {
        return row(120);
    }
    if (kind == "retrieval") {
        return row(150, has_sensitive_source(record) ? 1 : 0);
    }
    if (kind == "feedback") {
        return row(130);
    }
    if (kind == "evaluation") {
        return row(140);
    }
    if (kind == "other") {
        return row(190);
    }
    bool failed = kind == "error" || record.text(Field::kEventOutcome) == "failure";
    return row(failed ? 110 : 100);
}

}  // namespace llmtrail
