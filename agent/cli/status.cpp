#include "cli/commands.h"
#include "cli/status_report.h"
#include "platform/local_listener.h"
#include "platform/wait.h"

namespace llmtrail {

namespace {

constexpr int64_t kAnswerMs = 5'000;
constexpr int64_t kWatchMs = 1'000;
constexpr std::string_view kClearTerminal = "\x1b[H\x1b[2J";

ExitCode refuse_without_answer(const Error& error, Talk& talk) {
    ExitCode code = talk.refuse(error);
    if (error.code == ErrorCode::kPermission) {
        talk.hint("members of the agent's group may ask: adduser YOUR_NAME llmtrail");
    } else {
        talk.hint(
            "does the agent run? systemctl status llmtrail; --socket if it listens elsewhere");
    }
    return code;
}

}  // namespace

ExitCode status_command(const StatusArguments& arguments, CommandSeams seams) {
    for (;;) {
        Result<Bytes> answer = ask_locally(arguments.socket, kLocalAnswerBytesMax, kAnswerMs);
        if (!answer) {
            return refuse_without_answer(answer.error(), seams.talk);
        }
        std::optional<std::string> words = describe_status(*answer);
        if (!words) {
            return refuse_without_answer({ErrorCode::kCorrupt, "what came is no status", 0},
                                         seams.talk);
        }
        std::string text = arguments.json ? std::move(*answer) : std::move(*words);
        if (arguments.watch && seams.data.is_terminal()) {
            text.insert(0, kClearTerminal);
        }
        Result<void> written = seams.data.write(text);
        if (written) {
            written = seams.data.flush();
        }
        if (!written) {
            return seams.talk.refuse(written.error());
        }
        if (!arguments.watch) {
            return ExitCode::kOk;
        }
        (void)wait_for({}, kWatchMs);
    }
}

}  // namespace llmtrail
