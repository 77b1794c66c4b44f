#include "fakes/fake_disk.h"

#include <algorithm>
#include <cerrno>

namespace llmtrail {
namespace {

constexpr size_t kPageBytes = 4096;

std::string directory_of(const std::string& path) {
    return path.substr(0, path.rfind('/'));
}

class FakeReadable : public ReadableFile {
 public:
    FakeReadable(FakeDisk& disk, std::shared_ptr<FakeDisk::Node> node)
        : disk_(disk), node_(std::move(node)) {}

    Result<size_t> read_at(uint64_t offset, char* out, size_t size) override {
        Result<void> step = disk_.step("reading");
        if (!step) {
            return fail(step.error());
        }
        disk_.count_read();
        if (offset >= node_->content.size()) {
            return size_t{0};
        }
        return node_->content.copy(out, size, static_cast<size_t>(offset));
    }

    Result<FileInfo> info() override {
        Result<void> step = disk_.step("asking about a file");
        return step ? Result<FileInfo>(FakeDisk::info_of(*node_))
                    : Result<FileInfo>(fail(step.error()));
    }

 private:
    FakeDisk& disk_;
    std::shared_ptr<FakeDisk::Node> node_;
};

class FakeAppend : public AppendFile {
 public:
    FakeAppend(FakeDisk& disk, std::shared_ptr<FakeDisk::Node> node)
        : disk_(disk), node_(std::move(node)), boots_(disk.boots()), size_(node_->content.size()) {}

    Result<void> append(ByteView bytes) override {
        Result<void> step = alive("appending");
        if (!step) {
            // The tail is unknown after an error: half of it arrived.
            node_->content.append(bytes.substr(0, disk_.boots() == boots_ ? bytes.size() / 2 : 0));
            return step;
        }
        node_->content.append(bytes);
        size_ += bytes.size();
        return {};
    }

    Result<void> sync() override {
        Result<void> step = alive("syncing");
        if (!step) {
            node_->lost_pages = node_->lost_pages || !disk_.stopped();
            return step;
        }
        if (!node_->lost_pages) {
            node_->durable = node_->content;
        }
        return {};
    }

    Result<void> reserve(uint64_t size_bytes) override {
        Result<void> step = alive("reserving");
        if (step) {
            node_->reserved_bytes = std::max(node_->reserved_bytes, size_bytes);
        }
        return step;
    }

    uint64_t size() const override { return size_; }

 private:
    // A file that was open when the machine stopped is of no use afterwards.
    Result<void> alive(const char* doing) {
        return boots_ == disk_.boots() ? disk_.step(doing)
                                       : Result<void>(fail(error_from_errno(EIO, doing)));
    }

    FakeDisk& disk_;
    std::shared_ptr<FakeDisk::Node> node_;
    uint64_t boots_;
    uint64_t size_;
};

class FakeLock : public FileLock {
 public:
    FakeLock(FakeDisk& disk, std::string path)
        : disk_(disk), path_(std::move(path)), boots_(disk.boots()) {}

    ~FakeLock() override {
        if (boots_ == disk_.boots()) {
            disk_.unlock(path_);
        }
    }

    FakeLock(const FakeLock&) = delete;
    FakeLock& operator=(const FakeLock&) = delete;

