// One JSON object of the agent's answers, its members in the order of the calls. One thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/json_text.h"
#include "base/time.h"

namespace llmtrail {

class JsonObjectWriter {
 public:
    explicit JsonObjectWriter(std::string& out) : out_(out) { out_.push_back('{'); }

    ~JsonObjectWriter() { out_.push_back('}'); }

    JsonObjectWriter(const JsonObjectWriter&) = delete;
    JsonObjectWriter& operator=(const JsonObjectWriter&) = delete;

    void text(std::string_view key, std::string_view value) {
        append_json_string(begin(key), value);
    }

    void count(std::string_view key, uint64_t value) { append_json_unsigned(begin(key), value); }

    void truth(std::string_view key, bool value) { begin(key) += value ? "true" : "false"; }

    void time(std::string_view key, UnixNanos at) { text(key, format_iso_nanos(at)); }

    // For a value that the caller writes.
    std::string& begin(std::string_view key) {
        if (out_.back() != '{') {
            out_.push_back(',');
        }
        append_json_string(out_, key);
        out_.push_back(':');
        return out_;
    }

 private:
    std::string& out_;
};

}  // namespace llmtrail
