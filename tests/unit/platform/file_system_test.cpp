#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

#include "fakes/temp_directory.h"
#include "platform/posix.h"

using namespace llmtrail;

namespace {

struct Disk {
    TempDirectory dir;
    std::unique_ptr<FileSystem> files = make_posix_file_system();
};

ErrorCode code_of(const auto& result) {
    REQUIRE_FALSE(result);
    return result.error().code;
}

}  // namespace

TEST_CASE("a file made by the agent has its mode whatever the umask") {
    Disk disk;
    const mode_t before = umask(0777);
    const bool created = disk.files->create_exclusive(disk.dir / "made", 0640).has_value();
    const bool appended = disk.files->open_append(disk.dir / "appended", 0604).has_value();
    const bool replaced = disk.files->replace_file(disk.dir / "replaced", "text", 0600).has_value();
    const bool folders = disk.files->make_directories(disk.dir / "a/b", 0750).has_value();
    umask(before);
    CHECK(created);
    CHECK(appended);
    CHECK(replaced);
    CHECK(folders);
    CHECK(disk.files->info(disk.dir / "made", false)->mode == 0640);
    CHECK(disk.files->info(disk.dir / "appended", false)->mode == 0604);
    CHECK(disk.files->info(disk.dir / "replaced", false)->mode == 0600);
    CHECK(disk.files->info(disk.dir / "a", false)->mode == 0750);
    CHECK(disk.files->info(disk.dir / "a/b", false)->mode == 0750);
}

