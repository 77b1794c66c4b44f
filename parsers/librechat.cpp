#include "parsers/librechat.h"

#include <map>
#include <string>

#include "parsers/librechat_message.h"
#include "parsers/repeated.h"
#include "parsers/time_value.h"

namespace llmtrail {

namespace {

constexpr size_t kAnswersMax = 32;  // of one prompt, that repeat it in their records

bool is_conversation(JsonValue document) {
    JsonValue messages = document["messages"];
    if (!document["conversationId"].is_string() || !messages.is_array() || messages.size() == 0) {
        return false;
    }
    JsonValue first = *messages.items().begin();
    return first["messageId"].is_string() || first["$oid"].is_string();
}

class LibrechatParser final : public Parser {
 public:
    std::string_view name() const override { return "librechat"; }

    std::string_view describes() const override {
        return "LibreChat: messages exported from MongoDB, and exported conversations";
    }

    std::span<const std::string_view> keys() const override {
        static constexpr std::string_view kKeys[] = {"messageId", "conversationId"};
        return kKeys;
    }

    bool recognizes(JsonValue document) const override {
        return is_librechat_message(document) || is_conversation(document);
    }

    void parse(JsonValue document, const ParseContext& context, RecordSink& sink) override;

 private:
    struct Prompt {
        JsonValue message;
        std::string path;
        size_t answers = 0;
    };

    // What a conversation says of all its messages.
    struct Conversation {
        JsonValue document;
        bool told = false;  // its other members have their place
        std::map<std::string_view, Prompt> prompts;
    };

    static void gather(JsonValue messages, const std::string& path, Conversation& conversation);
    void emit(JsonValue messages, const std::string& path, Conversation& conversation,
              const ParseContext& context, RecordSink& sink);
    void message(JsonValue message, std::string_view path, Conversation& conversation,
                 const ParseContext& context, RecordSink& sink);
    void around(Conversation& conversation, const BodyPlace& place);
    void stored(JsonValue document, const ParseContext& context, RecordSink& sink);
    void commit(AuditRecord& record, RecordSink& sink);

    BodyScratch scratch_;
};

void LibrechatParser::commit(AuditRecord& record, RecordSink& sink) {
    store_messages(scratch_, record);
    scratch_.unmapped.store(record);
    sink.commit();
}

// Prompts by their id, and how many answers of the document each has.
void LibrechatParser::gather(JsonValue messages, const std::string& path,
                             Conversation& conversation) {
    size_t index = 0;
    for (JsonValue message : messages.items()) {
        std::string here = path + "." + std::to_string(index++);
        bool typed = message["isCreatedByUser"].boolean().value_or(false);
        std::string_view id = message["messageId"].text();
        if (typed && !id.empty() && !conversation.prompts[id].message.exists()) {
            conversation.prompts[id].message = message;
            conversation.prompts[id].path = here;
        } else if (std::string_view parent = message["parentMessageId"].text(); !parent.empty()) {
            ++conversation.prompts[parent].answers;
        }
        gather(message["children"], here + ".children", conversation);
    }
}

void LibrechatParser::emit(JsonValue messages, const std::string& path, Conversation& conversation,
                           const ParseContext& context, RecordSink& sink) {
    size_t index = 0;
    for (JsonValue one : messages.items()) {
        std::string here = path + "." + std::to_string(index++);
        auto prompt = conversation.prompts.find(one["messageId"].text());
        bool typed = one["isCreatedByUser"].boolean().value_or(false);
        bool in_answer = typed && prompt != conversation.prompts.end() &&
                         prompt->second.message.at() == one.at() && prompt->second.answers > 0 &&
                         prompt->second.answers <= kAnswersMax;
        if (!in_answer) {
            message(one, here, conversation, context, sink);
        }
        emit(one["children"], here + ".children", conversation, context, sink);
    }
}

void LibrechatParser::message(JsonValue message, std::string_view path, Conversation& conversation,
                              const ParseContext& context, RecordSink& sink) {
    AuditRecord& record = sink.begin();
    scratch_.clear();
    BodyPlace place(path, scratch_, record);
    message.is_object() ? read_librechat_message(message, place, context) : place.keep(message);
    auto found = conversation.prompts.find(message["parentMessageId"].text());
    bool typed = message["isCreatedByUser"].boolean().value_or(false);
    if (!typed && found != conversation.prompts.end() && found->second.message.exists() &&
        found->second.answers <= kAnswersMax) {
        read_librechat_prompt(found->second.message,
                              BodyPlace(found->second.path, scratch_, record));
    }
    around(conversation, BodyPlace("", scratch_, record));
    commit(record, sink);
}

void LibrechatParser::around(Conversation& conversation, const BodyPlace& place) {
    AuditRecord& record = place.record();
    JsonValue document = conversation.document;
    std::string_view provider = librechat_provider(document["endpoint"].text());
    // Of a text too long to repeat only the first record has it.
    auto once = [&](JsonValue value) {
        return conversation.told && value.text().size() > kRepeatedBytesMax ? JsonValue() : value;
    };
    bool user = fill(record, Field::kUserId, once(plain_value(document["user"])));
    bool model = !record.has(Field::kGenAiAgentId) &&
                 fill(record, Field::kGenAiRequestModel, once(document["model"]));
    bool endpoint = fill_text(record, Field::kGenAiProviderName, provider);
    bool id = fill(record, Field::kGenAiConversationId, once(document["conversationId"]));
    if (conversation.told) {
        return;
    }
    conversation.told = true;
    for (auto [key, value] : document.members()) {
        bool placed = key == "messages" || (key == "conversationId" && id) ||
                      (key == "user" && user) || (key == "model" && model) ||
                      (key == "endpoint" && endpoint);
        if (!placed) {
            place.keep(key, value);
        }
    }
}

// A conversation of the database names its messages, which are documents of their own.
void LibrechatParser::stored(JsonValue document, const ParseContext& context, RecordSink& sink) {
    AuditRecord& record = sink.begin();
    scratch_.clear();
    Conversation conversation;
    conversation.document = document;
    BodyPlace place("", scratch_, record);
    fill_text(record, Field::kEventKind, "other");
    set_event_time(record, plain_value(document["createdAt"]), context);
    around(conversation, place);
    place.keep("messages", document["messages"]);
    commit(record, sink);
}

void LibrechatParser::parse(JsonValue document, const ParseContext& context, RecordSink& sink) {
    Conversation conversation;
    if (is_librechat_message(document)) {
        AuditRecord& record = sink.begin();
        scratch_.clear();
        read_librechat_message(document, BodyPlace("", scratch_, record), context);
        commit(record, sink);
    } else if ((*document["messages"].items().begin())["$oid"].exists()) {
        stored(document, context, sink);
    } else {
        conversation.document = document;
        gather(document["messages"], "messages", conversation);
        emit(document["messages"], "messages", conversation, context, sink);
    }
}

}  // namespace

std::unique_ptr<Parser> make_librechat_parser() {
    return std::make_unique<LibrechatParser>();
}

}  // namespace llmtrail
