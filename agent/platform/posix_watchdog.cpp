#include <sys/timerfd.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <string_view>
#include <utility>

#include "platform/poll_set.h"
#include "platform/posix_file.h"
#include "platform/service_manager.h"
#include "platform/watchdog.h"

namespace llmtrail {

namespace {

constexpr int64_t kTellsInInterval = 3;  // two may be late

int64_t number_in_environment(const char* name, int64_t otherwise) {
    const char* value = ::secure_getenv(name);
    if (value == nullptr) {
        return otherwise;
    }
    std::string_view text = value;
    int64_t number = 0;
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    return error == std::errc() && end == text.data() + text.size() && number > 0 ? number : 0;
}

class WatchedSignals : public SignalSource {
 public:
    WatchedSignals(std::unique_ptr<SignalSource> signals, std::string socket,
                   std::function<bool()> alive, Descriptor timer, std::unique_ptr<PollSet> both)
        : signals_(std::move(signals)),
          socket_(std::move(socket)),
          alive_(std::move(alive)),
          timer_(std::move(timer)),
          both_(std::move(both)) {}

    int descriptor() const override { return both_->descriptor(); }

    std::optional<ProcessSignal> take() override {
        uint64_t expirations = 0;
        if (::read(timer_.get(), &expirations, sizeof expirations) > 0 && alive_()) {
            // Nobody is left to tell of an error: silence is what a watchdog understands.
            (void)notify_service_manager(socket_, "WATCHDOG=1");
        }
        return signals_->take();
    }

 private:
    std::unique_ptr<SignalSource> signals_;
    std::string socket_;
    std::function<bool()> alive_;
    Descriptor timer_;
    std::unique_ptr<PollSet> both_;
};

}  // namespace

int64_t watchdog_interval_ms() {
    bool ours = number_in_environment("WATCHDOG_PID", ::getpid()) == ::getpid();
    return ours ? number_in_environment("WATCHDOG_USEC", 0) / 1000 : 0;
}

Result<std::unique_ptr<SignalSource>> with_watchdog(std::unique_ptr<SignalSource> signals,
                                                    std::string socket, int64_t interval_ms,
                                                    std::function<bool()> alive) {
    if (interval_ms <= 0 || socket.empty()) {
        return signals;
    }
    Descriptor timer(::timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC));
    if (!timer) {
        return fail(error_from_errno(errno, "making a timer"));
    }
    int64_t step_ns = interval_ms * kNanosPerMilli / kTellsInInterval;
    timespec step{step_ns / kNanosPerSecond, step_ns % kNanosPerSecond};
    itimerspec spec{step, step};
    if (::timerfd_settime(timer.get(), 0, &spec, nullptr) != 0) {
        return fail(error_from_errno(errno, "setting a timer"));
    }
    auto both = make_poll_set();
    if (!both) {
        return fail(std::move(both.error()));
    }
    for (int descriptor : {signals->descriptor(), timer.get()}) {
        if (Result<void> watched = (*both)->watch(descriptor, true, false); !watched) {
            return fail(std::move(watched.error()));
        }
    }
    return std::unique_ptr<SignalSource>(
        std::make_unique<WatchedSignals>(std::move(signals), std::move(socket), std::move(alive),
                                         std::move(timer), std::move(*both)));
}

}  // namespace llmtrail
