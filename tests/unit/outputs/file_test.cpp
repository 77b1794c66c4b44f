#include "outputs/file.h"

#include <doctest/doctest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "fakes/fake_network.h"
#include "fakes/fake_random.h"
#include "output_driver.h"
#include "platform/posix.h"

using namespace llmtrail;

namespace {

// A real directory, and files whose operations can be made to fail.
class FaultyFile : public AppendFile {
 public:
    FaultyFile(std::unique_ptr<AppendFile> real, int& countdown, size_t& half)
        : real_(std::move(real)), countdown_(countdown), half_(half) {}

    Result<void> append(ByteView bytes) override {
        if (--countdown_ == 0) {
            (void)real_->append(bytes.substr(0, 10));
            ++half_;
            return fail(ErrorCode::kNoSpace, "no space left on device");
        }
        return real_->append(bytes);
    }

    Result<void> sync() override {
        if (--countdown_ == 0) {
            return fail(ErrorCode::kIo, "input/output error");
        }
        return real_->sync();
    }

    Result<void> reserve(uint64_t size) override { return real_->reserve(size); }

    uint64_t size() const override { return real_->size(); }

 private:
    std::unique_ptr<AppendFile> real_;
    int& countdown_;
    size_t& half_;
};

class FaultyFiles : public FileSystem {
 public:
    int countdown = 0;  // the operation that counts to zero fails
    size_t half_lines = 0;

    Result<std::unique_ptr<AppendFile>> open_append(const std::string& path,
                                                    uint32_t mode) override {
        if (--countdown == 0) {
            return fail(ErrorCode::kPermission, "permission denied");
        }
        Result<std::unique_ptr<AppendFile>> real = real_->open_append(path, mode);
        if (!real) {
            return real;
        }
        return std::unique_ptr<AppendFile>(
            std::make_unique<FaultyFile>(std::move(*real), countdown, half_lines));
    }

    Result<std::unique_ptr<ReadableFile>> open_readable(const std::string& p, bool f) override {
        return real_->open_readable(p, f);
    }

    Result<std::unique_ptr<AppendFile>> create_exclusive(const std::string& p,
                                                         uint32_t m) override {
        return real_->create_exclusive(p, m);
    }

    Result<Bytes> read_file(const std::string& p, size_t max) override {
        return real_->read_file(p, max);
    }

    Result<void> replace_file(const std::string& p, ByteView c, uint32_t m) override {
        return real_->replace_file(p, c, m);
    }

    Result<void> rename(const std::string& a, const std::string& b) override {
        return real_->rename(a, b);
    }

    Result<void> remove(const std::string& p) override { return real_->remove(p); }

    Result<void> sync_directory(const std::string& p) override { return real_->sync_directory(p); }

    Result<void> make_directories(const std::string& p, uint32_t m) override {
        return real_->make_directories(p, m);
    }

    Result<std::vector<std::string>> list(const std::string& d) override { return real_->list(d); }

    Result<FileInfo> info(const std::string& p, bool f) override { return real_->info(p, f); }

    Result<uint64_t> free_bytes(const std::string& p) override { return real_->free_bytes(p); }

    Result<void> release_reserved(const std::string& p) override {
        return real_->release_reserved(p);
    }

    Result<std::unique_ptr<FileLock>> lock(const std::string& p) override { return real_->lock(p); }

 private:
    std::unique_ptr<FileSystem> real_ = make_posix_file_system();
};

struct Bench {
    Bench() {
        std::string pattern = std::filesystem::temp_directory_path() / "llmtrail-file-XXXXXX";
        directory = ::mkdtemp(pattern.data());
        plan.id = "local";
        plan.type = "file";
        plan.path = directory + "/events.cef";
        output = make_file_output(plan, files, random);
        driver.emplace(*output, 30);
    }

    ~Bench() { std::filesystem::remove_all(directory); }

    std::vector<std::string> lines(const std::string& path) const {
        std::ifstream in(path);
        std::vector<std::string> lines;
        for (std::string line; std::getline(in, line);) {
            lines.push_back(line);
        }
        return lines;
    }

    std::string directory;
    OutputPlan plan;
    FaultyFiles files;
    FakeRandom random{3};
    std::unique_ptr<Output> output;
    std::optional<OutputDriver> driver;
};

}  // namespace

