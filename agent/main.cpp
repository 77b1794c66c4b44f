// argv to exit code: makes the production side of the seams and hands over to cli.
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <exception>
#include <string>
#include <vector>

#include "cli/commands.h"
#include "platform/posix.h"
#include "platform/undumpable.h"

int main(int argc, char** argv) {
    using namespace llmtrail;
    std::signal(SIGPIPE, SIG_IGN);  // a reader that has gone is an error of write(2), not a signal
    try {
        UndumpableScope undumpable;
        auto data = make_stdout_sink();
        auto errors = make_stderr_sink();
        auto files = make_posix_file_system();
        auto inputs = make_stdio_inputs(*files);
        auto clock = make_posix_clock();
        auto random = make_posix_random();
        Talk talk(*errors);
        std::vector<std::string> arguments(argv + (argc > 0 ? 1 : 0), argv + argc);
        CommandSeams seams{*data, talk, *inputs, *files, *clock, *random, geteuid()};
        return static_cast<int>(run_command_line(arguments, seams));
    } catch (const std::exception& error) {
        std::fprintf(stderr, "llmtrail: error: %s\n", error.what());
        return static_cast<int>(ExitCode::kInternal);
    }
}
