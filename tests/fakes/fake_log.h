// Keeps every line, for tests that ask what the operator would have read. One thread at a time.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "log/log.h"

namespace llmtrail {

class FakeLog : public Log {
 public:
    void write(LogLevel level, std::string_view line) override { lines.emplace_back(level, line); }

    bool contains(std::string_view text) const {
        for (const auto& [level, line] : lines) {
            if (line.find(text) != std::string::npos) {
                return true;
            }
        }
        return false;
    }

    std::vector<std::pair<LogLevel, std::string>> lines;
};

}  // namespace llmtrail
