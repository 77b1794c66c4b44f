#include "parsers/vertex.h"

#include "parsers/vertex_parts.h"

namespace llmtrail {

namespace {

class VertexParser final : public Parser {
 public:
    std::string_view name() const override { return "vertex"; }

    std::string_view describes() const override {
        return "Vertex AI request-response rows and Google Cloud Audit Logs";
    }

    std::span<const std::string_view> keys() const override {
        static constexpr std::string_view kKeys[] = {"logging_time", "protoPayload", "jsonPayload",
                                                     "textPayload"};
        return kKeys;
    }

    bool recognizes(JsonValue document) const override {
        return vertex::is_row(document) || vertex::is_entry(document);
    }

    void parse(JsonValue document, const ParseContext& context, RecordSink& sink) override {
        AuditRecord& record = sink.begin();
        scratch_.clear();
        BodyPlace place("", scratch_, record);
        if (vertex::is_row(document)) {
            vertex::read_row(place, document, context, readers_);
        } else {
            vertex::read_entry(place, document, context, readers_);
        }
        store_messages(scratch_, record);
        scratch_.unmapped.store(record);
        sink.commit();
    }

 private:
    BodyScratch scratch_;
    vertex::Readers readers_;
};

}  // namespace

std::unique_ptr<Parser> make_vertex_parser() {
    return std::make_unique<VertexParser>();
}

}  // namespace llmtrail
