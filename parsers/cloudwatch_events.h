// Logs on their way through CloudWatch: {"timestamp": ms, "message": "<a log as JSON text>", …},
// alone or as the batch that a subscription delivers ("logEvents") or the command line prints
// ("events"). What a message holds is told by its text, before it is read as JSON. For the parsers
// of AWS's logs; ingest thread; never fails.
#pragma once

#include <string_view>

#include "bodies/body_place.h"
#include "parsers/parser.h"
#include "parsers/repeated.h"

namespace llmtrail {

// Does JSON text name `key` with a text as its value, equal to `value` unless that is empty? What
// stands inside a string of the JSON does not count.
bool json_text_has(std::string_view json, std::string_view key, std::string_view value = {});

// The array of events in a batch, under its name; absent when the document is none.
JsonMember cloudwatch_batch_of(JsonValue document);

// The log inside an event: its message, or what that text reads as. Valid until the next read of
// `tree`; absent when it is no JSON.
JsonValue cloudwatch_message(JsonValue event, JsonTree& tree);

// An event that holds something else, a plain sentence: a record of kind other.
void read_other_event(const BodyPlace& place, JsonValue event, const ParseContext& context);

// A record for each event; what stands around the events holds for each of them, as far as the
// budget goes.
template <typename ReadEvent>
void read_cloudwatch_batch(JsonValue document, JsonMember events, BodyScratch& scratch,
                           RecordSink& sink, ReadEvent&& read) {
    RepeatBudget budget;
    RepeatedPart around =
        repeated_part(document, [&](JsonMember one) { return one.key == events.key; });
    size_t index = 0;
    for (JsonValue event : events.value.items()) {
        AuditRecord& record = sink.begin();
        scratch.clear();
        BodyPlace place("", scratch, record);
        BodyPlace list = place.below(events.key);
        read(list.below(index++), event);
        budget.earn(event);
        if (budget.takes(around, scratch.unmapped)) {
            place.keep_others(document, {events.key});
        }
        store_messages(scratch, record);
        scratch.unmapped.store(record);
        sink.commit();
    }
}

}  // namespace llmtrail
