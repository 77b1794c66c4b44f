#include <poll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <vector>

#include "platform/wait.h"

namespace llmtrail {

namespace {

class EventFdWaker : public Waker {
 public:
    explicit EventFdWaker(int descriptor) : descriptor_(descriptor) {}

    ~EventFdWaker() override { ::close(descriptor_); }

    void wake() override {
        uint64_t one = 1;
        // A full counter means that a wake-up is already pending.
        [[maybe_unused]] ssize_t written = ::write(descriptor_, &one, sizeof one);
    }

    void clear() override {
        uint64_t count = 0;
        [[maybe_unused]] ssize_t got = ::read(descriptor_, &count, sizeof count);
    }

    int descriptor() const override { return descriptor_; }

 private:
    int descriptor_;
};

class SignalFdSource : public SignalSource {
 public:
    explicit SignalFdSource(int descriptor) : descriptor_(descriptor) {}

    ~SignalFdSource() override { ::close(descriptor_); }

    int descriptor() const override { return descriptor_; }

    std::optional<ProcessSignal> take() override {
        signalfd_siginfo info{};
        if (::read(descriptor_, &info, sizeof info) != static_cast<ssize_t>(sizeof info)) {
            return std::nullopt;
        }
        return info.ssi_signo == SIGHUP ? ProcessSignal::kReload : ProcessSignal::kStop;
    }

 private:
    int descriptor_;
};

}  // namespace

Result<int> wait_for(std::span<WaitEntry> entries, int64_t timeout_ms) {
    static constexpr size_t kEntriesMax = 64;
    std::array<pollfd, kEntriesMax> polled{};
    size_t count = 0;
    for (WaitEntry& entry : entries) {
        entry.ready = false;
        if (entry.descriptor >= 0 && entry.wants != StreamWants::kNothing && count < kEntriesMax) {
            polled[count].fd = entry.descriptor;
            polled[count].events = entry.wants == StreamWants::kWrite ? POLLOUT : POLLIN;
            ++count;
        }
    }
    int ready = ::poll(polled.data(), count, timeout_ms < 0 ? -1 : static_cast<int>(timeout_ms));
    if (ready < 0) {
        return errno == EINTR ? Result<int>(0)
                              : fail(error_from_errno(errno, "waiting for descriptors"));
    }
    size_t at = 0;
    for (WaitEntry& entry : entries) {
        if (entry.descriptor >= 0 && entry.wants != StreamWants::kNothing && at < count) {
            entry.ready = polled[at++].revents != 0;
        }
    }
    return ready;
}

Result<std::unique_ptr<Waker>> make_waker() {
    int descriptor = ::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (descriptor < 0) {
        return fail(error_from_errno(errno, "making an eventfd"));
    }
    return std::unique_ptr<Waker>(std::make_unique<EventFdWaker>(descriptor));
}

Result<std::unique_ptr<SignalSource>> make_signal_source() {
    std::signal(SIGPIPE, SIG_IGN);
    sigset_t handled;
    sigemptyset(&handled);
    sigaddset(&handled, SIGTERM);
    sigaddset(&handled, SIGINT);
    sigaddset(&handled, SIGHUP);
    if (int failed = ::pthread_sigmask(SIG_BLOCK, &handled, nullptr); failed != 0) {
        return fail(error_from_errno(failed, "blocking signals"));
    }
    int descriptor = ::signalfd(-1, &handled, SFD_NONBLOCK | SFD_CLOEXEC);
    if (descriptor < 0) {
        return fail(error_from_errno(errno, "making a signalfd"));
    }
    return std::unique_ptr<SignalSource>(std::make_unique<SignalFdSource>(descriptor));
}

}  // namespace llmtrail
