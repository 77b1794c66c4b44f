#include "parsers/m365_copilot.h"

#include <string>

#include "parsers/m365_copilot_audit.h"
#include "parsers/m365_copilot_graph.h"

namespace llmtrail {

namespace {

constexpr std::string_view kBatch = "value";  // of an answer of Microsoft Graph

bool is_either(JsonValue value) {
    return CopilotGraphReader::recognizes(value) || CopilotAuditReader::recognizes(value);
}

class M365CopilotParser final : public Parser {
 public:
    std::string_view name() const override { return "m365_copilot"; }

    std::string_view describes() const override {
        return "Microsoft 365 Copilot: Purview audit records and Graph's export of interactions";
    }

    std::span<const std::string_view> keys() const override {
        static constexpr std::string_view kKeys[] = {
            "CopilotEventData", "Workload",        "AuditData", "auditData",
            "LLMEventData",     "interactionType", kBatch};
        return kKeys;
    }

    bool recognizes(JsonValue document) const override;
    void parse(JsonValue document, const ParseContext& context, RecordSink& sink) override;

 private:
    void record(JsonValue around, JsonValue one, size_t index, const ParseContext& context,
                RecordSink& sink);

    BodyScratch scratch_;
    CopilotAuditReader audit_;
    CopilotGraphReader graph_;
};

bool M365CopilotParser::recognizes(JsonValue document) const {
    if (is_either(document)) {
        return true;
    }
    for (JsonValue one : document[kBatch].items()) {
        if (is_either(one)) {
            return true;
        }
    }
    return false;
}

// A prompt and its answer are pieces of one record. What stands around a batch goes with its first
// record.
void M365CopilotParser::record(JsonValue around, JsonValue one, size_t index,
                               const ParseContext& context, RecordSink& sink) {
    constexpr uint32_t kAnswerRank = 0;
    constexpr uint32_t kPromptRank = 1;  // says who and when
    AuditRecord& record = sink.begin();
    scratch_.clear();
    BodyPlace top("", scratch_, record);
    BodyPlace list = top.below(kBatch);
    BodyPlace place = around.exists() ? list.below(index) : top;
    std::string key;
    if (CopilotGraphReader::recognizes(one)) {
        graph_.read(one, place, context);
        if (std::string_view request = one["requestId"].text(); !request.empty()) {
            key.append("m365_copilot:interaction:").append(one["sessionId"].text());
            key.append(":").append(request);
        }
    } else if (one.is_object()) {
        audit_.read(one, place, context);
    } else {
        record.set_text(Field::kEventKind, "other");
        place.keep(one);
    }
    for (JsonMember member : around.members()) {
        if (index == 0 && member.key != kBatch) {
            top.keep(member.key, member.value);
        }
    }
    store_messages(scratch_, record);
    scratch_.unmapped.store(record);
    if (key.empty()) {
        sink.commit();
        return;
    }
    RecordPiece piece;
    piece.key = key;
    piece.rank = one["interactionType"].text() == "userPrompt" ? kPromptRank : kAnswerRank;
    sink.commit_piece(piece);
}

void M365CopilotParser::parse(JsonValue document, const ParseContext& context, RecordSink& sink) {
    if (is_either(document) || !document[kBatch].is_array()) {
        record(JsonValue(), document, 0, context, sink);
        return;
    }
    size_t index = 0;
    for (JsonValue one : document[kBatch].items()) {
        record(document, one, index++, context, sink);
    }
}

}  // namespace

std::unique_ptr<Parser> make_m365_copilot_parser() {
    return std::make_unique<M365CopilotParser>();
}

}  // namespace llmtrail
