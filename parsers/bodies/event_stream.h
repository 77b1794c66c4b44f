// Answers streamed in AWS's binary framing (application/vnd.amazon.eventstream), which logs keep as
// base64: Bedrock's InvokeModelWithResponseStream, ConverseStream, InvokeAgent and others. Each
// message has a prelude (its length, its headers' length, a CRC-32 of both), headers, a payload and
// a CRC-32 of all before. What is read becomes the list of chunks that the readers of streams take
// (body.h). Used by the exchange parser. Ingest thread; the chunks are valid until the next read.
//
// A stream may be damaged anywhere. Messages are read up to a prelude that cannot be right; one
// whose own checksum is wrong is read all the same, if it can be. What could not be read is given
// as base64, and `whole` is false. Work and memory grow with the length of the text alone.
#pragma once

#include <string>
#include <string_view>

#include "json_tree/json_tree.h"

namespace llmtrail {

// What {"bytes": …} of a `chunk` event is: of a model one chunk of its own form, of an agent a
// piece of the answer's text.
enum class ChunkBytes { kJson, kText };

struct EventStream {
    JsonValue chunks;             // array: the model's own chunks, else {"<event type>": {…}}
    bool whole = true;            // every message was there, whole and with the right checksums
    std::string_view unreadable;  // as base64; empty when all could be read
    std::string_view error_type;  // of the message that ended the stream with an error
    std::string_view error_message;
};

class EventStreamReader {
 public:
    // Does the text begin with a message's prelude and its first header?
    static bool is_event_stream(std::string_view base64);

    EventStream read(std::string_view base64, ChunkBytes form);

    const JsonTree& tree() const { return tree_; }

 private:
    struct Message;

    static bool read_headers(std::string_view headers, Message& message);
    void read_message(std::string_view bytes, ChunkBytes form);
    void add_event(std::string_view name, JsonValue payload, std::string_view without);
    bool add_bytes(JsonValue payload, std::string_view event, ChunkBytes form);
    std::string& next_chunk();

    JsonTree tree_;
    JsonTree payload_;
    JsonTree inner_;
    std::string array_;
    std::string unread_;  // bytes
    std::string unreadable_;
    std::string error_type_;
    std::string error_message_;
    bool whole_ = true;
};

}  // namespace llmtrail
