// What a command says to the person: "llmtrail: error: ...", then "llmtrail: hint: ...", on stderr.
// Everything passes terminal_safe(), so names and paths may stand in a message. What cannot be said
// is dropped. Main thread only.
#pragma once

#include <string_view>
#include <vector>

#include "cli/console.h"
#include "cli/exit_code.h"
#include "config/settings.h"

namespace llmtrail {

class Talk {
 public:
    explicit Talk(TextSink& sink) : sink_(sink) {}

    void say(std::string_view line);
    void warning(std::string_view line);
    void error(std::string_view message);
    void hint(std::string_view message);

    // On a terminal: one line that the next one, or anything else that is said, takes the place of;
    // "" takes it away. Elsewhere nothing.
    void progress(std::string_view line);

    bool is_terminal() const { return sink_.is_terminal(); }

    // An error and its exit code in one: `return talk.refuse(read.error());`. A reader of stdout
    // that has gone is no news.
    ExitCode refuse(const Error& error);

    // All errors of a configuration with their lines; kPermission when only permissions are wrong,
    // else kConfig.
    ExitCode refuse(const std::vector<ConfigError>& errors);

 private:
    void put(std::string_view prefix, std::string_view text);

    TextSink& sink_;
    bool progress_shown_ = false;
};

}  // namespace llmtrail
