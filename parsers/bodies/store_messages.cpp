#include <algorithm>
#include <cmath>

#include "bodies/body.h"

namespace llmtrail {

static std::string_view prompt_text(const MessagesWriter& input) {
    if (input.has_user()) {  // who sent but a picture typed nothing
        return input.last_text_of("user");
    }
    std::string_view text = input.last_text_of("system");
    return text.empty() ? input.all_text() : text;
}

static void store_array(AuditRecord& record, Field field, ArrayWriter& from) {
    if (from.count() > 0 && !record.has(field)) {
        record.set_json(field, from.json());
    }
}

static void store_members(AuditRecord& record, Field field, std::string& members) {
    if (members.empty() || record.has(field)) {
        return;
    }
    members.insert(members.begin(), '{');
    members.push_back('}');
    record.set_json(field, members);
}

static void store_guardrails(BodyScratch& scratch, AuditRecord& record) {
    if (scratch.guardrails.count() == 0) {
        return;
    }
    store_array(record, Field::kGuardrails, scratch.guardrails);
    store_array(record, Field::kGuardrailCategories, scratch.guardrail_categories);
    record.set_boolean(Field::kGuardrailTriggered, scratch.guardrail_triggered);
    record.set_boolean(Field::kGuardrailBlocked, scratch.guardrail_blocked);
}

static void store_probabilities(BodyScratch& scratch, AuditRecord& record) {
    store_array(record, Field::kResponseTokenProbabilities, scratch.token_probabilities);
    if (scratch.logprob_count > 0 && !record.has(Field::kResponseConfidence)) {
        double mean = scratch.logprob_sum / static_cast<double>(scratch.logprob_count);
        record.set_real(Field::kResponseConfidence, std::min(1.0, std::exp(mean)));
        record.set_text(Field::kResponseConfidenceMethod, "mean_token_prob");
    }
}

void store_messages(BodyScratch& scratch, AuditRecord& record) {
    if (!scratch.input.empty()) {
        record.set_json(Field::kGenAiInputMessages, scratch.input.json());
        std::string_view prompt = prompt_text(scratch.input);
        if (!prompt.empty()) {
            record.set_text(Field::kPromptText, prompt);
            record.set_integer(Field::kPromptBytes, static_cast<int64_t>(prompt.size()));
        }
    }
    if (!scratch.output.empty()) {
        record.set_json(Field::kGenAiOutputMessages, scratch.output.json());
        std::string_view answer = scratch.output.all_text();
        if (!answer.empty()) {
            record.set_text(Field::kResponseText, answer);
            record.set_integer(Field::kResponseBytes, static_cast<int64_t>(answer.size()));
        }
    }
    store_array(record, Field::kGenAiSystemInstructions, scratch.system);
    store_array(record, Field::kGenAiToolName, scratch.tool_names);
    store_array(record, Field::kGenAiToolCallId, scratch.tool_call_ids);
    store_array(record, Field::kGenAiToolCallArguments, scratch.tool_calls);
    store_array(record, Field::kGenAiToolCallResult, scratch.tool_results);
    if (scratch.data_sources.count() > 0) {
        store_array(record, Field::kDataSources, scratch.data_sources);
        record.set_integer(Field::kDataSourcesCount,
                           static_cast<int64_t>(scratch.data_sources.count()));
    }
    store_guardrails(scratch, record);
    store_probabilities(scratch, record);
    store_members(record, Field::kRequestParameters, scratch.parameters);
    store_members(record, Field::kResponseDetails, scratch.details);
}

}  // namespace llmtrail
