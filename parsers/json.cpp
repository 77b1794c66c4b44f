#include "parsers/json.h"

#include "bodies/body.h"
#include "parsers/common_names.h"
#include "parsers/name_memory.h"

namespace llmtrail {

namespace {

// {"message": …} and nothing else: how servers of models and gateways refuse.
bool is_refusal(JsonValue document) {
    return document.size() == 1 && !document["message"].text().empty();
}

class JsonParser final : public Parser {
 public:
    std::string_view name() const override { return "json"; }

    std::string_view describes() const override {
        return "any JSON object, one a document, by common key names and `map:`";
    }

    std::span<const std::string_view> keys() const override { return {}; }

    bool recognizes(JsonValue document) const override { return document.is_object(); }

    void parse(JsonValue document, const ParseContext& context, RecordSink& sink) override;

 private:
    BodyScratch scratch_;
    NameMemory names_;
};

void JsonParser::parse(JsonValue document, const ParseContext& context, RecordSink& sink) {
    AuditRecord& record = sink.begin();
    scratch_.clear();
    if (is_refusal(document)) {
        record.set_text(Field::kErrorMessage, document["message"].text());
    } else {
        apply_common_names(document, context, record, scratch_, names_);
    }
    store_messages(scratch_, record);
    scratch_.unmapped.store(record);
    infer_kind_and_outcome(record);
    sink.commit();
}

}  // namespace

std::unique_ptr<Parser> make_json_parser() {
    return std::make_unique<JsonParser>();
}

}  // namespace llmtrail
