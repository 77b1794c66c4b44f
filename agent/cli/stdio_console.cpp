#include <unistd.h>

#include <cerrno>
#include <cstdio>

#include "cli/console.h"

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

    Result<size_t> read(char* out, size_t size) override {
        auto got = file_->read_at(offset_, out, size);
        offset_ += got ? *got : 0;
        return got;
    }

 private:
    std::unique_ptr<ReadableFile> file_;
    uint64_t offset_ = 0;
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
        return std::make_unique<FileInput>(std::move(*file));
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
