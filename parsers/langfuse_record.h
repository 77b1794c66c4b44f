// One observation or trace of Langfuse, in the camelCase of its API and ingestion and the
// snake_case of its blob storage export, as one audit record. Used by langfuse.cpp; ingest thread;
// never fails.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "bodies/body_place.h"
#include "parsers/langfuse_shape.h"
#include "parsers/otlp_value.h"
#include "parsers/parser.h"

namespace llmtrail::langfuse {

struct ReadSpace {
    const ParseContext& context;
    otlp::JsonPool& pool;
    // An export gives content as JSON texts, texts among them quoted once more; ingestion as it is.
    bool exported = false;
};

// What an application says beside a step: an object, or as JSON in a text, encoded once or twice;
// anything else when it is none.
JsonValue metadata_of(JsonValue given, otlp::JsonPool& pool);

// `type`: of the event, for a body that names none. Neither stores the scratch.
void read_observation(JsonValue body, const BodyPlace& place, const TypeRow* type,
                      const ReadSpace& space);
void read_trace(JsonValue body, const BodyPlace& place, const ReadSpace& space);

// What a trace says of each of its observations: user, session, environment, and whom and what the
// application names in its metadata.
class TraceFacts {
 public:
    static TraceFacts of(JsonValue trace, const ReadSpace& space);

    void add(const TraceFacts& later);     // what is known stays
    void fill(AuditRecord& record) const;  // fields that are set stay

 private:
    struct Fact {
        Field field;
        std::string text;  // of a list: its JSON
    };

    std::vector<Fact> facts_;
};

}  // namespace llmtrail::langfuse
