// Microsoft Graph's export of Copilot conversations (aiInteraction): one object for what a person
// asked, one for what Copilot answered, told to belong together by requestId. For m365_copilot.cpp;
// ingest thread; never fails.
#pragma once

#include "bodies/body_place.h"
#include "json_tree/json_tree.h"
#include "parsers/parser.h"

namespace llmtrail {

class CopilotGraphReader {
 public:
    static bool recognizes(JsonValue value);

    void read(JsonValue interaction, const BodyPlace& place, const ParseContext& context);

 private:
    void content(JsonValue interaction, const BodyPlace& place, MessagesWriter& out);
    void attachments(JsonValue attachments, const BodyPlace& place, MessagesWriter& out);
    void attachment(JsonValue attachment, const BodyPlace& place, MessagesWriter& out);
    bool card(JsonValue content, const BodyPlace& place, MessagesWriter& out);

    JsonTree card_tree_;
};

}  // namespace llmtrail
