// The lines that inference servers write to their standard output: vLLM, uvicorn, Ollama (gin and
// slog), llama.cpp, TGI; alone or behind the prefix that journalctl and syslog put before them.
// Used by the server_log parser. Pure; views point into the line.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/time.h"

namespace llmtrail {

struct ServerLogLine {
    std::string_view shape;    // vllm, uvicorn, gin, slog, llama_cpp, tgi; "" when it is none
    std::string_view service;  // the program, where its shape or the prefix names it
    std::string time;          // ISO 8601, "" when the line has none
    bool time_has_zone = false;
    std::string_view operation;  // of TGI's span
    std::string_view level;
    std::string_view place;  // the file and line, or the function, that wrote it
    std::string_view message;
    std::string_view request_id;
    bool asked = false;  // a call to a model came in
    std::string_view method;
    std::string_view target;  // path and query
    std::string_view client;
    std::optional<int64_t> status;
    std::optional<int64_t> duration_ns;
    std::string_view host;  // of the prefix
    std::string_view pid;
    std::string_view prompt;  // as Python prints it, quotes and all; "" when the line has none
};

// False: of no shape it knows; what a prefix says is filled in all the same, and `message` is the
// rest. A stamp without a year takes the one that brings it closest before `observed`.
bool read_server_line(std::string_view text, UnixNanos observed, ServerLogLine& line);

// "1.2s", "56ms", "163.25µs", "29m59s", "1h2m3s" as nanoseconds.
std::optional<int64_t> read_duration(std::string_view text);

// The line without terminal colors, into `plain`; false: it has none.
bool strip_colors(std::string_view line, std::string& plain);

}  // namespace llmtrail
