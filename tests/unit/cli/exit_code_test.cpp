#include "cli/exit_code.h"

#include "command_case.h"

using namespace llmtrail;

TEST_CASE("every error has an exit code of the contract") {
    std::string contract = project_file("docs/contract.md");
    for (int number = 1; number <= 19; ++number) {
        auto code = static_cast<int>(exit_code_of(static_cast<ErrorCode>(number)));
        CAPTURE(number);
        CHECK(code >= 70);
        CHECK(contains(contract, "\n| " + std::to_string(code) + " | "));
    }
    CHECK(exit_code_of(ErrorCode::kPermission) == ExitCode::kPermission);
    CHECK(exit_code_of(ErrorCode::kConfig) == ExitCode::kConfig);
    CHECK(exit_code_of(ErrorCode::kIo) == ExitCode::kIo);
    CHECK(exit_code_of(ErrorCode::kBusy) == ExitCode::kIo);
    CHECK(exit_code_of(ErrorCode::kInternal) == ExitCode::kInternal);
}

TEST_CASE("talk names the program, and nothing raw reaches the terminal") {
    TextKeeper sink;
    Talk talk(sink);
    CHECK(talk.refuse(Error{ErrorCode::kIo, "reading a\x1b[31mb", 5}) == ExitCode::kIo);
    talk.hint("look");
    CHECK(sink.text.starts_with("llmtrail: error: reading a"));
    CHECK(sink.text.ends_with("\nllmtrail: hint: look\n"));
    CHECK_FALSE(contains(sink.text, "\x1b"));
}

TEST_CASE("a reader of stdout that has gone is no news") {
    TextKeeper sink;
    Talk talk(sink);
    CHECK(talk.refuse(Error{ErrorCode::kClosed, "the reader has gone", 32}) == ExitCode::kIo);
    CHECK(sink.text.empty());
}

TEST_CASE("configuration errors are told with their places, and permissions alone give 77") {
    TextKeeper sink;
    Talk talk(sink);
    ConfigError error{"/e/a.yaml",       3, 1, "unknown key `x`", "x: 1", "did you mean `y`?",
                      ErrorCode::kConfig};
    ConfigError permission{"/e/a.yaml", 0, 0, "too open", "", "chmod go-w", ErrorCode::kPermission};
    CHECK(talk.refuse({error}) == ExitCode::kConfig);
    CHECK(sink.text.starts_with("/e/a.yaml:3:1: error: unknown key `x`\n"));
    CHECK(talk.refuse({permission}) == ExitCode::kPermission);
    CHECK(talk.refuse({permission, error}) == ExitCode::kConfig);
}
