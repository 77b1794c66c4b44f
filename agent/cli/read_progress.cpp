#include "cli/read_progress.h"

#include <algorithm>
#include <utility>

#include "pipeline/spool_usage.h"

namespace llmtrail {

namespace {

constexpr uint64_t kShareMost = 99;  // what is read twice counts twice

class CountedFile : public ReadableFile {
 public:
    CountedFile(std::unique_ptr<ReadableFile> file, ReadProgress& progress)
        : file_(std::move(file)), progress_(progress) {}

    Result<size_t> read_at(uint64_t offset, char* out, size_t size) override {
        Result<size_t> got = file_->read_at(offset, out, size);
        progress_.note_read(got ? *got : 0);
        return got;
    }

    Result<FileInfo> info() override { return file_->info(); }

 private:
    std::unique_ptr<ReadableFile> file_;
    ReadProgress& progress_;
};

}  // namespace

ReadProgress::ReadProgress(std::string doing, const std::string& spool_directory,
                           CommandSeams seams)
    : doing_(std::move(doing)), seams_(seams), shown_(seams.clock.monotonic_now()) {
    if (seams.talk.is_terminal()) {
        Result<SpoolUsage> usage = spool_usage(spool_directory, seams.files);
        total_bytes_ = usage ? usage->payload_bytes : 0;
    }
}

ReadProgress::~ReadProgress() {
    seams_.talk.progress("");
}

void ReadProgress::note_read(uint64_t bytes) {
    read_bytes_ += bytes;
    MonotonicNanos now = seams_.clock.monotonic_now();
    if (total_bytes_ == 0 || now.millis_since(shown_) < kProgressIntervalMs) {
        return;
    }
    shown_ = now;
    auto share = static_cast<uint64_t>(100.0 * static_cast<double>(read_bytes_) /
                                       static_cast<double>(total_bytes_));
    seams_.talk.progress(doing_ + ", " + std::to_string(std::min(share, kShareMost)) + " %");
}

Result<std::unique_ptr<ReadableFile>> ReadProgress::open_readable(const std::string& path,
                                                                  bool follow_symlink) {
    Result<std::unique_ptr<ReadableFile>> file = seams_.files.open_readable(path, follow_symlink);
    if (!file) {
        return file;
    }
    return std::make_unique<CountedFile>(std::move(*file), *this);
}

Result<Bytes> ReadProgress::read_file(const std::string& path, size_t size_bytes_max) {
    return seams_.files.read_file(path, size_bytes_max);
}

Result<std::unique_ptr<AppendFile>> ReadProgress::create_exclusive(const std::string& path,
                                                                   uint32_t mode) {
    return seams_.files.create_exclusive(path, mode);
}

Result<std::unique_ptr<AppendFile>> ReadProgress::open_append(const std::string& path,
                                                              uint32_t mode) {
    return seams_.files.open_append(path, mode);
}

Result<void> ReadProgress::replace_file(const std::string& path, ByteView content, uint32_t mode) {
    return seams_.files.replace_file(path, content, mode);
}

Result<void> ReadProgress::rename(const std::string& from, const std::string& to) {
    return seams_.files.rename(from, to);
}

Result<void> ReadProgress::remove(const std::string& path) {
    return seams_.files.remove(path);
}

Result<void> ReadProgress::release_reserved(const std::string& path) {
    return seams_.files.release_reserved(path);
}

Result<void> ReadProgress::sync_directory(const std::string& path) {
    return seams_.files.sync_directory(path);
}

Result<void> ReadProgress::make_directories(const std::string& path, uint32_t mode) {
    return seams_.files.make_directories(path, mode);
}

Result<std::vector<std::string>> ReadProgress::list(const std::string& directory) {
    return seams_.files.list(directory);
}

Result<FileInfo> ReadProgress::info(const std::string& path, bool follow_symlink) {
    return seams_.files.info(path, follow_symlink);
}

Result<uint64_t> ReadProgress::free_bytes(const std::string& path) {
    return seams_.files.free_bytes(path);
}

Result<std::unique_ptr<FileLock>> ReadProgress::lock(const std::string& path) {
    return seams_.files.lock(path);
}

}  // namespace llmtrail
