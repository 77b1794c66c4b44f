// One call to a model as a gateway's or a platform's log holds it: two bodies, each JSON, JSON in a
// text (perhaps cut), the text of a stream or plain text. Picks the vendor's body readers by the
// bodies' own members and, where these do not tell, by the URL's path; never by the provider's
// name, since gateways translate. Used by azure (API Management), cloudflare, helicone, kong,
// portkey and vertex. Holds scratch buffers; ingest thread; never fails.
#pragma once

#include <string>
#include <string_view>

#include "bodies/body.h"
#include "bodies/sse.h"
#include "json_tree/json_tree.h"
#include "parsers/body_readers.h"
#include "record/audit_record.h"

namespace llmtrail {

class GatewayCall {
 public:
    struct Side {
        JsonValue body;         // absent: not logged
        std::string_view path;  // where it stands in the document
    };

    // Reads both bodies and says what the call was for, where nothing has: event.kind,
    // gen_ai.operation.name, and event.action of OpenAI's calls. A body that was cut sets the
    // side's `truncated` and the record's source_loss. Set the HTTP status before: it tells whether
    // a plain text is an answer or an error. `url_path` may be "". False: there was no body to
    // read.
    bool read(const Side& request, const Side& response, std::string_view url_path,
              BodyScratch& scratch, AuditRecord& record);

 private:
    struct Opened {
        JsonValue value;    // object or array
        StreamText stream;  // of the answer
        bool streamed = false;
        std::string_view text;  // what is no JSON
    };

    Opened open(const Side& side, JsonTree& tree, bool answer, AuditRecord& record);
    void read_answer(const Side& side, const Opened& answer, const BodyReaders& readers,
                     BodyScratch& scratch, AuditRecord& record);

    JsonTree request_tree_;
    JsonTree response_tree_;
    SseReader sse_;
};

// The provider as OpenTelemetry names it, from a gateway's or an API's own word ("azure",
// "vertex-ai", "google-ai-studio"); the word itself in lower case when it is none of the table's.
std::string provider_of_gateway(std::string_view word);

}  // namespace llmtrail
