#include "cli/talk.h"

#include <algorithm>
#include <string>

#include "base/utf8.h"

namespace llmtrail {

void Talk::put(std::string_view prefix, std::string_view text) {
    progress("");
    (void)sink_.write(std::string(prefix) + terminal_safe(text) + "\n");
}

void Talk::progress(std::string_view line) {
    constexpr std::string_view kClearLine = "\r\x1b[K";
    if (sink_.is_terminal() && (progress_shown_ || !line.empty())) {
        (void)sink_.write(std::string(kClearLine) + terminal_safe(line));
        progress_shown_ = !line.empty();
    }
}

void Talk::say(std::string_view line) {
    put("", line);
}

void Talk::warning(std::string_view line) {
    put("llmtrail: warning: ", line);
}

void Talk::error(std::string_view message) {
    put("llmtrail: error: ", message);
}

void Talk::hint(std::string_view message) {
    put("llmtrail: hint: ", message);
}

ExitCode Talk::refuse(const Error& what) {
    if (what.code != ErrorCode::kClosed) {
        error(what.message);
    }
    return exit_code_of(what.code);
}

ExitCode Talk::refuse(const std::vector<ConfigError>& errors) {
    for (const ConfigError& each : errors) {
        (void)sink_.write(describe(each));
    }
    error("the configuration cannot be used: " + std::to_string(errors.size()) +
          (errors.size() == 1 ? " error" : " errors"));
    auto is_config = [](const ConfigError& each) { return each.code == ErrorCode::kConfig; };
    if (std::any_of(errors.begin(), errors.end(), is_config)) {
        hint("correct it, then `llmtrail check` tells what it means on this host");
    }
    auto is_permission = [](const ConfigError& each) {
        return each.code == ErrorCode::kPermission;
    };
    return std::all_of(errors.begin(), errors.end(), is_permission) ? ExitCode::kPermission
                                                                    : ExitCode::kConfig;
}

}  // namespace llmtrail
