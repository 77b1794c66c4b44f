#include "base/json_text.h"
#include "bodies/body.h"
#include "bodies/redaction.h"

namespace llmtrail {

void BodyScratch::clear() {
    unmapped.clear();
    input.clear();
    output.clear();
    text.clear();
    queries.clear();
    source_json.clear();
    for (ArrayWriter* array :
         {&system, &token_probabilities, &tool_names, &tool_call_ids, &tool_calls, &tool_results,
          &data_sources, &guardrails, &guardrail_categories}) {
        array->clear();
    }
    logprob_sum = 0;
    logprob_count = 0;
    guardrail_triggered = false;
    guardrail_blocked = false;
    parameters.clear();
    details.clear();
}

void ArrayWriter::clear() {
    json_.assign(1, '[');
    count_ = 0;
    closed_ = false;
}

std::string& ArrayWriter::item() {
    if (closed_) {
        json_.pop_back();
        closed_ = false;
    }
    if (count_ > 0) {
        json_.push_back(',');
    }
    ++count_;
    return json_;
}

void ArrayWriter::add_once(std::string_view text) {
    quoted_.clear();
    append_json_string(quoted_, text);
    if (json_.size() <= kOnceBytesMax) {
        // An opening quote stands after '[' or ',': inside a string it would be escaped or follow
        // text.
        size_t at = json_.find(quoted_);
        while (at != std::string::npos) {
            size_t after = at + quoted_.size();
            bool starts = json_[at - 1] == '[' || json_[at - 1] == ',';
            if (starts && (after == json_.size() || json_[after] == ',' || json_[after] == ']')) {
                return;
            }
            at = json_.find(quoted_, at + 1);
        }
    }
    item() += quoted_;
}

bool ArrayWriter::begins_an_item(std::string_view json) const {
    size_t at = json_.size() > kOnceBytesMax ? std::string::npos : json_.find(json);
    if (at == std::string::npos) {
        return false;
    }
    char after = json_[at + json.size()];
    return after == ',' || after == '}';
}

std::string_view ArrayWriter::json() {
    if (!closed_) {
        json_.push_back(']');
        closed_ = true;
    }
    return json_;
}

// ,"key":  written in one append, since every list of guardrails and sources is made of these.
static void begin_member(std::string& out, std::string_view key) {
    constexpr size_t kKeyBytesMax = 24;
    char text[kKeyBytesMax + 4];
    size_t size = 0;
    if (out.back() != '{') {
        text[size++] = ',';
    }
    text[size++] = '"';
    for (char c : key.substr(0, kKeyBytesMax)) {
        text[size++] = c;
    }
    text[size++] = '"';
    text[size++] = ':';
    out.append(text, size);
}

static void text_member(std::string& out, std::string_view key, std::string_view text) {
    if (!text.empty()) {
        begin_member(out, key);
        append_json_string(out, text);
    }
}

static void number_member(std::string& out, std::string_view key, std::optional<double> number) {
    if (number) {
        begin_member(out, key);
        append_json_number(out, *number);
    }
}

void add_guardrail(BodyScratch& scratch, const GuardrailResult& result) {
    std::string& out = scratch.guardrails.item();
    out.push_back('{');
    text_member(out, "name", result.name);
    text_member(out, "provider", result.provider);
    text_member(out, "target", result.target);
    text_member(out, "verdict", result.verdict);
    text_member(out, "action", result.action);
    text_member(out, "category", result.category);
    text_member(out, "rule_id", result.rule_id);
    number_member(out, "score", result.score);
    text_member(out, "severity", result.severity);
    if (result.match_count) {
        number_member(out, "match_count", static_cast<double>(*result.match_count));
    }
    out.push_back('}');
    // A source may let something pass and mask parts of it: that is more than allowing, too.
    bool fired = (!result.verdict.empty() && result.verdict != "allow") ||
                 result.action == "modify" || result.action == "block";
    scratch.guardrail_triggered |= fired;
    scratch.guardrail_blocked |= result.action == "block";
    if (fired && !result.category.empty()) {
        scratch.guardrail_categories.add_once(result.category);
    }
}

// Where an address may stand: signed ones lose their signatures.
static void address_member(std::string& out, std::string_view key, std::string_view text) {
    std::string open;
    text_member(out, key, redact_url(text, open) ? std::string_view(open) : text);
}

void add_data_source(BodyScratch& scratch, const DataSource& source) {
    std::string& out = scratch.source_json;
    out.assign(1, '{');
    text_member(out, "type", source.type);
    address_member(out, "id", source.id);
    address_member(out, "name", source.name);
    address_member(out, "uri", source.uri);
    text_member(out, "channel", source.channel);
    text_member(out, "message_id", source.message_id);
    text_member(out, "sensitivity", source.sensitivity);
    bool says_more = source.score || !source.action.empty();
    if (!says_more && scratch.data_sources.begins_an_item(out)) {
        return;
    }
    number_member(out, "score", source.score);
    text_member(out, "action", source.action);
    out.push_back('}');
    scratch.data_sources.item() += out;
}

void add_system_text(BodyScratch& scratch, std::string_view text) {
    if (!text.empty()) {
        std::string& out = scratch.system.item();
        out += "{\"type\":\"text\",\"content\":";
        append_json_string(out, text);
        out.push_back('}');
    }
}

// Leaves the item open for its last member.
static std::string& begin_tool_call(BodyScratch& scratch, std::string_view id,
                                    std::string_view name) {
    if (!name.empty()) {
        scratch.tool_names.add_once(name);
    }
    if (!id.empty()) {
        scratch.tool_call_ids.add_once(id);
    }
    std::string& out = scratch.tool_calls.item();
    out.push_back('{');
    text_member(out, "id", id);
    text_member(out, "name", name);
    return out;
}

static void value_member(std::string& out, std::string_view key, JsonValue value) {
    if (value.exists()) {
        if (out.back() != '{') {
            out.push_back(',');
        }
        out.push_back('"');
        out += key;
        out += "\":";
        value.append_json(out);
    }
}

void add_tool_call(BodyScratch& scratch, std::string_view id, std::string_view name,
                   JsonValue arguments) {
    std::string& out = begin_tool_call(scratch, id, name);
    value_member(out, "arguments", arguments);
    out.push_back('}');
}

void add_tool_call(BodyScratch& scratch, std::string_view id, std::string_view name,
                   std::string_view arguments_text) {
    std::string& out = begin_tool_call(scratch, id, name);
    text_member(out, "arguments", arguments_text);
    out.push_back('}');
}

void add_tool_result(BodyScratch& scratch, std::string_view id, JsonValue result) {
    std::string& out = scratch.tool_results.item();
    out.push_back('{');
    text_member(out, "id", id);
    value_member(out, "result", result);
    out.push_back('}');
}

}  // namespace llmtrail
