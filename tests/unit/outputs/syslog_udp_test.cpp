// Syslog over UDP, where a refusal is all that ever comes back.
#include <doctest/doctest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <utility>

#include "fakes/fake_network.h"
#include "fakes/fake_random.h"
#include "output_driver.h"
#include "outputs/syslog.h"
#include "outputs/unrefused_bytes.h"
#include "platform/posix.h"

using namespace llmtrail;

namespace {

OutputPlan plan(Endpoint to) {
    OutputPlan plan;
    plan.id = "soc";
    plan.type = "syslog";
    plan.address = std::move(to);
    plan.carrier = Carrier::kUdp;
    plan.host_name = "app01";
    plan.process_id = 42;
    return plan;
}

// A port of UDP on this host where somebody listens, or not.
class UdpPort {
 public:
    UdpPort() { open(); }

    ~UdpPort() { close(); }

    UdpPort(const UdpPort&) = delete;
    UdpPort& operator=(const UdpPort&) = delete;

    Endpoint endpoint() const { return {"127.0.0.1", ntohs(address_.sin_port)}; }

    void open() {
        socket_ = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        auto* raw = static_cast<sockaddr*>(static_cast<void*>(&address_));
        socklen_t size = sizeof address_;
        REQUIRE(::bind(socket_, raw, size) == 0);
        REQUIRE(::getsockname(socket_, raw, &size) == 0);
    }

    void close() { ::close(std::exchange(socket_, -1)); }

    std::set<uint64_t> received() const {
        std::set<uint64_t> seen;
        char message[2048];
        for (ssize_t got; (got = ::recv(socket_, message, sizeof message, 0)) > 0;) {
            seen.insert(index_in({message, static_cast<size_t>(got)}));
        }
        return seen;
    }

 private:
    int socket_ = -1;
    sockaddr_in address_ = [] {
        sockaddr_in loopback{};
        loopback.sin_family = AF_INET;
        loopback.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        return loopback;
    }();
};

}  // namespace

TEST_CASE("over UDP nothing is confirmed while the receiver's host says that nobody listens") {
    UdpPort port;
    std::unique_ptr<Network> network = make_posix_network();
    FakeRandom random(1);
    constexpr uint64_t kEvents = 50;
    auto output = make_syslog_output(plan(port.endpoint()), *network, random);
    OutputDriver driver(*output, kEvents);
    port.close();
    bool was_down = false;
    for (int i = 0; i < 600; ++i) {  // a minute of the clock that is moved by hand
        driver.turn(100);
        was_down = was_down || output->health() == OutputHealth::kBackingOff;
    }
    CHECK(was_down);
    CHECK(output->last_error().message.find("refused") != std::string::npos);
    CHECK(output->confirmed_end() == 0);
    CHECK(output->resent_events() > 0);

    port.open();
    REQUIRE(driver.run_until_confirmed());
    std::set<uint64_t> received = port.received();
    CHECK(received.size() == kEvents);
    port.close();
    uint64_t confirmed = output->confirmed_end();
    CHECK(driver.offer(kEvents));
    for (int i = 0; i < 100; ++i) {
        driver.turn(100);
    }
    CHECK(output->confirmed_end() == confirmed);
}

TEST_CASE("over UDP an event counts as sent when nobody has refused it for two seconds") {
    FakeNetwork network;
    network.otherwise.message_bytes_max = 1000;
    FakeRandom random(1);
    auto output = make_syslog_output(plan({"siem.example.com", 514}), network, random);
    OutputDriver driver(*output, 1);
    driver.turn(0);
    driver.turn(kRefusalMs - 1);
    driver.turn(1);
    CHECK(output->confirmed_end() == 0);
    driver.turn(0);
    CHECK(output->confirmed_end() == 1);
    CHECK(output->finish());
}
