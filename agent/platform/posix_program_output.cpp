#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <vector>

#include "platform/posix_file.h"
#include "platform/program_output.h"
#include "platform/wait.h"

namespace llmtrail {

namespace {

constexpr size_t kPieceBytes = 4096;

class Child {
 public:
    Child() = default;
    Child(const Child&) = delete;
    Child& operator=(const Child&) = delete;

    ~Child() {
        if (pid_ > 0) {
            (void)kill(pid_, SIGKILL);
            while (waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
            }
        }
    }

    // Its standard output is `out`, everything else of it /dev/null.
    int start(std::span<const char* const> words, int out) {
        posix_spawn_file_actions_t actions;
        posix_spawn_file_actions_init(&actions);
        posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
        posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
        posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
        std::vector<char*> arguments;
        for (const char* word : words) {
            arguments.push_back(const_cast<char*>(word));  // spawn does not change them
        }
        arguments.push_back(nullptr);
        std::array<char*, 1> environment = {nullptr};
        int failed = posix_spawn(&pid_, words.front(), &actions, nullptr, arguments.data(),
                                 environment.data());
        posix_spawn_file_actions_destroy(&actions);
        pid_ = failed == 0 ? pid_ : -1;
        return failed;
    }

 private:
    pid_t pid_ = -1;
};

int64_t monotonic_ms() {
    using std::chrono::duration_cast;
    using std::chrono::milliseconds;
    return duration_cast<milliseconds>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

}  // namespace

Result<Bytes> program_output(std::span<const char* const> words, size_t bytes_max,
                             int64_t timeout_ms) {
    std::array<int, 2> ends{};
    if (pipe2(ends.data(), O_CLOEXEC) != 0) {
        return fail(error_from_errno(errno, "making a pipe"));
    }
    Descriptor in(ends[0]);
    Descriptor out(ends[1]);
    Child child;
    if (int failed = child.start(words, out.get()); failed != 0) {
        return fail(error_from_errno(failed, std::string("starting ") + words.front()));
    }
    out = Descriptor();
    Bytes text;
    int64_t deadline_ms = monotonic_ms() + timeout_ms;
    std::array<char, kPieceBytes> piece{};
    while (text.size() < bytes_max) {
        int64_t left_ms = deadline_ms - monotonic_ms();
        WaitEntry entries[] = {{in.get(), StreamWants::kRead, false}};
        Result<int> ready = wait_for(entries, std::max<int64_t>(left_ms, 0));
        if (!ready || (*ready == 0 && left_ms <= 0)) {
            return ready ? Result<Bytes>(fail(ErrorCode::kTimeout,
                                              std::string(words.front()) + " did not end in time"))
                         : Result<Bytes>(fail(std::move(ready.error())));
        }
        if (*ready == 0) {
            continue;
        }
        ssize_t got = read(in.get(), piece.data(), std::min(piece.size(), bytes_max - text.size()));
        if (got < 0 && errno != EINTR) {
            return fail(error_from_errno(errno, std::string("reading from ") + words.front()));
        }
        if (got == 0) {
            break;
        }
        text.append(piece.data(), got > 0 ? static_cast<size_t>(got) : 0);
    }
    return text;
}

}  // namespace llmtrail