TEST_CASE("what was reserved beyond a file's end is given back, its bytes stay") {
    Disk disk;
    std::string path = disk.dir / "f";
    auto blocks = [&] {
        struct stat status {};

        REQUIRE(::stat(path.c_str(), &status) == 0);
        return status.st_blocks;
    };
    auto file = disk.files->create_exclusive(path, 0600);
    REQUIRE(file);
    REQUIRE((*file)->append("hello"));
    REQUIRE((*file)->sync());
    auto before = blocks();
    if (!(*file)->reserve(4 << 20)) {
        MESSAGE("SKIPPED: this filesystem reserves nothing");
        return;
    }
    CHECK(blocks() >= (4 << 20) / 512);
    timespec long_ago[] = {{1'000'000, 0}, {1'000'000, 5000}};
    REQUIRE(::utimensat(AT_FDCWD, path.c_str(), long_ago, 0) == 0);
    CHECK(disk.files->release_reserved(path));
    CHECK(disk.files->info(path, false)->modified.value == 1'000'000'000'005'000);
    CHECK(blocks() <= std::max<decltype(before)>(before, 8));
    CHECK(*disk.files->read_file(path, 100) == "hello");
    CHECK(code_of(disk.files->release_reserved(disk.dir / "none")) == ErrorCode::kNotFound);
    CHECK_FALSE(disk.files->release_reserved(disk.dir.path()));
}

TEST_CASE("appending, syncing and reading back") {
    Disk disk;
    auto file = disk.files->create_exclusive(disk.dir / "f", 0600);
    REQUIRE(file);
    CHECK((*file)->append("hello "));
    CHECK((*file)->append("world"));
    CHECK((*file)->sync());
    CHECK((*file)->size() == 11);
    const auto reserved = (*file)->reserve(1 << 20);
    CHECK((reserved || reserved.error().code == ErrorCode::kUnsupported));
    CHECK(disk.files->info(disk.dir / "f", false)->size_bytes == 11);
    CHECK(code_of(disk.files->create_exclusive(disk.dir / "f", 0600)) == ErrorCode::kExists);

    auto again = disk.files->open_append(disk.dir / "f", 0644);
    REQUIRE(again);
    CHECK((*again)->size() == 11);
    CHECK((*again)->append("!"));
    CHECK((*again)->size() == 12);
    CHECK(disk.files->info(disk.dir / "f", false)->mode == 0600);  // an existing file keeps its own

    auto readable = disk.files->open_readable(disk.dir / "f", false);
    REQUIRE(readable);
    char text[32] = {};
    CHECK((*readable)->read_at(6, text, sizeof text) == 6);
    CHECK(std::string(text) == "world!");
    CHECK((*readable)->read_at(12, text, sizeof text) == 0);
}

TEST_CASE("a whole file is read up to its limit") {
    Disk disk;
    disk.dir.write("f", std::string(100'000, 'x'));
    CHECK(disk.files->read_file(disk.dir / "f", 100'000)->size() == 100'000);
    CHECK(code_of(disk.files->read_file(disk.dir / "f", 99'999)) == ErrorCode::kLimit);
    CHECK(code_of(disk.files->read_file(disk.dir / "none", 10)) == ErrorCode::kNotFound);
}

TEST_CASE("only regular files are opened, and a FIFO does not block") {
    Disk disk;
    REQUIRE(mkfifo((disk.dir / "fifo").c_str(), 0600) == 0);
    CHECK(code_of(disk.files->open_readable(disk.dir / "fifo", false)) == ErrorCode::kUnsupported);
    CHECK(code_of(disk.files->open_readable(disk.dir.path(), false)) == ErrorCode::kUnsupported);
    disk.dir.write("real", "text");
    std::filesystem::create_symlink(disk.dir / "real", disk.dir / "link");
    CHECK(code_of(disk.files->open_readable(disk.dir / "link", false)) == ErrorCode::kUnsupported);
    CHECK(code_of(disk.files->open_append(disk.dir / "link", 0600)) == ErrorCode::kUnsupported);
    CHECK(disk.files->open_readable(disk.dir / "link", true));
    CHECK(disk.files->info(disk.dir / "link", false)->type == FileType::kSymlink);
    CHECK(disk.files->info(disk.dir / "link", true)->id ==
          disk.files->info(disk.dir / "real", false)->id);
    CHECK(disk.files->info(disk.dir / "fifo", false)->type == FileType::kOther);
}

TEST_CASE(
    "an identity stays with the file and is not given to another, though the inode number is") {
    Disk disk;
    disk.dir.write("a", "1");
    const FileId first = disk.files->info(disk.dir / "a", false)->id;
    disk.dir.rename("a", "b");
    disk.dir.append("b", "2");
    CHECK(disk.files->info(disk.dir / "b", false)->id == first);
    auto open = disk.files->open_readable(disk.dir / "b", false);
    REQUIRE(open);
    CHECK((*open)->info()->id == first);
    open->reset();
    disk.dir.remove("b");
    for (int i = 0; i < 20; ++i) {
        disk.dir.write("c", "3");
        if (first.generation != 0) {
            CHECK(disk.files->info(disk.dir / "c", false)->id != first);
        }
        disk.dir.remove("c");
    }
}

TEST_CASE("replacing a file leaves no temporary one, also over one that a crash left") {
    Disk disk;
    disk.dir.write("f.tmp", "left over");
    CHECK(disk.files->replace_file(disk.dir / "f", "one", 0600));
    CHECK(disk.files->replace_file(disk.dir / "f", "two", 0640));
    CHECK(*disk.files->read_file(disk.dir / "f", 100) == "two");
    CHECK(*disk.files->list(disk.dir.path()) == std::vector<std::string>{"f"});
    CHECK(code_of(disk.files->replace_file(disk.dir / "none/f", "x", 0600)) ==
          ErrorCode::kNotFound);
}

TEST_CASE("folders: made with all above them, listed in order, synced") {
    Disk disk;
    CHECK(disk.files->make_directories(disk.dir / "a/b/c", 0700));
    CHECK(disk.files->make_directories(disk.dir / "a/b/c", 0700));
    disk.dir.write("a/z", "");
    disk.dir.write("a/.y", "");
    CHECK(*disk.files->list(disk.dir / "a") == std::vector<std::string>{".y", "b", "z"});
    CHECK(disk.files->sync_directory(disk.dir / "a"));
    CHECK(code_of(disk.files->make_directories(disk.dir / "a/z", 0700)) == ErrorCode::kExists);
    CHECK(code_of(disk.files->list(disk.dir / "none")) == ErrorCode::kNotFound);
    CHECK(disk.files->rename(disk.dir / "a/z", disk.dir / "a/x"));
    CHECK(disk.files->remove(disk.dir / "a/x"));
    CHECK(code_of(disk.files->remove(disk.dir / "a/x")) == ErrorCode::kNotFound);
    CHECK(*disk.files->free_bytes(disk.dir.path()) > 0);
}

TEST_CASE("a lock is held once, names its holder and ends with its object") {
    Disk disk;
    auto lock = disk.files->lock(disk.dir / "lock");
    REQUIRE(lock);
    const auto second = disk.files->lock(disk.dir / "lock");
    CHECK(code_of(second) == ErrorCode::kBusy);
    CHECK(second.error().message.find("process " + std::to_string(getpid())) != std::string::npos);
    lock->reset();
    CHECK(disk.files->lock(disk.dir / "lock"));
    CHECK(disk.files->info(disk.dir / "lock", false)->mode == 0600);
}

TEST_CASE("the clock goes on and the random source gives different bytes") {
    const auto clock = make_posix_clock();
    const MonotonicNanos before = clock->monotonic_now();
    CHECK(clock->monotonic_now() >= before);
    CHECK(clock->wall_now().value > int64_t{1'700'000'000} * kNanosPerSecond);
    const auto random = make_posix_random();
    std::array<char, 32> one{};
    std::array<char, 32> two{};
    CHECK(random->fill(one.data(), one.size()));
    CHECK(random->fill(two.data(), two.size()));
    CHECK(one != two);
}
