// A file system in memory that knows what was synced: file contents by sync(), names by
// sync_directory(). power_cut() forgets the rest, or keeps a random part of it as real disks do.
// Any operation can be made to fail once, or to be the last before the machine stops. Operations
// are counted from 0 since construction or reset_count(). No symlinks, no permissions. One thread.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "fakes/fake_random.h"
#include "platform/file_system.h"

namespace llmtrail {

enum class PowerCut : uint8_t {
    kForget,  // nothing unsynced survives
    kPrefix,  // a random prefix of each unsynced tail; unsynced names of a directory survive or not
    kZeroPages,  // unsynced tails keep their length, some of their pages read as zero
    kKeepAll,    // the process died, the machine did not
    kScattered,  // as kPrefix, and each unsynced change of a name survives or not by itself
};

class FakeDisk : public FileSystem {
 public:
    struct Node {
        FileId id;
        Bytes content;
        Bytes durable;
        uint32_t mode = 0;
        UnixNanos modified;
        uint64_t reserved_bytes = 0;
        bool lost_pages = false;  // a sync failed: later ones say yes and do nothing
    };

    using Names = std::map<std::string, std::shared_ptr<Node>>;

    // Faults.
    void fail_operation(uint64_t number, int os_error) { failing_ = {number, os_error}; }

    void stop_after(uint64_t operations) {
        stop_at_ = operations;
    }  // everything fails from there on

    void power_cut(PowerCut kind, FakeRandom& random);  // and the machine starts again
    void reset_count();

    uint64_t operations() const { return operations_; }

    // What a test sees and does behind the program's back; not counted.
    void put_file(const std::string& path, ByteView content, uint32_t mode = 0600);  // synced
    void set_modified(const std::string& path, UnixNanos when);
    Bytes content(const std::string& path) const;  // "" when there is none

    bool exists(const std::string& path) const { return live_.count(path) != 0; }

    uint64_t reserved_bytes() const;  // beyond the ends of all files

    void remove_file(const std::string& path);
    std::vector<std::string> names(const std::string& directory) const;
    void copy_to(FakeDisk& other) const;  // another disk with the same synced files

    void set_free_bytes(uint64_t bytes) { free_bytes_ = bytes; }

    uint64_t reads() const { return reads_; }

    Result<std::unique_ptr<ReadableFile>> open_readable(const std::string& path,
                                                        bool follow) override;
    Result<std::unique_ptr<AppendFile>> create_exclusive(const std::string& path,
                                                         uint32_t mode) override;
    Result<std::unique_ptr<AppendFile>> open_append(const std::string& path,
                                                    uint32_t mode) override;
    Result<Bytes> read_file(const std::string& path, size_t size_bytes_max) override;
    Result<void> replace_file(const std::string& path, ByteView content, uint32_t mode) override;
    Result<void> rename(const std::string& from, const std::string& to) override;
    Result<void> remove(const std::string& path) override;
    Result<void> release_reserved(const std::string& path) override;
    Result<void> sync_directory(const std::string& path) override;
    Result<void> make_directories(const std::string& path, uint32_t mode) override;
    Result<std::vector<std::string>> list(const std::string& directory) override;
    Result<FileInfo> info(const std::string& path, bool follow_symlink) override;
    Result<uint64_t> free_bytes(const std::string& path) override;
    Result<std::unique_ptr<FileLock>> lock(const std::string& path) override;

    // For the open files of this disk.
    Result<void> step(const std::string& doing);  // counts one operation, fails if it shall

    uint64_t boots() const { return boots_; }

    bool stopped() const { return stop_at_ && operations_ > *stop_at_; }

    void unlock(const std::string& path) { locks_.erase(path); }

    void count_read() { ++reads_; }

    static FileInfo info_of(const Node& node);

 private:
    Names scattered_names(FakeRandom& random) const;
    std::shared_ptr<Node> find(const std::string& path) const;
    std::shared_ptr<Node> make(const std::string& path, uint32_t mode);

    Names live_;
    Names durable_;
    std::set<std::string> directories_;
    std::set<std::string> locks_;
    std::optional<std::pair<uint64_t, int>> failing_;
    std::optional<uint64_t> stop_at_;
    uint64_t operations_ = 0;
    uint64_t reads_ = 0;
    uint64_t boots_ = 0;
    uint64_t next_inode_ = 1;
    uint64_t free_bytes_ = uint64_t{1} << 40;
};

}  // namespace llmtrail
