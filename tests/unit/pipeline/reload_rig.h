// Reloads of a daemon in its threads: what the files would say, who asks and how often, is
// scripted; each request is the next line of the script, answered before the one after it comes.
#pragma once

#include <doctest/doctest.h>

#include <deque>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "crypto/digest.h"
#include "daemon_rig.h"
#include "json_tree/json_tree.h"

namespace llmtrail {

// Calls `ask` for each next request; false: nobody asks any more. What became of it goes to `told`.
class ScriptedRequests : public LocalListener {
 public:
    ScriptedRequests() : waker_(std::move(*make_waker())) { waker_->wake(); }

    int descriptor() const override { return waker_->descriptor(); }

    std::unique_ptr<LocalCaller> accept() override {
        if (!ask || !ask()) {
            waker_->clear();
            return nullptr;
        }
        return std::make_unique<Caller>(*this);
    }

    void answer(ByteView) override {}

    std::function<bool()> ask;
    std::function<void(const std::string& json)> told;
    uint32_t user = 0;

 private:
    class Caller : public LocalCaller {
     public:
        explicit Caller(ScriptedRequests& requests) : requests_(requests) {}

        uint32_t user() const override { return requests_.user; }

        void answer(ByteView text) override { requests_.told(std::string(text)); }

     private:
        ScriptedRequests& requests_;
    };

    std::unique_ptr<Waker> waker_;
};

inline size_t entries_of(const char* directory) {
    size_t count = 0;
    for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(directory)) {
        ++count;
    }
    return count;
}

struct ReloadingDaemon : Daemon {
    ReloadingDaemon() {
        settings.outputs[0].preview_prompt_characters = 60;
        next = settings;
        directory.write("app.jsonl", "");
        requests.told = [this](const std::string& json) { verdicts.push_back(json); };
    }

    // As load_settings() would: what `next` is now.
    LoadedSettings load() const {
        LoadedSettings loaded;
        loaded.digest = Bytes(view(sha256(version)));
        if (!bad.empty()) {
            ConfigError error;
            error.file = "/etc/agent.yaml";
            error.line = 3;
            error.column = 1;
            error.message = bad;
            loaded.errors.push_back(error);
        } else {
            loaded.settings = std::make_shared<const Settings>(next);
        }
        return loaded;
    }

    void write_document() {
        directory.append("app.jsonl", "{\"prompt\":\"document-" + std::to_string(written++) +
                                          " asks\",\"response\":\"r\"}\n");
    }

    Result<RunReport> run() {
        auto watch = make_posix_file_watch();
        auto random = make_posix_random();
        ReloadSeams reload{[this] { return load(); }, Bytes(view(sha256("first"))), &requests, 77};
        return run_pipeline(settings, {},
                            {files, *watch, clock, *random, network, signals, log, pulses, reload});
    }

    // Of the n-th document, at all receivers there ever were: events, and those of them that say
    // they may have come before.
    std::pair<size_t, size_t> arrivals(uint64_t n) const {
        std::string name = "document-" + std::to_string(n) + " ";
        std::pair<size_t, size_t> found;
        for (const auto& connection : network.connections) {
            const std::string text = connection->received();
            for (size_t at = text.find(name); at != std::string::npos;
                 at = text.find(name, at + 1)) {
                size_t begin = text.rfind("CEF:0", at);
                size_t end = std::min(text.find("CEF:0", at), text.size());
                std::string_view event(text.data() + begin, end - begin);
                ++found.first;
                found.second += event.find("llmtrailResent") != std::string_view::npos ? 1U : 0U;
            }
        }
        return found;
    }

    Settings next;
    std::string version = "first";
    std::string bad;  // not empty: the files cannot be used, and why
    ScriptedRequests requests;
    std::vector<std::string> verdicts;
    uint64_t written = 0;
};

inline std::string verdict_word(const std::string& json) {
    JsonTree tree;
    Result<JsonValue> read = tree.read(json, false);
    return read ? std::string((*read)["verdict"].text()) : "";
}

inline int64_t verdict_generation(const std::string& json) {
    JsonTree tree;
    Result<JsonValue> read = tree.read(json, false);
    return read ? (*read)["generation"].integer().value_or(0) : 0;
}

}  // namespace llmtrail
