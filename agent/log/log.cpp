#include "log/log.h"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>
#include <sys/stat.h>

#include <cstdlib>

#include "base/utf8.h"

namespace llmtrail {

namespace {

spdlog::level::level_enum spdlog_level(LogLevel level) {
    switch (level) {
        case LogLevel::kError:
            return spdlog::level::err;
        case LogLevel::kWarn:
            return spdlog::level::warn;
        case LogLevel::kInfo:
            return spdlog::level::info;
        case LogLevel::kDebug:
            return spdlog::level::debug;
    }
    return spdlog::level::info;
}

std::string_view journal_prefix(LogLevel level) {
    switch (level) {
        case LogLevel::kError:
            return "<3>";
        case LogLevel::kWarn:
            return "<4>";
        case LogLevel::kInfo:
            return "<6>";
        case LogLevel::kDebug:
            return "<7>";
    }
    return "<6>";
}

// systemd.exec(5): JOURNAL_STREAM is "device:inode" of the stream; a child whose stderr was
// redirected inherits the variable but not the stream, hence the comparison.
bool stderr_goes_to_journal() {
    const char* stream = std::getenv("JOURNAL_STREAM");

    struct stat info {};

    if (stream == nullptr || fstat(STDERR_FILENO, &info) != 0) {
        return false;
    }
    return std::string(stream) == std::to_string(info.st_dev) + ":" + std::to_string(info.st_ino);
}

class StderrLog : public Log {
 public:
    StderrLog(LogLevel least, bool journal)
        : journal_(journal),
          logger_("llmtrail", std::make_shared<spdlog::sinks::stderr_sink_mt>()) {
        logger_.set_level(spdlog_level(least));
        logger_.flush_on(spdlog::level::trace);
        logger_.set_error_handler([](const std::string&) {});
        logger_.set_pattern(journal ? "%v" : "%Y-%m-%dT%H:%M:%S.%eZ %l: %v",
                            spdlog::pattern_time_type::utc);
    }

    void write(LogLevel level, std::string_view line) override {
        try {
            std::string text;
            if (journal_) {
                text = journal_prefix(level);
            }
            text += line;
            logger_.log(spdlog_level(level), spdlog::string_view_t(text.data(), text.size()));
        } catch (const std::exception&) {  // a log line is never worth the daemon
        }
    }

 private:
    bool journal_;
    spdlog::logger logger_;
};

}  // namespace

void LogPart::append_to(std::string& line) const {
    switch (kind_) {
        case Kind::kLiteral:
            line += text_;
            break;
        case Kind::kSigned:
            line += std::to_string(static_cast<int64_t>(bits_));
            break;
        case Kind::kUnsigned:
            line += std::to_string(bits_);
            break;
        case Kind::kName:
            line += terminal_safe(utf8_prefix_bytes(text_, kLogNameBytesMax));
            break;
        case Kind::kError:
            line += terminal_safe(utf8_prefix_bytes(text_, kLogErrorBytesMax));
            break;
    }
}

void Log::put(LogLevel level, Parts parts) {
    std::string line;
    for (const LogPart& part : parts) {
        part.append_to(line);
    }
    write(level, line);
}

std::unique_ptr<Log> make_stderr_log(LogLevel least) {
    return std::make_unique<StderrLog>(least, stderr_goes_to_journal());
}

}  // namespace llmtrail
