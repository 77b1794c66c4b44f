// A spool folder on a real filesystem in which somebody left what is no spool: each thing has its
// own clear reason, none is called clean, none makes the verifier wait.
#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

#include "experiment_rig.h"
#include "fakes/temp_directory.h"
#include "platform/posix.h"

using namespace llmtrail;

namespace {

// A closed log of three segments, copied to a real folder.
struct RealSpool {
    RealSpool() {
        Experiment log = Experiment::closed(2, 3);
        for (const char* folder : {"/state", "/state/spool", "/state/keys", "/trust"}) {
            REQUIRE(mkdir((root.path() + folder).c_str(), 0700) == 0);
        }
        for (const char* folder : {"/state/spool/", "/state/keys/", "/trust/"}) {
            std::string directory(folder);
            for (const std::string& name :
                 log.disk.names(directory.substr(0, directory.size() - 1))) {
                write(directory + name, log.disk.content(directory + name));
            }
        }
        last = log.last_segment();
    }

    std::string at(const std::string& path) const { return root.path() + path; }

    std::string segment(uint64_t no) const { return at("/state/spool/" + segment_file_name(no)); }

    std::string keys(uint64_t no) const { return at("/state/spool/" + keys_file_name(no)); }

    void write(const std::string& path, const Bytes& bytes) const {
        std::ofstream(at(path), std::ios::binary) << bytes;
        REQUIRE(chmod(at(path).c_str(), 0600) == 0);
    }

    VerifyReport verify() {
        return verify_spool({at("/state/spool"), at("/state/keys"), at(kTrustPath)}, *files);
    }

    void check_refused(std::string_view reason) {
        VerifyReport report = verify();
        check_verdict(report, Verdict::kCannotVerify);
        CHECK_MESSAGE(report.reason.find(reason) != std::string::npos, report.reason);
    }

    TempDirectory root;
    std::unique_ptr<FileSystem> files = make_posix_file_system();
    uint64_t last = 0;
};

}  // namespace

TEST_CASE("a spool on a real filesystem is CLEAN, and reading it changes nothing") {
    RealSpool spool;

    struct stat before {};

    REQUIRE(stat(spool.segment(0).c_str(), &before) == 0);
    check_verdict(spool.verify(), Verdict::kClean);

    struct stat after {};

    REQUIRE(stat(spool.segment(0).c_str(), &after) == 0);
    CHECK(before.st_mtim.tv_sec == after.st_mtim.tv_sec);
    CHECK(before.st_size == after.st_size);
}

TEST_CASE("links in the place of segments and key files are refused by name") {
    for (bool key_file : {false, true}) {
        for (uint64_t no : {uint64_t{0}, uint64_t{1}, uint64_t{2}}) {
            RealSpool spool;
            std::string path = key_file ? spool.keys(no) : spool.segment(no);
            std::string elsewhere = spool.at("/elsewhere");
            REQUIRE(rename(path.c_str(), elsewhere.c_str()) == 0);
            REQUIRE(symlink(elsewhere.c_str(), path.c_str()) == 0);
            spool.check_refused("symbolic link");
        }
    }
}

TEST_CASE("a pipe, a folder and a file without read permission are refused, without waiting") {
    {
        RealSpool spool;
        REQUIRE(unlink(spool.segment(1).c_str()) == 0);
        REQUIRE(mkfifo(spool.segment(1).c_str(), 0600) == 0);
        spool.check_refused("not a regular file");
    }
    {
        RealSpool spool;
        REQUIRE(unlink(spool.keys(1).c_str()) == 0);
        REQUIRE(mkfifo(spool.keys(1).c_str(), 0600) == 0);
        spool.check_refused("not a regular file");
    }
    {
        RealSpool spool;
        REQUIRE(unlink(spool.segment(2).c_str()) == 0);
        REQUIRE(mkdir(spool.segment(2).c_str(), 0700) == 0);
        spool.check_refused("");
    }
    if (geteuid() == 0) {
        MESSAGE("run as root: a file without read permission was not tried");
        return;
    }
    RealSpool spool;
    REQUIRE(chmod(spool.segment(1).c_str(), 0) == 0);
    spool.check_refused("permission");
}

TEST_CASE("a local key that others may read is refused, whatever else is in order") {
    RealSpool spool;
    REQUIRE(chmod(spool.at("/state/keys/local.key").c_str(), 0644) == 0);
    spool.check_refused("local.key");
}

TEST_CASE("files of no bytes have their own reasons") {
    const std::pair<const char*, Verdict> cases[] = {
        {"segment 0", Verdict::kTampered},     {"segment 1", Verdict::kTampered},
        {"last segment", Verdict::kTornTail},  {"a key file", Verdict::kCannotVerify},
        {"the trust", Verdict::kCannotVerify}, {"the local key", Verdict::kCannotVerify},
    };
    for (const auto& [name, expected] : cases) {
        CAPTURE(name);
        RealSpool spool;
        std::string which(name);
        std::string path = which == "segment 0"      ? spool.segment(0)
                           : which == "segment 1"    ? spool.segment(1)
                           : which == "last segment" ? spool.segment(spool.last)
                           : which == "a key file"   ? spool.keys(1)
                           : which == "the trust"    ? spool.at(kTrustPath)
                                                     : spool.at("/state/keys/local.key");
        REQUIRE(truncate(path.c_str(), 0) == 0);
        VerifyReport report = spool.verify();
        check_verdict(report, expected);
        CHECK_FALSE(report.reason.empty());
    }
}

TEST_CASE("an empty folder, a missing one and a file in its place CANNOT be verified") {
    RealSpool spool;
    std::string folder = spool.at("/state/spool");
    for (uint64_t no = 0; no <= spool.last; ++no) {
        REQUIRE(unlink(spool.segment(no).c_str()) == 0);
    }
    spool.check_refused("no segment");
    Result<std::vector<std::string>> names = spool.files->list(folder);
    REQUIRE(names);
    for (const std::string& name : *names) {
        REQUIRE(unlink((folder + "/" + name).c_str()) == 0);
    }
    spool.check_refused("no segment");
    REQUIRE(rmdir(folder.c_str()) == 0);
    spool.check_refused("No such file");
    spool.write("/state/spool", "a file");
    spool.check_refused("");
}
