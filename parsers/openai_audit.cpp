#include "parsers/openai_audit.h"

#include "parsers/openai_audit_parts.h"

namespace llmtrail {

namespace {

using openai_audit::is_conversation;
using openai_audit::is_entry;

class OpenaiAuditParser final : public Parser {
 public:
    std::string_view name() const override { return "openai_audit"; }

    std::string_view describes() const override {
        return "OpenAI organization audit log and ChatGPT compliance conversations";
    }

    std::span<const std::string_view> keys() const override {
        static constexpr std::string_view kKeys[] = {"effective_at", "workspace_id", "object"};
        return kKeys;
    }

    bool recognizes(JsonValue document) const override {
        JsonValue first = first_of_page(document);
        return is_entry(document) || is_conversation(document) || is_entry(first) ||
               is_conversation(first);
    }

    void parse(JsonValue document, const ParseContext& context, RecordSink& sink) override;

 private:
    // A page of the API's list: {"object": "list", "data": […], …}
    static JsonValue first_of_page(JsonValue document) {
        auto items = document["data"].items();
        bool page = document["object"].text() == "list" && items.begin() != items.end();
        return page ? *items.begin() : JsonValue();
    }

    BodyScratch scratch_;
};

void OpenaiAuditParser::parse(JsonValue document, const ParseContext& context, RecordSink& sink) {
    bool page = !is_entry(document) && !is_conversation(document);
    size_t count = page ? document["data"].size() : 1;
    auto items = document["data"].items();
    auto next = items.begin();
    for (size_t index = 0; index < count; ++index) {
        JsonValue item = page ? *next : document;
        if (is_conversation(item)) {
            openai_audit::read_conversation(item, context, scratch_, sink);
        } else {
            AuditRecord& record = sink.begin();
            scratch_.clear();
            BodyPlace place("", scratch_, record);
            BodyPlace data = place.below("data");
            if (is_entry(item)) {
                openai_audit::read_entry(item, page ? data.below(index) : place, context);
            } else {
                data.below(index).keep(item);
            }
            if (page && index == 0) {
                place.keep_others(document, {"data", "object"});
            }
            store_messages(scratch_, record);
            scratch_.unmapped.store(record);
            sink.commit();
        }
        if (page) {
            ++next;
        }
    }
}

}  // namespace

std::unique_ptr<Parser> make_openai_audit_parser() {
    return std::make_unique<OpenaiAuditParser>();
}

}  // namespace llmtrail
