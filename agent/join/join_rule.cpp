#include "join/join_rule.h"

namespace llmtrail {

JoinRule join_rule(Field field) {
    switch (field) {
        case Field::kSourceId:
        case Field::kDocumentId:
        case Field::kLogFilePath:
        case Field::kLogOffset:
        case Field::kLogBytes:
        case Field::kRecordOrdinal:
        case Field::kEventIngested:
            return JoinRule::kFirstRead;
        case Field::kEventTime:
        case Field::kEventTimePrecision:
        case Field::kEventTimeZone:
            return JoinRule::kTime;
        case Field::kEventEnd:
            return JoinRule::kLatest;
        case Field::kEventKind:
        case Field::kEventOutcome:
            return JoinRule::kKnown;
        case Field::kGuardrailTriggered:
        case Field::kGuardrailBlocked:
        case Field::kPromptTruncated:
        case Field::kPromptRedacted:
        case Field::kResponseTruncated:
        case Field::kResponseRedacted:
        case Field::kResponseRefused:
            return JoinRule::kAny;
        case Field::kGenAiInputMessages:
        case Field::kGenAiOutputMessages:
        case Field::kResponseTokenProbabilities:
            return JoinRule::kSequence;
        case Field::kGuardrails:
        case Field::kFindings:
        case Field::kGuardrailInputMatches:
        case Field::kGuardrailOutputMatches:
        case Field::kDataSources:
        case Field::kGenAiToolCallArguments:
        case Field::kGenAiToolCallResult:
            return JoinRule::kUnion;
        case Field::kUsageDetails:
        case Field::kRequestParameters:
        case Field::kResponseDetails:
            return JoinRule::kMembers;
        case Field::kUnmapped:
            return JoinRule::kUnmapped;
        case Field::kPromptText:
        case Field::kPromptBytes:
        case Field::kResponseText:
        case Field::kResponseBytes:
        case Field::kRecordState:
        case Field::kRecordParts:
            return JoinRule::kDerived;
        default:
            return field_row(field).type == FieldType::kTextList ? JoinRule::kUnion
                                                                 : JoinRule::kLater;
    }
}

}  // namespace llmtrail
