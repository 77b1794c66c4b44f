#include "parsers/nemo.h"

#include "parsers/nemo_parts.h"

namespace llmtrail {

namespace {

class NemoParser final : public Parser {
 public:
    std::string_view name() const override { return "nemo"; }

    std::string_view describes() const override {
        return "NeMo Guardrails traces and generation logs, Guardrails AI outcomes";
    }

    std::span<const std::string_view> keys() const override {
        static constexpr std::string_view kKeys[] = {
            "spans",           "log", "guardrails", "activated_rails", "validation_passed",
            "validationPassed"};
        return kKeys;
    }

    bool recognizes(JsonValue document) const override {
        for (auto [key, value] : document.members()) {
            bool of_log = value.is_object() && (key == "log" || key == "guardrails");
            if ((key == "spans" && nemo::is_trace(document)) ||
                ((of_log || key == "activated_rails") && nemo::log_of(document).exists()) ||
                (key.starts_with("validation") && nemo::is_outcome(document))) {
                return true;
            }
        }
        return false;
    }

    void parse(JsonValue document, const ParseContext& context, RecordSink& sink) override;

 private:
    BodyScratch scratch_;
};

void NemoParser::parse(JsonValue document, const ParseContext& context, RecordSink& sink) {
    AuditRecord& record = sink.begin();
    scratch_.clear();
    BodyPlace place("", scratch_, record);
    bool stops = true;
    if (nemo::is_trace(document)) {
        stops = nemo::read_trace(document, place);
    } else if (nemo::is_outcome(document)) {
        nemo::read_outcome(document, place, context);
    } else {
        nemo::read_generation(document, place, context);
    }
    store_messages(scratch_, record);
    if (!stops) {
        record.remove(Field::kGuardrailTriggered);
        record.remove(Field::kGuardrailBlocked);
    }
    scratch_.unmapped.store(record);
    sink.commit();
}

}  // namespace

std::unique_ptr<Parser> make_nemo_parser() {
    return std::make_unique<NemoParser>();
}

}  // namespace llmtrail
