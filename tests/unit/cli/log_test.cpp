#include "log/log.h"

#include <doctest/doctest.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <concepts>
#include <cstdlib>
#include <string>

#include "fakes/fake_log.h"

using namespace llmtrail;

namespace {

// What is written to stderr while `act` runs; JOURNAL_STREAM is set to that stream when asked.
template <typename Act>
std::string stderr_of(bool journal, Act act) {
    int file = memfd_create("stderr", MFD_CLOEXEC);
    REQUIRE(file >= 0);
    int saved = dup(STDERR_FILENO);
    dup2(file, STDERR_FILENO);

    struct stat info {};

    fstat(file, &info);
    std::string stream =
        std::to_string(info.st_dev) + ":" + std::to_string(info.st_ino + (journal ? 0 : 1));
    setenv("JOURNAL_STREAM", stream.c_str(), 1);
    act();
    unsetenv("JOURNAL_STREAM");
    dup2(saved, STDERR_FILENO);
    close(saved);
    std::string text(4096, '\0');
    ssize_t size = pread(file, text.data(), text.size(), 0);
    close(file);
    text.resize(size > 0 ? static_cast<size_t>(size) : 0);
    return text;
}

}  // namespace

TEST_CASE("a line is made of literals, numbers, names and errors") {
    FakeLog log;
    std::string id = "app";
    log.warn({"source ", LogName{id}, ": ", uint64_t{18446744073709551615U}, " bytes, ", -5, ": ",
              Error{ErrorCode::kIo, "reading /x", 5}});
    REQUIRE(log.lines.size() == 1);
    CHECK(log.lines[0].first == LogLevel::kWarn);
    CHECK(log.lines[0].second == "source app: 18446744073709551615 bytes, -5: reading /x");
}

TEST_CASE("text has no way into the log") {
    CHECK_FALSE(std::is_constructible_v<LogPart, std::string>);
    CHECK_FALSE(std::is_constructible_v<LogPart, std::string_view>);
    CHECK_FALSE(std::is_constructible_v<LogPart, const char*>);
    CHECK_FALSE(std::is_constructible_v<LogPart, bool>);
    CHECK(std::is_constructible_v<LogPart, LogName>);
    CHECK(std::is_constructible_v<LogPart, Error>);
}

TEST_CASE("names and errors cannot break a line or steer a terminal, and are cut") {
    FakeLog log;
    log.error({"a ", LogName{"x\n<0>forged\x1b[31m"}, " ", Error{ErrorCode::kIo, "y\r\nz", 0}});
    CHECK(log.lines[0].second.find_first_of("\n\r\x1b") == std::string::npos);
    log.error({LogName{std::string(5000, 'x')}});
    CHECK(log.lines[1].second.size() == kLogNameBytesMax);
}

TEST_CASE("the journal gets priorities, a terminal gets times") {
    std::string journal = stderr_of(true, [] {
        auto log = make_stderr_log(LogLevel::kInfo);
        log->error({"one"});
        log->warn({"two"});
        log->info({"three"});
        log->debug({"four"});
    });
    CHECK(journal == "<3>one\n<4>two\n<6>three\n");
    std::string terminal =
        stderr_of(false, [] { make_stderr_log(LogLevel::kDebug)->debug({"100 % {} %v"}); });
    CHECK(terminal.size() > 26);
    CHECK(terminal[10] == 'T');
    CHECK(terminal.ends_with("Z debug: 100 % {} %v\n"));
}
