// A document that a search or a retriever found, as one element of llm.audit.data_sources: its
// members by the names in common use, wherever in the document or its metadata they stand, and what
// an address tells beside. Used by the parsers of traces and by those that list sources. Ingest
// thread; never fails.
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "bodies/body.h"
#include "json_tree/json_tree.h"

namespace llmtrail {

// https://team.slack.com/archives/C042/p1712345678000200 names the channel and, in microseconds,
// the message 1712345678.000200. Empty: it is no such address.
struct SlackMessage {
    std::string_view channel;
    std::string id;
};

SlackMessage slack_message(std::string_view uri);

// add_data_source() with what a Slack address tells, where the source does not say it.
void add_located_source(DataSource source, BodyScratch& scratch);

class SourceDocument {
 public:
    // False: the name means nothing of a source, or that is known already, or the value cannot be
    // it.
    bool take(std::string_view key, JsonValue value);

    void add(BodyScratch& scratch);

 private:
    static constexpr size_t kMembers = 8;

    std::string_view text(size_t member);

    std::array<JsonValue, kMembers> values_{};
    std::array<std::string, kMembers> numbers_;
};

}  // namespace llmtrail
