#include "parsers/dify.h"

#include <string>

#include "parsers/dify_parts.h"

namespace llmtrail {

namespace {

// Pages of the API: {"data": [ … ], "has_more", "limit"}.
JsonValue first_of_page(JsonValue document) {
    JsonValue data = document["data"];
    bool page = data.is_array() && data.size() > 0 && document["has_more"].boolean();
    return page ? *data.items().begin() : JsonValue();
}

bool is_row(JsonValue value) {
    return is_dify_message(value) || is_dify_answer(value) || is_dify_workflow_log(value) ||
           is_dify_workflow_run(value);
}

class DifyParser final : public Parser {
 public:
    std::string_view name() const override { return "dify"; }

    std::string_view describes() const override {
        return "Dify: messages, answers, workflow logs and runs";
    }

    std::span<const std::string_view> keys() const override {
        static constexpr std::string_view kKeys[] = {"conversation_id", "workflow_run",
                                                     "workflow_id", "has_more"};
        return kKeys;
    }

    bool recognizes(JsonValue document) const override {
        return is_row(document) || is_row(first_of_page(document));
    }

    void parse(JsonValue document, const ParseContext& context, RecordSink& sink) override;

 private:
    void row(JsonValue row, const BodyPlace& place, const ParseContext& context);
    void annotation(JsonValue row, std::string_view path, const ParseContext& context,
                    RecordSink& sink);
    void commit(AuditRecord& record, RecordSink& sink);

    BodyScratch scratch_;
    JsonTree metadata_tree_;
};

void DifyParser::row(JsonValue row, const BodyPlace& place, const ParseContext& context) {
    if (is_dify_workflow_log(row) || is_dify_workflow_run(row)) {
        read_dify_run(row, place, context);
    } else if (row.is_object()) {
        read_dify_message(row, place, context, metadata_tree_);
    } else {
        place.keep(row);
    }
}

void DifyParser::commit(AuditRecord& record, RecordSink& sink) {
    store_messages(scratch_, record);
    scratch_.unmapped.store(record);
    sink.commit();
}

void DifyParser::annotation(JsonValue row, std::string_view path, const ParseContext& context,
                            RecordSink& sink) {
    if (!row["annotation"].is_object() || row["annotation"].size() == 0) {
        return;
    }
    AuditRecord& record = sink.begin();
    scratch_.clear();
    BodyPlace place(path, scratch_, record);
    read_dify_annotation(
        row, path.empty() ? BodyPlace("annotation", scratch_, record) : place.below("annotation"),
        context);
    commit(record, sink);
}

void DifyParser::parse(JsonValue document, const ParseContext& context, RecordSink& sink) {
    if (is_row(document)) {
        AuditRecord& record = sink.begin();
        scratch_.clear();
        row(document, BodyPlace("", scratch_, record), context);
        commit(record, sink);
        annotation(document, "", context, sink);
        return;
    }
    size_t index = 0;
    for (JsonValue one : document["data"].items()) {
        std::string path = "data." + std::to_string(index);
        AuditRecord& record = sink.begin();
        scratch_.clear();
        row(one, BodyPlace(path, scratch_, record), context);
        if (index++ == 0) {
            BodyPlace("", scratch_, record).keep_others(document, {"data"});
        }
        commit(record, sink);
        annotation(one, path, context, sink);
    }
}

}  // namespace

std::unique_ptr<Parser> make_dify_parser() {
    return std::make_unique<DifyParser>();
}

}  // namespace llmtrail
