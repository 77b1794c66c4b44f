// A source tail over a real directory, what it handed out, and restarts from its positions as the
// spool would keep them (encoded, and only those committed).
#pragma once

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "fakes/fake_clock.h"
#include "fakes/fake_watch.h"
#include "fakes/guarded_file_system.h"
#include "fakes/temp_directory.h"
#include "platform/posix.h"
#include "tail/source_tail.h"

namespace llmtrail {

// A keyed hash good enough for tests.
inline PositionHash test_hash(ByteView bytes) {
    PositionHash hash{};
    uint64_t state = 0x9E3779B97F4A7C15;
    for (size_t i = 0; i < hash.size(); ++i) {
        for (const char byte : bytes) {
            state = (state ^ static_cast<unsigned char>(byte)) * 0x100000001B3 + 7;
            state ^= state >> 29;
        }
        hash[i] = static_cast<char>(state >> 13);
    }
    return hash;
}

struct HandedOut {
    std::string text;
    std::string path;
    FileId file;
    uint64_t offset = 0;
    uint64_t full_size_bytes = 0;
    bool truncated = false;
    bool unterminated = false;
    uint32_t records_already_sealed = 0;
    std::optional<Reread> reread;
};

class TailRig : private TailSink {
 public:
    explicit TailRig(const std::string& glob = "app.log") {
        options.source_id = "test";
        options.document_bytes_max = size_t{1} << 20;
        options.paths = {dir / glob};
    }

    void start() {
        std::vector<FilePosition> saved;
        for (const auto& [id, encoded] : committed_) {
            ByteReader reader(encoded);
            auto position = decode_position(reader);
            LLMTRAIL_CHECK(position.has_value());
            saved.push_back(std::move(*position));
        }
        tail = SourceTail::make(options, files, watch, clock, test_hash, std::move(saved));
    }

    // As after a crash: what was not committed is forgotten.
    void restart() { start(); }

    void commit() {
        for (const FilePosition& position : tail->changed_positions()) {
            if (position.finished) {
                committed_.erase(position.file);
            } else {
                committed_[position.file].clear();
                encode_position(committed_[position.file], position);
            }
        }
    }

    void look_only() {
        if (!tail) {
            start();
        }
        tail->rescan(*this);
    }

    uint64_t read(uint64_t budget_bytes = UINT64_MAX) { return tail->read(*this, budget_bytes); }

    // A look, all there is to read, a commit; and a restart when the rig is told to restart after
    // each.
    void look() {
        look_only();
        while (read() > 0) {
        }
        commit();
        if (restart_after_each_look) {
            restart();
        }
    }

    std::vector<std::string> texts() const {
        std::vector<std::string> all;
        for (const HandedOut& document : documents) {
            all.push_back(document.text);
        }
        return all;
    }

    uint64_t document_bytes() const {
        uint64_t bytes = 0;
        for (const HandedOut& document : documents) {
            bytes += document.full_size_bytes;
        }
        return bytes;
    }

    size_t committed_positions() const { return committed_.size(); }

    std::vector<OpenRange> committed_ranges(const FileId& file) const {
        ByteReader reader(committed_.at(file));
        auto position = decode_position(reader);
        LLMTRAIL_CHECK(position.has_value());
        return position->open_ranges;
    }

    TempDirectory dir;
    SourceTailOptions options;
    GuardedFileSystem files;
    FakeWatch watch;
    FakeClock clock;
    std::unique_ptr<SourceTail> tail;
    bool restart_after_each_look = false;
    std::function<bool(const TailedDocument&)> on_document;  // what document() returns

    std::vector<HandedOut> documents;
    std::vector<std::pair<std::string, ErrorCode>> problems;
    uint64_t skipped_bytes = 0;
    uint64_t lost_bytes = 0;
    std::vector<std::pair<FileId, std::optional<FileId>>> moves;

 private:
    bool document(const TailedDocument& d) override {
        // The padding can be read, and a document is what it says it is.
        volatile char last = d.bytes.data()[d.bytes.size() + 63];
        static_cast<void>(last);
        LLMTRAIL_CHECK(d.truncated == (d.bytes.size() < d.full_size_bytes));
        documents.push_back({std::string(d.bytes), std::string(d.path), d.file, d.offset,
                             d.full_size_bytes, d.truncated, d.unterminated,
                             d.records_already_sealed, d.reread});
        return on_document ? on_document(d) : true;
    }

    void skipped(uint64_t bytes) override { skipped_bytes += bytes; }

    void file_problem(std::string_view path, const Error& error) override {
        problems.emplace_back(std::string(path), error.code);
    }

    void file_lost(std::string_view, uint64_t unread_bytes) override { lost_bytes += unread_bytes; }

    void content_moved(const FileId& from, const std::optional<FileId>& to) override {
        moves.emplace_back(from, to);
    }

    std::map<FileId, Bytes> committed_;
};

}  // namespace llmtrail
