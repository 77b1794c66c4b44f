// A spool folder on a real filesystem in which somebody left what is no spool: each thing has its
// own clear reason, none is called clean, none makes the verifier wait.
#include <doctest/doctest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <fstream>

#include "experiment_rig.h"
#include "fakes/odd_disk.h"
#include "fakes/temp_directory.h"
#include "platform/posix.h"

using namespace llmtrail;

namespace {

// The segments and the trusted key of a log, on a disk where files can be odd.
OddDisk odd_copy_of(const Experiment& log) {
    OddDisk disk;
    (void)disk.make_directories(log.options.directory, 0700);
    for (uint64_t no = 0; no <= log.last_segment(); ++no) {
        disk.put_file(log.path(segment_file_name(no)), log.segment(no));
    }
    disk.put_file(kTrustPath, log.disk.content(kTrustPath));
    return disk;
}

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

    void check_refused(std::string_view reason) { check_found(Verdict::kCannotVerify, reason); }

    void check_found(Verdict expected, std::string_view reason) {
        VerifyReport report = verify();
        check_verdict(report, expected);
        CHECK_MESSAGE(report.reason.find(reason) != std::string::npos, report.reason);
    }

    // Whatever stood at `path` is gone.
    void put_odd(const std::string& path, OddFile kind) {
        (void)unlink(path.c_str());
        bool made = kind == OddFile::kFolder ? mkdir(path.c_str(), 0700) == 0
                    : kind == OddFile::kPipe ? mkfifo(path.c_str(), 0600) == 0
                    : kind == OddFile::kLink ? symlink("/nowhere", path.c_str()) == 0
                                             : bind_socket(path);
        REQUIRE(made);
    }

    static bool bind_socket(const std::string& path) {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        REQUIRE(path.size() < sizeof address.sun_path);
        path.copy(address.sun_path, path.size());
        int fd = socket(AF_UNIX, SOCK_STREAM, 0);
        bool bound = bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
        close(fd);
        return bound;
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

TEST_CASE("a link, pipe, folder or socket in the place of a segment is TAMPERED, without waiting") {
    constexpr OddFile kSocket = OddFile::kUnreadable;
    for (OddFile kind : {OddFile::kLink, OddFile::kPipe, OddFile::kFolder, kSocket}) {
        CAPTURE(static_cast<int>(kind));
        for (uint64_t no : {uint64_t{0}, uint64_t{1}, uint64_t{2}, uint64_t{3}}) {
            CAPTURE(no);
            RealSpool spool;
            spool.put_odd(spool.segment(no), kind);
            spool.check_found(Verdict::kTampered, "in the place of a segment");
            CHECK(spool.verify().segment == segment_file_name(no));
        }
    }
}

TEST_CASE("a link, pipe, folder or socket in the place of a key file is refused by name") {
    constexpr OddFile kSocket = OddFile::kUnreadable;
    for (OddFile kind : {OddFile::kLink, OddFile::kPipe, OddFile::kFolder, kSocket}) {
        CAPTURE(static_cast<int>(kind));
        RealSpool spool;
        spool.put_odd(spool.keys(1), kind);
        spool.check_refused(keys_file_name(1));
    }
}

TEST_CASE("a link that leads to the segment is no segment either") {
    RealSpool spool;
    std::string elsewhere = spool.at("/elsewhere");
    REQUIRE(rename(spool.segment(1).c_str(), elsewhere.c_str()) == 0);
    REQUIRE(symlink(elsewhere.c_str(), spool.segment(1).c_str()) == 0);
    spool.check_found(Verdict::kTampered, "in the place of a segment");
}

TEST_CASE("a segment that may not be read is named, and what is TAMPERED before it is told") {
    Experiment made = Experiment::closed(2, 3);
    OddDisk disk = odd_copy_of(made);
    VerifyOptions options = made.without_keys();
    for (bool anchor : {false, true}) {
        options.kept.list = anchor ? made.checkpoints : std::vector<KeptCheckpoint>{};
        options.kept.files = {"siem"};
        disk.put_odd(made.path(segment_file_name(1)), OddFile::kUnreadable);
        VerifyReport report = verify_spool(options, disk);
        check_verdict(report, Verdict::kCannotVerify);
        CHECK(report.segment == segment_file_name(1));
        CHECK(report.segments == 1);
        Bytes first = made.segment(0);
        flip(first, first.size() - 100);
        disk.put_file(made.path(segment_file_name(0)), first);
        check_verdict(verify_spool(options, disk), Verdict::kTampered);
        disk.put_file(made.path(segment_file_name(0)), made.segment(0));
    }
}

TEST_CASE("a torn end before a segment that may not be read is CANNOT_VERIFY there") {
    Experiment made = Experiment::standard();
    uint64_t torn = 4;  // the last one of the second generation
    OddDisk disk = odd_copy_of(made);
    disk.put_odd(made.path(segment_file_name(torn + 1)), OddFile::kUnreadable);
    VerifyReport report = verify_spool(made.without_keys(), disk);
    check_verdict(report, Verdict::kCannotVerify);
    CHECK(report.segment == segment_file_name(torn + 1));
    disk.put_odd(made.path(segment_file_name(torn + 1)), OddFile::kPipe);
    check_verdict(verify_spool(made.without_keys(), disk), Verdict::kTampered);
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
