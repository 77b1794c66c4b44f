#include "format/cef_fields.h"

#include <arpa/inet.h>

#include <algorithm>
#include <cstring>

#include "base/check.h"
#include "base/utf8.h"
#include "record/object_list.h"

namespace llmtrail {

namespace {

// Times are written with 13 digits: 2001-09-09 to 2286-11-20. Others stay in the spool only.
constexpr int64_t kTimeMsMin = 1'000'000'000'000;
constexpr int64_t kTimeMsMax = 9'999'999'999'999;

constexpr int64_t kPortMax = 65535;

constexpr size_t kContextPartCharactersMax = 512;
constexpr size_t kListCharactersMax =
    4096;  // of a list before escaping; the key's own limit cuts further

constexpr CefKeyId kPromptCut = cef_key("llmtrailPromptTruncated");
constexpr CefKeyId kResponseCut = cef_key("llmtrailResponseTruncated");
constexpr CefKeyId kSourcesCut = cef_key("llmtrailSourcesTruncated");

void replace_from(std::string& text, size_t at, char from, char to) {
    while ((at = text.find(from, at)) != std::string::npos) {
        text[at] = to;
    }
}

// Appends JSON text as one item of a comma list. A comma of its own becomes ';', so that no item
// looks like two.
void append_item(std::string& out, std::string_view json_inside) {
    size_t start = out.size();
    if (!out.empty()) {
        out.push_back(',');
        ++start;
    }
    append_unescaped_json(out, utf8_prefix_bytes(json_inside, kListCharactersMax));
    replace_from(out, start, ',', ';');
    if (out.size() == start && start > 0) {
        out.pop_back();
    }
}

// Keys whose reader takes a narrower integer than ours; what does not fit is left out, never
// clamped.
bool integer_fits(CefKeyId key, int64_t value) {
    switch (key) {
        case cef_key("dpt"):
            return value >= 0 && value <= kPortMax;
        case cef_key("in"):
        case cef_key("out"):
        case cef_key("cnt"):
            return value >= 0 && value <= INT32_MAX;
        default:
            return true;
    }
}

void add_list(CefExtension& extension, const CefRoute& route, std::string_view json,
              std::string& scratch) {
    scratch.clear();
    ObjectListReader list(json);
    while (scratch.size() < kListCharactersMax && list.next_item()) {
        if (list.item_is_string()) {
            append_item(scratch, list.string());
        }
    }
    extension.add_text(route.key, route.label, scratch);
}

void add_time(CefExtension& extension, CefKeyId key, int64_t nanos) {
    int64_t millis = nanos / kNanosPerMilli;
    if (millis >= kTimeMsMin && millis <= kTimeMsMax) {
        extension.add_integer(key, {}, millis);
    }
}

void append_context(std::string& out, std::string_view name, std::string_view id) {
    if (id.empty()) {
        return;
    }
    if (!out.empty()) {
        out.push_back(';');
    }
    out += name;
    size_t start = out.size();
    bool short_enough = id.size() <= kContextPartCharactersMax;
    out += short_enough ? id : utf8_prefix_characters(id, kContextPartCharactersMax);
    replace_from(out, start, ';', ',');
}

void add_client_address(CefExtension& extension, std::string_view address) {
    if (address.empty()) {
        return;
    }
    std::array<char, INET6_ADDRSTRLEN> text{};
    if (address.size() < text.size()) {
        std::memcpy(text.data(), address.data(), address.size());
        in_addr v4{};
        in6_addr v6{};
        if (inet_pton(AF_INET, text.data(), &v4) == 1) {
            extension.add_constant(cef_key("src"), address);
            return;
        }
        if (inet_pton(AF_INET6, text.data(), &v6) == 1) {
            extension.add_text(cef_key("c6a3"), "userAddress", address);
            return;
        }
    }
    extension.add_text(cef_key("llmtrailClientAddress"), {}, address);
}

}  // namespace

std::vector<CefRoute> make_cef_routes() {
    std::vector<CefRoute> routes;
    for (const FieldRow& row : kFieldCatalog) {
        if (row.event.key.empty() || row.event.key == "*") {
            continue;
        }
        CefKeyId key = find_cef_key(row.event.key);
        LLMTRAIL_CHECK(key != kNoCefKey);
        // Content goes into an event as a preview only, and guardrail results as the names of those
        // that acted.
        bool computed = row.field == Field::kConfigOldValue ||
                        row.field == Field::kConfigNewValue || row.field == Field::kGuardrails;
        if (!computed) {
            routes.push_back({row.field, row.type, key, row.event.label});
        }
    }
    return routes;
}

std::string_view cef_action(uint16_t event_class) {
    switch (event_class) {
        case 100:
        case 110:
        case 120:
        case 150:
            return "allowed";
        case 200:
            return "blocked";
        case 201:
        case 500:
            return "flagged";
        case 202:
            return "redacted";
        case 210:
            return "overridden";
        case 300:
        case 310:
            return "edited";
        case 400:
        case 401:
        case 402:
        case 403:
        case 410:
        case 411:
            return "changed";
        default:
            return {};
    }
}

void add_routed_field(CefExtension& extension, const AuditRecord& record, const CefRoute& route,
                      CefScratch& scratch) {
    switch (route.type) {
        case FieldType::kText:
        case FieldType::kJson:
            extension.add_text(route.key, route.label, record.text(route.field));
            break;
        case FieldType::kTextList:
            add_list(extension, route, record.text(route.field), scratch.list);
            break;
        case FieldType::kInteger: {
            int64_t value = *record.integer(route.field);
            if (route.field == Field::kEventDuration) {
                value /= kNanosPerMilli;
            }
            if (integer_fits(route.key, value)) {
                extension.add_integer(route.key, route.label, value);
            }
            break;
        }
        case FieldType::kReal:
            extension.add_real(route.key, route.label, *record.real(route.field));
            break;
        case FieldType::kBoolean:
            if (*record.boolean(route.field)) {
                extension.add_constant(route.key, "true");  // absent says false or unknown
            }
            break;
        case FieldType::kTime:
            add_time(extension, route.key, *record.integer(route.field));
            break;
    }
}

void add_identity(CefExtension& extension, const AuditRecord& record) {
    std::string_view email = record.text(Field::kUserEmail);
    constexpr CefKeyId kUser = cef_key("suser");
    extension.add_text(kUser, {}, record.text(Field::kUserName));
    if (extension.has(kUser)) {
        extension.add_text(cef_key("llmtrailUserEmail"), {}, email);
    }
    extension.add_text(kUser, {}, email);
    extension.add_text(kUser, {}, record.text(Field::kUserId));

    constexpr CefKeyId kDevice = cef_key("shost");
    std::string_view device_id = record.text(Field::kDeviceId);
    extension.add_text(kDevice, {}, record.text(Field::kDeviceName));
    extension.add_text(extension.has(kDevice) ? cef_key("llmtrailDeviceId") : kDevice, {},
                       device_id);
    add_client_address(extension, record.text(Field::kClientIp));
}

void add_request_context(CefExtension& extension, const AuditRecord& record, CefScratch& scratch) {
    scratch.context.clear();
    append_context(scratch.context, "conversation:", record.text(Field::kGenAiConversationId));
    append_context(scratch.context, "trace:", record.text(Field::kTraceId));
    append_context(scratch.context, "request:", record.text(Field::kHttpRequestId));
    extension.add_text(cef_key("requestContext"), {}, scratch.context);
}

// Takes the last item off again when an earlier one is the same. `start`: what the list was long.
static void drop_repeated_item(std::string& list, size_t start) {
    std::string_view whole(list);
    std::string_view last = whole.substr(start > 0 ? start + 1 : 0);
    for (size_t at = 0; at < start;) {
        size_t end = std::min(whole.find(',', at), start);
        if (whole.substr(at, end - at) == last) {
            list.resize(start);
            return;
        }
        at = end + 1;
    }
}

namespace {

struct GuardrailItem {
    std::string_view shown;  // its name, else its rule, else what it found
    std::string_view category;
    bool acted = false;  // more than allowed
    bool blocked = false;
};

GuardrailItem read_guardrail(ObjectListReader& list) {
    GuardrailItem item;
    std::string_view name;
    std::string_view rule;
    std::string_view key;
    std::string_view value;
    while (list.next_member(key, value)) {
        if (key == "name") {
            name = value;
        } else if (key == "rule_id") {
            rule = value;
        } else if (key == "category") {
            item.category = value;
        } else if (key == "verdict") {
            item.acted |= value != "allow" && value != "null";
        } else if (key == "action") {
            item.acted |= value != "none" && value != "allow" && value != "null";
            item.blocked = value == "block";
        }
    }
    item.shown = !name.empty() ? name : !rule.empty() ? rule : item.category;
    return item;
}

// Those that blocked, or the others.
void add_guardrails_that(bool blocked, std::string_view json, CefScratch& scratch) {
    ObjectListReader list(json);
    while (scratch.guardrails.size() < kListCharactersMax && list.next_item()) {
        GuardrailItem item = read_guardrail(list);
        if (!item.acted || item.blocked != blocked || item.shown.empty()) {
            continue;
        }
        scratch.list.assign(item.shown);
        if (!item.category.empty() && item.category != item.shown) {
            scratch.list.append(1, ':').append(item.category);
        }
        size_t start = scratch.guardrails.size();
        append_item(scratch.guardrails, scratch.list);
        drop_repeated_item(scratch.guardrails, start);
    }
}

}  // namespace

// The guardrails that did more than allow, each once: its name and what it found. Those that
// blocked come first, so that the list's head says what stopped the call.
void add_guardrails(CefExtension& extension, const AuditRecord& record, CefScratch& scratch) {
    scratch.guardrails.clear();
    std::string_view json = record.text(Field::kGuardrails);
    add_guardrails_that(true, json, scratch);
    add_guardrails_that(false, json, scratch);
    extension.add_text(cef_key("cs4"), field_row(Field::kGuardrails).event.label,
                       scratch.guardrails);
}

// Ids of the data sources, else their addresses or names: which they are, never what they hold.
void add_sources(CefExtension& extension, const AuditRecord& record, CefScratch& scratch) {
    scratch.sources.clear();
    ObjectListReader list(record.text(Field::kDataSources));
    std::string_view key;
    std::string_view value;
    while (scratch.sources.size() <= kListCharactersMax && list.next_item()) {
        std::string_view id;
        std::string_view uri;
        std::string_view name;
        while (list.next_member(key, value)) {
            if (key == "id") {
                id = value;
            } else if (key == "uri") {
                uri = value;
            } else if (key == "name") {
                name = value;
            }
        }
        std::string_view shown = !id.empty() ? id : !uri.empty() ? uri : name;
        if (!shown.empty()) {
            append_item(scratch.sources, shown);
        }
    }
    extension.add_preview(cef_key("cs5"), "sources", scratch.sources, kListCharactersMax,
                          kSourcesCut);
}

void add_previews(CefExtension& extension, const AuditRecord& record, const FormatOptions& options,
                  bool of_settings) {
    size_t prompt_max = options.prompt_preview_characters;
    constexpr CefKeyId kSecond = cef_key("cs2");
    constexpr CefKeyId kThird = cef_key("cs3");
    if (of_settings) {
        extension.add_preview(kSecond, "oldValue", record.text(Field::kConfigOldValue), prompt_max,
                              kPromptCut);
        extension.add_preview(kThird, "newValue", record.text(Field::kConfigNewValue), prompt_max,
                              kPromptCut);
        return;
    }
    std::string_view prompt = record.text(Field::kPromptText);
    constexpr CefKeyId kMessage = cef_key("msg");
    extension.add_preview(kMessage, {}, prompt, prompt_max, kPromptCut);
    if (prompt_max > kCefKeys[kMessage].characters_max) {  // longer than msg may be: whole in cs2
        extension.add_preview(kSecond, "prompt", prompt, prompt_max, kPromptCut);
    }
    extension.add_preview(kThird, "response", record.text(Field::kResponseText),
                          options.response_preview_characters, kResponseCut);
}

}  // namespace llmtrail
