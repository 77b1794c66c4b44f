// One event as the object that `/services/collector/event` takes: time, host, source, sourcetype
// and index stand in every object, since nothing carries over from one to the next. Pure; deliver
// thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace llmtrail {

struct HecEnvelopeParts {
    std::string host;
    std::string source;
    std::string sourcetype;
    std::string index;  // empty: the token's own
    // The text of an event is a JSON object whose members belong into the envelope ("event",
    // "fields"); else it is text.
    bool members = false;
};

class HecEnvelope {
 public:
    explicit HecEnvelope(const HecEnvelopeParts& parts);

    // `time_ns` outside the years 1970 to 2286 is left to the receiver.
    void append(std::string& out, int64_t time_ns, std::string_view text) const;

 private:
    bool members_;
    std::string middle_;  // "host":...,"index":...
};

}  // namespace llmtrail
