#include <algorithm>

#include "base/utf8.h"
#include "cli/commands.h"
#include "json_tree/json_tree.h"
#include "platform/local_listener.h"

namespace llmtrail {

namespace {

constexpr int64_t kVerdictMs = 60'000;  // outputs that go may take a few seconds
constexpr size_t kDigestDigitsShown = 16;

std::string short_digest(JsonValue digest) {
    return terminal_safe(digest.text().substr(0, kDigestDigitsShown));
}

ExitCode refuse_without_verdict(const Error& error, Talk& talk) {
    ExitCode code = talk.refuse(error);
    talk.hint(error.code == ErrorCode::kPermission
                  ? "only root and the agent's own user may: sudo llmtrail reload"
                  : "does the agent run? systemctl status llmtrail; --socket if it listens "
                    "elsewhere");
    return code;
}

void tell_errors(JsonValue verdict, Talk& talk) {
    for (JsonValue error : verdict["errors"].items()) {
        // Several lines, made safe where they were made; here line by line again.
        std::string_view text = error.text();
        while (!text.empty()) {
            size_t end = std::min(text.find('\n'), text.size());
            talk.say(text.substr(0, end));
            text.remove_prefix(std::min(end + 1, text.size()));
        }
    }
}

ExitCode tell_verdict(JsonValue verdict, CommandSeams seams) {
    std::string word = terminal_safe(verdict["verdict"].text());
    std::string line = word + ": generation " +
                       std::to_string(verdict["generation"].integer().value_or(0)) + ", digest " +
                       short_digest(verdict["digest"]) + "\n";
    for (JsonValue key : verdict["keys"].items()) {
        line += "  " + terminal_safe(key.text()) + "\n";
    }
    if (auto written = seams.data.write(line); !written) {
        return seams.talk.refuse(written.error());
    }
    tell_errors(verdict, seams.talk);
    if (word == "accepted" || word == "unchanged") {
        return ExitCode::kOk;
    }
    if (word == "restart needed") {
        seams.talk.error("nothing was changed: what differs is taken over by a start alone");
        seams.talk.hint(
            "systemctl restart llmtrail; `llmtrail check` says what the start would find");
        return ExitCode::kConfig;
    }
    seams.talk.error("nothing was changed: what was in force stays so");
    return word == "forbidden" ? ExitCode::kPermission : ExitCode::kConfig;
}

}  // namespace

std::string reload_socket(const std::string& status_socket) {
    return status_socket + ".reload";
}

ExitCode reload_command(const ReloadArguments& arguments, CommandSeams seams) {
    Result<Bytes> answer =
        ask_locally(reload_socket(arguments.socket), kLocalAnswerBytesMax, kVerdictMs);
    if (!answer) {
        return refuse_without_verdict(answer.error(), seams.talk);
    }
    JsonTree tree;
    Result<JsonValue> read = tree.read(*answer, false);
    if (!read || !read->is_object() || !(*read)["verdict"].exists()) {
        return refuse_without_verdict(
            {ErrorCode::kIo, "the agent ended before it had a verdict", 0}, seams.talk);
    }
    return tell_verdict(*read, seams);
}

}  // namespace llmtrail
