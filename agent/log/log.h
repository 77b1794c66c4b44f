// What the daemon tells the person who runs it. Only pipeline and cli log; library folders return
// errors. ERROR: data lost or a person must act. WARN: odd, but recovered. INFO: state changed.
// DEBUG: never per record. One failure, one line. Any thread. Never fails: a line that cannot be
// written is dropped.
//
//   log.warn({"source ", LogName{id}, ": ", unread, " bytes of ", LogName{path}, " were lost"});
//
// A line is made of literals of this program, numbers, errors and names. Prompts and log text have
// no way in: there is no conversion from a string. A path, id or host name takes LogName, which is
// cut and freed of control characters.
#pragma once

#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

namespace llmtrail {

enum class LogLevel : uint8_t { kError, kWarn, kInfo, kDebug };

inline constexpr size_t kLogNameBytesMax = 512;
inline constexpr size_t kLogErrorBytesMax = 1024;

// A name from the configuration or the file system, never text of a document.
struct LogName {
    std::string_view text;
};

class LogPart {
 public:
    template <size_t N>
    // NOLINTNEXTLINE(google-explicit-constructor): a literal is a part of a line
    consteval LogPart(const char (&literal)[N]) : text_(literal, N - 1) {}

    template <std::signed_integral Integer>
    // NOLINTNEXTLINE(google-explicit-constructor)
    LogPart(Integer number)
        : kind_(Kind::kSigned), bits_(static_cast<uint64_t>(static_cast<int64_t>(number))) {}

    template <std::unsigned_integral Integer>
    // NOLINTNEXTLINE(google-explicit-constructor)
    LogPart(Integer number) : kind_(Kind::kUnsigned), bits_(number) {}

    // NOLINTNEXTLINE(google-explicit-constructor)
    LogPart(LogName name) : kind_(Kind::kName), text_(name.text) {}

    // NOLINTNEXTLINE(google-explicit-constructor)
    LogPart(const Error& error) : kind_(Kind::kError), text_(error.message) {}

    LogPart(std::string_view) = delete;
    LogPart(const std::string&) = delete;
    LogPart(bool) = delete;

    void append_to(std::string& line) const;

 private:
    enum class Kind : uint8_t { kLiteral, kSigned, kUnsigned, kName, kError };

    Kind kind_ = Kind::kLiteral;
    uint64_t bits_ = 0;
    std::string_view text_;
};

class Log {
 public:
    virtual ~Log() = default;
    // `line`: one line, no line end, no control characters.
    virtual void write(LogLevel level, std::string_view line) = 0;

    using Parts = std::initializer_list<LogPart>;

    void error(Parts parts) { put(LogLevel::kError, parts); }

    void warn(Parts parts) { put(LogLevel::kWarn, parts); }

    void info(Parts parts) { put(LogLevel::kInfo, parts); }

    void debug(Parts parts) { put(LogLevel::kDebug, parts); }

 private:
    void put(LogLevel level, Parts parts);
};

// stderr: "<4>line" when systemd's journal reads it (JOURNAL_STREAM), else "TIME warn: line".
// Lines less urgent than `least` are dropped.
std::unique_ptr<Log> make_stderr_log(LogLevel least);

}  // namespace llmtrail
