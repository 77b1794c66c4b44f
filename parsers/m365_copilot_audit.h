// Microsoft Purview's audit records of Copilot and other AI applications: who asked what
// application when, which documents it read, whether an attack was seen. They hold no prompt and no
// answer. For m365_copilot.cpp; ingest thread; never fails.
#pragma once

#include <string_view>

#include "bodies/body_place.h"
#include "json_tree/json_tree.h"
#include "parsers/parser.h"

namespace llmtrail {

class CopilotAuditReader {
 public:
    // An audit record, an export's row with the record as its AuditData (object or text), a row of
    // the table CopilotActivity.
    static bool recognizes(JsonValue document);

    void read(JsonValue document, const BodyPlace& place, const ParseContext& context);

 private:
    void level(JsonValue object, const BodyPlace& place, const ParseContext& context);
    bool member(JsonMember member, const BodyPlace& place, const ParseContext& context);
    void event(JsonValue event, const BodyPlace& place);
    void settings(JsonValue changes, const BodyPlace& place);
    void finish(AuditRecord& record);

    JsonTree record_tree_;
    JsonTree event_tree_;
    bool interaction_ = false;  // of the record at work: it tells of a use, not of a setting
};

}  // namespace llmtrail
