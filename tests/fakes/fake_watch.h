// A watch that never has news: whoever uses it must poll. Notes what it was asked to watch.
#pragma once

#include <set>
#include <string>

#include "platform/file_watch.h"

namespace llmtrail {

class FakeWatch : public FileWatch {
 public:
    Result<void> watch_directory(const std::string& path) override {
        if (used_up) {
            return fail(ErrorCode::kNoSpace, "no watches left");
        }
        watched.insert(path);
        return {};
    }

    void forget_directories() override { watched.clear(); }

    int descriptor() const override { return -1; }

    bool drain() override { return false; }

    std::set<std::string> watched;
    bool used_up = false;
};

}  // namespace llmtrail
