#include <sys/epoll.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "platform/poll_set.h"

namespace llmtrail {

namespace {

constexpr int kEventsAtOnce = 32;

class EpollSet final : public PollSet {
 public:
    explicit EpollSet(int epoll) : epoll_(epoll) {}

    ~EpollSet() override { ::close(epoll_); }

    EpollSet(const EpollSet&) = delete;
    EpollSet& operator=(const EpollSet&) = delete;

    Result<void> watch(int descriptor, bool read, bool write) override {
        epoll_event event{};
        event.events = (read ? uint32_t{EPOLLIN} : 0U) | (write ? uint32_t{EPOLLOUT} : 0U);
        event.data.fd = descriptor;
        if (event.events == 0) {
            // Gone already when it was closed before.
            epoll_ctl(epoll_, EPOLL_CTL_DEL, descriptor, &event);
            return {};
        }
        if (epoll_ctl(epoll_, EPOLL_CTL_MOD, descriptor, &event) == 0 ||
            (errno == ENOENT && epoll_ctl(epoll_, EPOLL_CTL_ADD, descriptor, &event) == 0)) {
            return {};
        }
        return fail(error_from_errno(errno, "epoll_ctl"));
    }

    Result<void> take(std::vector<Ready>& ready) override {
        ready.clear();
        std::array<epoll_event, kEventsAtOnce> events;
        int count = epoll_wait(epoll_, events.data(), kEventsAtOnce, 0);
        if (count < 0 && errno != EINTR) {
            return fail(error_from_errno(errno, "epoll_wait"));
        }
        for (int i = 0; i < count; ++i) {
            const epoll_event& event = events[static_cast<size_t>(i)];
            ready.push_back({event.data.fd, (event.events & EPOLLIN) != 0,
                             (event.events & EPOLLOUT) != 0,
                             (event.events & (EPOLLERR | EPOLLHUP)) != 0});
        }
        return {};
    }

    int descriptor() const override { return epoll_; }

 private:
    int epoll_;
};

}  // namespace

Result<std::unique_ptr<PollSet>> make_poll_set() {
    int epoll = epoll_create1(EPOLL_CLOEXEC);
    if (epoll < 0) {
        return fail(error_from_errno(errno, "epoll_create1"));
    }
    return std::unique_ptr<PollSet>(std::make_unique<EpollSet>(epoll));
}

}  // namespace llmtrail
