#include "platform/watchdog.h"

#include <doctest/doctest.h>
#include <unistd.h>

#include <cstdlib>
#include <string>

#include "manager_socket.h"
#include "platform/pulse.h"

using namespace llmtrail;

namespace {

constexpr int64_t kPatienceMs = 20'000;

// Signals that a test sends.
class SentSignals : public SignalSource {
 public:
    int descriptor() const override { return waker_->descriptor(); }

    std::optional<ProcessSignal> take() override {
        waker_->clear();
        return std::exchange(pending_, std::nullopt);
    }

    void send(ProcessSignal signal) {
        pending_ = signal;
        waker_->wake();
    }

 private:
    std::unique_ptr<Waker> waker_ = std::move(*make_waker());
    std::optional<ProcessSignal> pending_;
};

bool becomes_ready(const SignalSource& signals) {
    WaitEntry entry{signals.descriptor(), StreamWants::kRead, false};
    return wait_for({&entry, 1}, kPatienceMs).value_or(0) == 1;
}

bool always() {
    return true;
}

struct Variables {
    Variables(const std::string& usec, const std::string& pid) {
        ::setenv("WATCHDOG_USEC", usec.c_str(), 1);
        ::setenv("WATCHDOG_PID", pid.c_str(), 1);
        if (pid.empty()) {
            ::unsetenv("WATCHDOG_PID");
        }
    }

    Variables(const Variables&) = delete;
    Variables& operator=(const Variables&) = delete;

    ~Variables() {
        ::unsetenv("WATCHDOG_USEC");
        ::unsetenv("WATCHDOG_PID");
    }
};

int64_t interval_with(const std::string& usec, const std::string& pid) {
    Variables variables(usec, pid);
    return watchdog_interval_ms();
}

}  // namespace

TEST_CASE("The watchdog's interval is taken when it is a number and meant for this process") {
    std::string own = std::to_string(::getpid());
    CHECK(watchdog_interval_ms() == 0);
    CHECK(interval_with("60000000", own) == 60'000);
    CHECK(interval_with("60000000", "") == 60'000);
    CHECK(interval_with("60000000", "1") == 0);
    for (const char* usec : {"", "0", "-5", "6e7", "60s", "99999999999999999999"}) {
        CAPTURE(usec);
        CHECK(interval_with(usec, own) == 0);
    }
}

TEST_CASE("Whoever waits for signals feeds the watchdog, and gets the signals as before") {
    Manager manager;
    manager.listen(std::string(1, '\0') + own_name(""));
    auto sent = std::make_unique<SentSignals>();
    SentSignals& sender = *sent;
    auto watched = with_watchdog(std::move(sent), own_name("@"), 30, always);
    REQUIRE(watched);
    for (int turn = 0; turn < 3; ++turn) {
        REQUIRE(becomes_ready(**watched));
        CHECK_FALSE((*watched)->take().has_value());
        CHECK(manager.heard() == "WATCHDOG=1");
    }
    sender.send(ProcessSignal::kReload);
    REQUIRE(becomes_ready(**watched));
    CHECK((*watched)->take() == ProcessSignal::kReload);
}

TEST_CASE("A thread that does not come to its signals tells the watchdog nothing") {
    Manager manager;
    manager.listen(std::string(1, '\0') + own_name(""));
    auto watched = with_watchdog(std::make_unique<SentSignals>(), own_name("@"), 3, always);
    REQUIRE(watched);
    REQUIRE(becomes_ready(**watched));
    CHECK(manager.heard() == "nothing");
}

TEST_CASE(
    "A worker that hangs makes the process silent, one that waits or ends its turns does not") {
    Manager manager;
    manager.listen(std::string(1, '\0') + own_name(""));
    Pulse pulse;
    auto watched = with_watchdog(std::make_unique<SentSignals>(), own_name("@"), 30,
                                 [&pulse] { return pulse.look(); });
    REQUIRE(watched);
    auto told = [&] {
        REQUIRE(becomes_ready(**watched));
        CHECK_FALSE((*watched)->take().has_value());
        return manager.heard();
    };
    CHECK(told() == "WATCHDOG=1");  // it waits for its start
    pulse.begin_turn();
    CHECK(told() == "WATCHDOG=1");
    CHECK(told() == "nothing");
    CHECK(told() == "nothing");
    pulse.begin_turn();
    CHECK(told() == "WATCHDOG=1");
    pulse.begin_waiting();
    CHECK(told() == "WATCHDOG=1");
    CHECK(told() == "WATCHDOG=1");
}

TEST_CASE("Without a watchdog the signals are as they were") {
    auto sent = std::make_unique<SentSignals>();
    SignalSource* before = sent.get();
    auto same = with_watchdog(std::move(sent), own_name("@"), 0, always);
    REQUIRE(same);
    CHECK(same->get() == before);
    auto still = with_watchdog(std::move(*same), "", 30, always);
    REQUIRE(still);
    CHECK(still->get() == before);
}
