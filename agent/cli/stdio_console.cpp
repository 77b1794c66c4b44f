#include <unistd.h>

#include <cerrno>
#include <cstdio>

#include "cli/console.h"
#include "cli/hidden_input.h"
#include "tail/unpacked_stream.h"

namespace llmtrail {

namespace {

class StdioSink : public TextSink {
 public:
    explicit StdioSink(std::FILE* file) : file_(file) {}

    Result<void> write(std::string_view text) override {
        if (!failed_ && std::fwrite(text.data(), 1, text.size(), file_) != text.size()) {
            note_failure();
        }
        return outcome();
    }

    Result<void> flush() override {
        if (!failed_ && std::fflush(file_) != 0) {
            note_failure();
        }
        return outcome();
    }

    bool is_terminal() const override { return isatty(fileno(file_)) == 1; }

 private:
    void note_failure() {
        failed_ = true;
        error_ = errno == EPIPE
                     ? Error{ErrorCode::kClosed, "the reader of the output has gone", EPIPE}
                     : error_from_errno(errno, "writing the output");
    }

    Result<void> outcome() const {
        if (failed_) {
            return fail(error_);
        }
        return {};
    }

    std::FILE* file_;
    bool failed_ = false;
    Error error_;
};

class StandardInput : public InputStream {
 public:
    Result<size_t> read(char* out, size_t size) override {
        size_t got = std::fread(out, 1, size, stdin);
        if (got == 0 && std::ferror(stdin) != 0) {
            return fail(error_from_errno(errno, "reading standard input"));
        }
        return got;
    }
};

class FileInput : public InputStream {
 public:
    explicit FileInput(std::unique_ptr<ReadableFile> file) : file_(std::move(file)) {}

    Result<void> open() {
        const auto info = file_->info();
        if (!info) {
            return fail(info.error());
        }
        // Files of /proc and the like have no size.
        auto text = open_unpacked(*file_, info->size_bytes > 0 ? info->size_bytes : UINT64_MAX);
        if (!text) {
            return fail(text.error());
        }
        text_ = std::move(*text);
        return {};
    }

    Result<size_t> read(char* out, size_t size) override { return text_->read(out, size); }

    Result<bool> next_part() override { return text_->next_part(); }

 private:
    std::unique_ptr<ReadableFile> file_;
    std::unique_ptr<PartedStream> text_;
};

class StdioInputs : public Inputs {
 public:
    explicit StdioInputs(FileSystem& files) : files_(files) {}

    Result<std::unique_ptr<InputStream>> open(const std::string& path) override {
        if (path == "-") {
            return std::make_unique<StandardInput>();
        }
        auto file = files_.open_readable(path, true);
        if (!file) {
            return fail(std::move(file.error()));
        }
        auto input = std::make_unique<FileInput>(std::move(*file));
        if (auto opened = input->open(); !opened) {
            return fail(std::move(opened.error()));
        }
        return input;
    }

    Result<Secret> read_hidden(std::string_view prompt) override {
        return read_hidden_line(prompt);
    }

 private:
    FileSystem& files_;
};

}  // namespace

std::unique_ptr<TextSink> make_stdout_sink() {
    return std::make_unique<StdioSink>(stdout);
}

std::unique_ptr<TextSink> make_stderr_sink() {
    return std::make_unique<StdioSink>(stderr);
}

std::unique_ptr<Inputs> make_stdio_inputs(FileSystem& files) {
    return std::make_unique<StdioInputs>(files);
}

}  // namespace llmtrail
