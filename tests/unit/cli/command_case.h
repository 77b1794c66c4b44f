// Runs a command line without a process: texts in, texts and exit code out.
#pragma once

#include <doctest/doctest.h>

#include <algorithm>
#include <cstring>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "cli/commands.h"
#include "fakes/fake_clock.h"
#include "fakes/fake_random.h"
#include "fakes/memory_files.h"

namespace llmtrail {

class TextKeeper : public TextSink {
 public:
    Result<void> write(std::string_view more) override {
        if (text.size() + more.size() > room) {
            return fail(refusal, "the reader has gone");
        }
        text += more;
        return {};
    }

    Result<void> flush() override { return {}; }

    bool is_terminal() const override { return terminal; }

    std::string text;
    size_t room = std::string::npos;
    ErrorCode refusal = ErrorCode::kClosed;
    bool terminal = false;
};

// Gives a text in pieces of `piece` bytes.
class TextInput : public InputStream {
 public:
    TextInput(std::string_view text, size_t piece) : text_(text), piece_(piece) {}

    Result<size_t> read(char* out, size_t size) override {
        size_t some = std::min({size, piece_, text_.size()});
        std::memcpy(out, text_.data(), some);
        text_.remove_prefix(some);
        return some;
    }

 private:
    std::string_view text_;
    size_t piece_;
};

class TextInputs : public Inputs {
 public:
    explicit TextInputs(MemoryFiles& files) : files_(files) {}

    Result<std::unique_ptr<InputStream>> open(const std::string& path) override {
        if (path == "-") {
            return std::make_unique<TextInput>(standard_input, piece);
        }
        auto file = files_.open_readable(path, true);
        if (!file) {
            return fail(file.error());
        }
        return std::make_unique<TextInput>(files_.files[path].text, piece);
    }

    std::string standard_input;
    size_t piece = 1000;

 private:
    MemoryFiles& files_;
};

class CommandCase {
 public:
    ExitCode run(const std::vector<std::string>& arguments) {
        data.text.clear();
        talk_text.text.clear();
        Talk talk(talk_text);
        return run_command_line(arguments,
                                CommandSeams{data, talk, inputs, files, clock, random, own_user});
    }

    MemoryFiles files;
    TextInputs inputs{files};
    TextKeeper data;
    TextKeeper talk_text;
    FakeClock clock;
    FakeRandom random{1};
    uint32_t own_user = 0;
};

inline std::string project_file(const std::string& path) {
    std::ifstream in(std::string(LLMTRAIL_SOURCE_DIR) + "/" + path);
    REQUIRE_MESSAGE(in.good(), path);
    std::ostringstream text;
    text << in.rdbuf();
    return text.str();
}

inline bool contains(std::string_view text, std::string_view part) {
    return text.find(part) != std::string_view::npos;
}

}  // namespace llmtrail
