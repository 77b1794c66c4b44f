// Where a command's data goes (stdout), where its talk goes (stderr), where its input comes from:
// seams, so that tests run commands without a process. stdio_console.cpp is the production side.
// Main thread only.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "crypto/secret.h"
#include "platform/file_system.h"
#include "tail/parted_stream.h"

namespace llmtrail {

class TextSink {
 public:
    virtual ~TextSink() = default;
    // kClosed: the reader has gone (`| head`); kIo: anything else. After an error nothing more is
    // written.
    virtual Result<void> write(std::string_view text) = 0;
    virtual Result<void> flush() = 0;
    virtual bool is_terminal() const = 0;
};

class InputStream : public PartedStream {
 public:
    Result<bool> next_part() override { return false; }
};

class Inputs {
 public:
    virtual ~Inputs() = default;
    // "-": standard input, as it comes. Files are unpacked, each member of an archive a part.
    virtual Result<std::unique_ptr<InputStream>> open(const std::string& path) = 0;

    // One line from the person at the terminal, not shown; kNotFound when there is none.
    virtual Result<Secret> read_hidden(std::string_view) {
        return fail(ErrorCode::kNotFound, "no terminal");
    }
};

std::unique_ptr<TextSink> make_stdout_sink();
std::unique_ptr<TextSink> make_stderr_sink();
std::unique_ptr<Inputs> make_stdio_inputs(FileSystem& files);

}  // namespace llmtrail