TEST_CASE("events become lines of the file, confirmed once synced") {
    Bench bench;
    bench.driver->turn();
    bench.driver->turn();
    REQUIRE(bench.driver->run_until_confirmed());
    std::vector<std::string> lines = bench.lines(bench.plan.path);
    REQUIRE(lines.size() == 30);
    CHECK(lines[29] == OutputDriver::text_of(29, 40));
    CHECK(bench.output->confirmation() == Confirmation::kSynced);
    namespace fs = std::filesystem;
    fs::perms mode = fs::status(bench.plan.path).permissions();
    CHECK((mode & fs::perms::others_all) == fs::perms::none);
}

TEST_CASE("a file that was renamed or removed is left and made anew") {
    Bench bench;
    REQUIRE(bench.driver->run_until_confirmed());
    std::filesystem::rename(bench.plan.path, bench.plan.path + ".1");
    bench.driver->clock.advance_millis(kFileRotationCheckMs);
    OutputDriver second(*bench.output, 40);
    second.clock = bench.driver->clock;
    second.next = 30;
    REQUIRE(second.run_until_confirmed());
    CHECK(bench.lines(bench.plan.path + ".1").size() == 30);
    CHECK(bench.lines(bench.plan.path).size() == 10);

    std::filesystem::remove(bench.plan.path);
    OutputDriver third(*bench.output, 45);
    third.clock = second.clock;
    third.clock.advance_millis(kFileRotationCheckMs);
    third.next = 40;
    REQUIRE(third.run_until_confirmed());
    CHECK(bench.lines(bench.plan.path).size() == 5);
}

TEST_CASE(
    "when the N-th operation on the file fails, no event is lost and no line is mixed with "
    "another") {
    for (int n = 1; n <= 8; ++n) {
        Bench bench;
        bench.files.countdown = n;
        REQUIRE(bench.driver->run_until_confirmed());
        std::set<std::string> seen;
        size_t torn = 0;
        for (const std::string& line : bench.lines(bench.plan.path)) {
            uint64_t index = index_in(line);
            if (index < 30 && line == OutputDriver::text_of(index, 40)) {
                seen.insert(line);
            } else {
                ++torn;
            }
        }
        CHECK(seen.size() == 30);
        CHECK(torn <= bench.files.half_lines);
    }
}

TEST_CASE("a missing directory is an error that is told, and healed when the directory comes") {
    Bench bench;
    bench.plan.path = bench.directory + "/sub/events.cef";
    auto output = make_file_output(bench.plan, bench.files, bench.random);
    OutputDriver driver(*output, 3);
    driver.turn();
    CHECK(output->health() == OutputHealth::kBackingOff);
    CHECK(output->last_error().code == ErrorCode::kNotFound);
    std::filesystem::create_directory(bench.directory + "/sub");
    REQUIRE(driver.run_until_confirmed());
}

TEST_CASE("finish() syncs what is buffered without waiting for the next sync") {
    Bench bench;
    bench.driver->turn(0);
    REQUIRE(bench.driver->run_until_confirmed());
    OutputDriver second(*bench.output, 31);
    second.clock = bench.driver->clock;
    second.clock.monotonic.value -= 5 * kNanosPerMilli;
    second.next = 30;
    bench.output->work(second.clock.monotonic);
    REQUIRE(second.offer(30));
    bench.output->work(second.clock.monotonic);
    CHECK(bench.output->confirmed_end() == 30);
    CHECK_FALSE(bench.output->finish());
    bench.output->work(second.clock.monotonic);
    CHECK(bench.output->finish());
    CHECK(bench.output->confirmed_end() == 31);
}

TEST_CASE("the table of outputs knows its types and refuses others") {
    Bench bench;
    FakeNetwork network;
    CHECK(make_output(bench.plan, network, bench.files, bench.random));
    bench.plan.type = "syslog";
    CHECK(make_output(bench.plan, network, bench.files, bench.random));
    bench.plan.type = "carrier-pigeon";
    auto refused = make_output(bench.plan, network, bench.files, bench.random);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == ErrorCode::kInvalidArgument);
}
