// A record with a value in every field, and the reference of an event, for the formatter's tests.
#pragma once

#include <string>

#include "format/formatter.h"
#include "record/audit_record.h"

struct SampleReference {
    std::string leaf = std::string(32, '\xAB');
    std::array<std::string, llmtrail::kSectionCount> commitments = {
        std::string(32, '\x01'), std::string(32, '\x02'), std::string(32, '\x03'),
        std::string(32, '\x04')};
    std::string event_id = "aebagbafaydqqcikbmga2dqpcaireeyu";

    llmtrail::SpoolReference get(uint64_t index = 4711) const {
        llmtrail::SpoolReference reference;
        reference.index = index;
        reference.leaf = leaf;
        for (size_t s = 0; s < llmtrail::kSectionCount; ++s) {
            reference.commitments[s] = commitments[s];
        }
        reference.event_id = event_id;
        return reference;
    }
};

inline llmtrail::AuditRecord sample_interaction() {
    using llmtrail::Field;
    llmtrail::AuditRecord record;
    record.set_text(Field::kEventKind, "inference");
    record.set_text(Field::kEventOutcome, "success");
    record.set_time(Field::kEventTime, llmtrail::UnixNanos{1'767'225'600'123'456'789});
    record.set_integer(Field::kEventDuration, 1'234'567'890);
    record.set_text(Field::kSourceId, "chatapp");
    record.set_text(Field::kUserId, "u-1001");
    record.set_text(Field::kUserName, "user-seven");
    record.append_to_list(Field::kUserRoles, "clerk");
    record.append_to_list(Field::kUserRoles, "loans");
    record.set_text(Field::kClientIp, "192.0.2.17");
    record.set_text(Field::kServiceName, "loan-desk");
    record.set_text(Field::kGenAiProviderName, "azure.ai.openai");
    record.set_text(Field::kGenAiRequestModel, "gpt-4o-2024-08-06");
    record.set_integer(Field::kGenAiUsageInputTokens, 812);
    record.set_integer(Field::kGenAiUsageOutputTokens, 96);
    record.append_to_list(Field::kGenAiResponseFinishReasons, "stop");
    record.set_text(Field::kGenAiConversationId, "conv-77");
    record.set_text(Field::kTraceId, "4bf92f3577b34da6a3ce929d0e0e4736");
    record.set_text(Field::kPromptLanguage, "de");
    record.set_integer(Field::kPromptBytes, 3250);
    record.set_integer(Field::kResponseBytes, 401);
    record.set_text(Field::kPromptText, "What does clause 7 say?");
    record.set_text(Field::kResponseText, "It says that notice is due in writing.");
    return record;
}

inline llmtrail::FormatOptions sample_options() {
    llmtrail::FormatOptions options;
    options.host_id = "7d9f2c3a5b8e4f60a1b2c3d4e5f60718";
    options.host_name = "app01.example.com";
    return options;
}
