#include <doctest/doctest.h>
#include <poll.h>
#include <sys/resource.h>

#include "fakes/temp_directory.h"
#include "platform/posix.h"

using namespace llmtrail;

namespace {

bool has_news(const FileWatch& watch) {
    pollfd entry{watch.descriptor(), POLLIN, 0};
    return poll(&entry, 1, 0) == 1;
}

}  // namespace

TEST_CASE("writing, making, renaming and removing files in a watched folder is news") {
    TempDirectory dir;
    const auto watch = make_posix_file_watch();
    REQUIRE(watch->watch_directory(dir.path()));
    REQUIRE(watch->watch_directory(dir.path()));
    CHECK_FALSE(has_news(*watch));
    const auto news = [&] {
        const bool some = has_news(*watch);
        CHECK_FALSE(watch->drain());
        CHECK_FALSE(has_news(*watch));
        return some;
    };
    dir.write("a", "");
    CHECK(news());
    dir.append("a", "x");
    CHECK(news());
    dir.rename("a", "b");
    CHECK(news());
    dir.remove("b");
    CHECK(news());
}

TEST_CASE("a folder made anew at a watched path can be watched again") {
    TempDirectory dir;
    const auto watch = make_posix_file_watch();
    std::filesystem::create_directory(dir / "logs");
    REQUIRE(watch->watch_directory(dir / "logs"));
    dir.rename("logs", "old");
    watch->drain();
    std::filesystem::create_directory(dir / "logs");
    REQUIRE(watch->watch_directory(dir / "logs"));
    watch->drain();
    dir.append("old/a", "x");
    CHECK_FALSE(has_news(*watch));
    dir.append("logs/a", "x");
    CHECK(has_news(*watch));
}

TEST_CASE("a folder that is not there, or is a file, is an error") {
    TempDirectory dir;
    const auto watch = make_posix_file_watch();
    const auto missing = watch->watch_directory(dir / "none");
    REQUIRE_FALSE(missing);
    CHECK(missing.error().code == ErrorCode::kNotFound);
    dir.write("file", "");
    CHECK_FALSE(watch->watch_directory(dir / "file"));
}

TEST_CASE("news that the kernel had to drop is told") {
    // Two names in turn, so that the kernel does not merge their events; its limit is a system
    // setting.
    size_t limit = 0;
    std::FILE* setting = std::fopen("/proc/sys/fs/inotify/max_queued_events", "r");
    if (setting != nullptr) {
        static_cast<void>(std::fscanf(setting, "%zu", &limit));
        std::fclose(setting);
    }
    if (limit == 0 || limit > 100'000) {
        MESSAGE("not shown here: the kernel's event limit is ", limit);
        return;
    }
    TempDirectory dir;
    const auto watch = make_posix_file_watch();
    REQUIRE(watch->watch_directory(dir.path()));
    dir.write("a", "");
    for (size_t i = 0; i <= limit / 2; ++i) {
        dir.rename("a", "b");
        dir.rename("b", "a");
    }
    CHECK(watch->drain());
    CHECK_FALSE(watch->drain());
}

TEST_CASE("without a descriptor to be had there is no watch, and watching says why") {
    rlimit before{};
    REQUIRE(getrlimit(RLIMIT_NOFILE, &before) == 0);
    rlimit none = before;
    none.rlim_cur = 0;
    REQUIRE(setrlimit(RLIMIT_NOFILE, &none) == 0);
    const auto watch = make_posix_file_watch();
    REQUIRE(setrlimit(RLIMIT_NOFILE, &before) == 0);
    CHECK(watch->descriptor() == -1);
    const auto refused = watch->watch_directory("/");
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == ErrorCode::kNoSpace);
    CHECK_FALSE(watch->drain());
}

TEST_CASE("what is forgotten is no news, until it is watched again") {
    TempDirectory dir;
    const auto watch = make_posix_file_watch();
    REQUIRE(watch->watch_directory(dir.path()));
    watch->forget_directories();
    CHECK_FALSE(has_news(*watch));
    dir.write("a", "");
    CHECK_FALSE(has_news(*watch));
    REQUIRE(watch->watch_directory(dir.path()));
    dir.append("a", "x");
    CHECK(has_news(*watch));
    watch->forget_directories();
    watch->forget_directories();
    CHECK_FALSE(has_news(*watch));
}
