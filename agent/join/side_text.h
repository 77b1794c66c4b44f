// The text of one side of a call, prompt or response, when it comes in pieces: it must agree with
// the messages of that side (docs/joining.md). Texts given are kept by view and must outlive this.
// Used by the merge, ingest thread. Nothing can fail.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace llmtrail {

class SideText {
 public:
    // What one piece says of this side.
    struct Part {
        std::string_view text;
        std::optional<int64_t> bytes;  // as its source states
        bool has_messages = false;
        uint32_t rank = 0;
        uint32_t order = 0;
    };

    // In the order of rank and place; pieces that say nothing may be left out.
    void add(const Part& part);

    // Makes the text of messages; nothing when they do not tell.
    using TextOf = std::optional<std::string> (*)(std::string_view messages);

    // `messages`: what the pieces' messages came to, "" for none, out of `arrays` of them.
    void resolve(std::string_view messages, size_t arrays, TextOf text_of);

    std::string_view text() const { return text_; }

    std::optional<int64_t> bytes() const { return bytes_; }

 private:
    void choose(const Part& part);
    void put_end_to_end();

    std::vector<Part> texts_;       // of the highest rank that has any
    std::optional<Part> messages_;  // the last part with messages
    std::string text_;
    std::optional<int64_t> bytes_;
};

}  // namespace llmtrail