 private:
    FakeDisk& disk_;
    std::string path_;
    uint64_t boots_;
};

// What an unsynced tail may look like afterwards.
Bytes survivor(const FakeDisk::Node& node, PowerCut kind, FakeRandom& random) {
    const Bytes& content = node.content;
    size_t durable = node.durable.size();
    bool appended = content.size() > durable && content.compare(0, durable, node.durable) == 0;
    if (kind == PowerCut::kForget || !appended) {
        return node.durable;
    }
    if (kind == PowerCut::kPrefix || kind == PowerCut::kScattered) {
        return content.substr(
            0, durable + static_cast<size_t>(random.below(content.size() - durable + 1)));
    }
    Bytes kept = content;
    for (size_t page = durable / kPageBytes * kPageBytes; page < kept.size(); page += kPageBytes) {
        if (random.below(2) == 0) {
            size_t begin = std::max(page, durable);
            size_t end = std::min(page + kPageBytes, kept.size());
            std::fill(kept.begin() + static_cast<std::ptrdiff_t>(begin),
                      kept.begin() + static_cast<std::ptrdiff_t>(end), '\0');
        }
    }
    return kept;
}

}  // namespace

Result<void> FakeDisk::step(const std::string& doing) {
    uint64_t number = operations_++;
    if (stop_at_ && number >= *stop_at_) {
        return fail(error_from_errno(EIO, doing));
    }
    if (failing_ && failing_->first == number) {
        return fail(error_from_errno(failing_->second, doing));
    }
    return {};
}

void FakeDisk::reset_count() {
    operations_ = 0;
    failing_.reset();
    stop_at_.reset();
}

void FakeDisk::power_cut(PowerCut kind, FakeRandom& random) {
    reset_count();
    boots_ += 1;
    locks_.clear();
    if (kind == PowerCut::kKeepAll) {
        return;
    }
    Names kept = kind == PowerCut::kScattered ? scattered_names(random) : Names();
    for (const std::string& directory : directories_) {
        if (kind == PowerCut::kScattered) {
            break;
        }
        const Names& names = kind == PowerCut::kPrefix && random.below(2) == 0 ? live_ : durable_;
        for (const auto& [path, node] : names) {
            if (directory_of(path) == directory) {
                kept[path] = node;
            }
        }
    }
    for (const auto& [path, node] : kept) {
        node->content = survivor(*node, kind, random);
        node->durable = node->content;
        node->lost_pages = false;
    }
    live_ = kept;
    durable_ = kept;
}

// A name stands as it was synced, or as it is now.
FakeDisk::Names FakeDisk::scattered_names(FakeRandom& random) const {
    Names all = live_;
    all.insert(durable_.begin(), durable_.end());
    Names kept;
    for (const auto& [path, node] : all) {
        const Names& names = random.below(2) == 0 ? live_ : durable_;
        auto found = names.find(path);
        if (found != names.end()) {
            kept[path] = found->second;
        }
    }
    return kept;
}

std::shared_ptr<FakeDisk::Node> FakeDisk::find(const std::string& path) const {
    auto found = live_.find(path);
    return found == live_.end() ? nullptr : found->second;
}

std::shared_ptr<FakeDisk::Node> FakeDisk::make(const std::string& path, uint32_t mode) {
    auto node = std::make_shared<Node>();
    node->id = {1, next_inode_++, 1};
    node->mode = mode;
    live_[path] = node;
    return node;
}

void FakeDisk::put_file(const std::string& path, ByteView content, uint32_t mode) {
    std::shared_ptr<Node> node = find(path);
    if (!node) {
        node = make(path, mode);
    }
    node->content = content;
    node->durable = content;
    node->mode = mode;
    durable_[path] = node;
    directories_.insert(directory_of(path));
}

void FakeDisk::set_modified(const std::string& path, UnixNanos when) {
    find(path)->modified = when;
}

Bytes FakeDisk::content(const std::string& path) const {
    std::shared_ptr<Node> node = find(path);
    return node ? node->content : Bytes();
}

void FakeDisk::remove_file(const std::string& path) {
    live_.erase(path);
    durable_.erase(path);
}

std::vector<std::string> FakeDisk::names(const std::string& directory) const {
    std::vector<std::string> names;
    for (const auto& [path, node] : live_) {
        if (directory_of(path) == directory) {
            names.push_back(path.substr(directory.size() + 1));
        }
    }
    return names;
}

void FakeDisk::copy_to(FakeDisk& other) const {
    for (const auto& [path, node] : live_) {
        other.put_file(path, node->content, node->mode);
    }
    other.directories_.insert(directories_.begin(), directories_.end());
}

FileInfo FakeDisk::info_of(const Node& node) {
    FileInfo info;
    info.id = node.id;
    info.type = FileType::kRegular;
    info.size_bytes = node.content.size();
    info.modified = node.modified;
    info.mode = node.mode;
    info.links = 1;
    return info;
}

Result<std::unique_ptr<ReadableFile>> FakeDisk::open_readable(const std::string& path, bool) {
    Result<void> done = step("opening " + path);
    std::shared_ptr<Node> node = find(path);
    if (!done || !node) {
        return fail(done ? error_from_errno(ENOENT, "opening " + path) : done.error());
    }
    return std::make_unique<FakeReadable>(*this, node);
}

Result<std::unique_ptr<AppendFile>> FakeDisk::create_exclusive(const std::string& path,
                                                               uint32_t mode) {
    Result<void> done = step("creating " + path);
    if (!done || find(path)) {
        return fail(done ? error_from_errno(EEXIST, "creating " + path) : done.error());
    }
    return std::make_unique<FakeAppend>(*this, make(path, mode));
}

Result<std::unique_ptr<AppendFile>> FakeDisk::open_append(const std::string& path, uint32_t mode) {
    Result<void> done = step("opening " + path);
    if (!done) {
        return fail(done.error());
    }
    std::shared_ptr<Node> node = find(path);
    return std::make_unique<FakeAppend>(*this, node ? node : make(path, mode));
}

Result<Bytes> FakeDisk::read_file(const std::string& path, size_t size_bytes_max) {
    Result<void> done = step("reading " + path);
    std::shared_ptr<Node> node = find(path);
    if (!done || !node) {
        return fail(done ? error_from_errno(ENOENT, "reading " + path) : done.error());
    }
    if (node->content.size() > size_bytes_max) {
        return fail(ErrorCode::kLimit, path + " is too large");
    }
    return node->content;
}

Result<void> FakeDisk::replace_file(const std::string& path, ByteView content, uint32_t mode) {
    Result<void> done = step("replacing " + path);
    if (!done) {
        return done;
    }
    live_.erase(path);
    std::shared_ptr<Node> node = make(path, mode);
    node->content = content;
    node->durable = content;
    return sync_directory(directory_of(path));
}

Result<void> FakeDisk::rename(const std::string& from, const std::string& to) {
    Result<void> done = step("renaming " + from);
    std::shared_ptr<Node> node = find(from);
    if (!done || !node) {
        return fail(done ? error_from_errno(ENOENT, "renaming " + from) : done.error());
    }
    live_.erase(from);
    live_[to] = node;
    return {};
}

Result<void> FakeDisk::remove(const std::string& path) {
    Result<void> done = step("removing " + path);
    if (!done || live_.erase(path) == 0) {
        return fail(done ? error_from_errno(ENOENT, "removing " + path) : done.error());
    }
    return {};
}

Result<void> FakeDisk::release_reserved(const std::string& path) {
    Result<void> done = step("releasing what was reserved for " + path);
    std::shared_ptr<Node> node = find(path);
    if (done && node) {
        node->reserved_bytes = 0;
    }
    return done;
}

uint64_t FakeDisk::reserved_bytes() const {
    uint64_t bytes = 0;
    for (const auto& [path, node] : live_) {
        bytes +=
            node->reserved_bytes - std::min<uint64_t>(node->reserved_bytes, node->content.size());
    }
    return bytes;
}

Result<void> FakeDisk::sync_directory(const std::string& path) {
    Result<void> done = step("syncing " + path);
    if (!done) {
        return done;
    }
    std::erase_if(durable_, [&](const auto& entry) { return directory_of(entry.first) == path; });
    for (const auto& [name, node] : live_) {
        if (directory_of(name) == path) {
            durable_[name] = node;
        }
    }
    return {};
}

Result<void> FakeDisk::make_directories(const std::string& path, uint32_t) {
    Result<void> done = step("making " + path);
    if (done) {
        directories_.insert(path);
    }
    return done;
}

Result<std::vector<std::string>> FakeDisk::list(const std::string& directory) {
    Result<void> done = step("listing " + directory);
    if (!done) {
        return fail(done.error());
    }
    return names(directory);
}

Result<FileInfo> FakeDisk::info(const std::string& path, bool) {
    Result<void> done = step("asking about " + path);
    std::shared_ptr<Node> node = find(path);
    if (!done || !node) {
        return fail(done ? error_from_errno(ENOENT, "asking about " + path) : done.error());
    }
    return info_of(*node);
}

Result<uint64_t> FakeDisk::free_bytes(const std::string&) {
    Result<void> done = step("asking for free space");
    return done ? Result<uint64_t>(free_bytes_) : Result<uint64_t>(fail(done.error()));
}

Result<std::unique_ptr<FileLock>> FakeDisk::lock(const std::string& path) {
    Result<void> done = step("locking " + path);
    if (!done) {
        return fail(done.error());
    }
    if (!locks_.insert(path).second) {
        return fail(ErrorCode::kBusy, path + " is locked");
    }
    return std::make_unique<FakeLock>(*this, path);
}

}  // namespace llmtrail
