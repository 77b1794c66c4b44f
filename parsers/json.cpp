#include "parsers/json.h"

#include "bodies/body.h"
#include "parsers/common_names.h"
#include "parsers/name_memory.h"

namespace llmtrail {

namespace {

class JsonParser final : public Parser {
 public:
    std::string_view name() const override { return "json"; }

    std::string_view describes() const override {
        return "any JSON object, one a document, by common key names and `map:`";
    }

    bool recognizes(JsonValue document) const override { return document.is_object(); }

    void parse(JsonValue document, const ParseContext& context, RecordSink& sink) override;

 private:
    BodyScratch scratch_;
    NameMemory names_;
};

void JsonParser::parse(JsonValue document, const ParseContext& context, RecordSink& sink) {
    AuditRecord& record = sink.begin();
    scratch_.clear();
    apply_common_names(document, context, record, scratch_, names_);
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
