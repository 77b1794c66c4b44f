// Names to addresses when the name server is slow, gone, or says something else than before.
#include "platform/resolver.h"

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <netdb.h>
#include <netinet/in.h>

#include <atomic>
#include <condition_variable>
#include <cstring>
#include <thread>

using namespace llmtrail;

namespace {

// Answers when it is told to. The threads of lookups may outlive a test: they share it.
struct NameServer {
    Result<SocketAddresses> look_up() {
        std::unique_lock lock(mutex);
        ++asked;
        changed.wait(lock, [this] { return !slow; });
        return answer;
    }

    void answers(Result<SocketAddresses> with) {
        std::lock_guard lock(mutex);
        answer = std::move(with);
        slow = false;
        changed.notify_all();
    }

    int times_asked() {
        std::lock_guard lock(mutex);
        return asked;
    }

    std::mutex mutex;
    std::condition_variable changed;
    bool slow = true;
    int asked = 0;
    Result<SocketAddresses> answer = SocketAddresses{};
};

SocketAddresses address_of(const char* text) {
    SocketAddress address;
    auto* v4 = static_cast<sockaddr_in*>(static_cast<void*>(&address.storage));
    v4->sin_family = AF_INET;
    REQUIRE(::inet_pton(AF_INET, text, &v4->sin_addr) == 1);
    address.size = sizeof *v4;
    return {address};
}

struct Bench {
    std::shared_ptr<std::atomic<int64_t>> passed_ms = std::make_shared<std::atomic<int64_t>>(1);
    std::shared_ptr<NameServer> server = std::make_shared<NameServer>();
    Resolver resolver{
        [server = server](const Endpoint& endpoint, int flags) -> Result<SocketAddresses> {
            if ((flags & AI_NUMERICHOST) != 0) {
                return fail(ErrorCode::kNetwork, endpoint.host + " is a name");
            }
            return server->look_up();
        },
        [passed = passed_ms] { return MonotonicNanos{*passed * 1'000'000}; }};

    std::shared_ptr<Lookup> start(const std::string& host = "siem.example.com") {
        Result<std::shared_ptr<Lookup>> lookup = resolver.start({host, 6514});
        REQUIRE(lookup);
        return *lookup;
    }

    static Result<SocketAddresses> wait_for(const std::shared_ptr<Lookup>& lookup) {
        for (;;) {
            if (std::optional<Result<SocketAddresses>> result = lookup->result()) {
                return std::move(*result);
            }
            std::this_thread::yield();
        }
    }
};

}  // namespace

TEST_CASE("a slow name server blocks nobody, and a name is not asked for twice meanwhile") {
    Bench bench;
    auto first = bench.start();
    CHECK_FALSE(first->result());
    CHECK(bench.start() == first);
    bench.server->answers(address_of("192.0.2.1"));
    CHECK(Bench::wait_for(first));
    CHECK(bench.server->times_asked() == 1);
}

TEST_CASE("a name is asked for anew at each attempt: a changed address is used, an outage ends") {
    Bench bench;
    bench.server->answers(address_of("192.0.2.1"));
    Result<SocketAddresses> before = Bench::wait_for(bench.start());
    bench.server->answers(Result<SocketAddresses>(fail(ErrorCode::kNetwork, "no name server")));
    CHECK_FALSE(Bench::wait_for(bench.start()));
    bench.server->answers(address_of("192.0.2.2"));
    Result<SocketAddresses> after = Bench::wait_for(bench.start());
    REQUIRE(before);
    REQUIRE(after);
    CHECK(std::memcmp(&before->front().storage, &after->front().storage, sizeof(sockaddr_in)) != 0);
    CHECK(bench.server->times_asked() == 3);
}

TEST_CASE("while no name server answers the last addresses of a name are used, for a day") {
    Bench bench;
    const Result<SocketAddresses> silence(fail(ErrorCode::kTimeout, "no name server answers"));
    auto ask = [&](const Result<SocketAddresses>& answer, const char* host = "siem.example.com") {
        bench.server->answers(answer);
        auto lookup = bench.start(host);
        Result<SocketAddresses> found = Bench::wait_for(lookup);
        return std::pair(std::move(found), lookup->doubt());
    };
    CHECK_FALSE(ask(silence).first);  // none is known yet
    CHECK(ask(address_of("192.0.2.1")).second.empty());

    *bench.passed_ms += kLastAddressesMs - 1;
    auto [found, doubt] = ask(silence);
    REQUIRE(found);
    SocketAddress known = address_of("192.0.2.1").front();
    CHECK(std::memcmp(&found->front().storage, &known.storage, sizeof(sockaddr_in)) == 0);
    CHECK(doubt == "no name server answers");
    CHECK_FALSE(ask(silence, "other.example.com").first);
    *bench.passed_ms += 1;  // what is not confirmed does not grow younger by being used
    CHECK_FALSE(ask(silence).first);

    CHECK(ask(address_of("192.0.2.1")).first);
    CHECK_FALSE(ask(fail(ErrorCode::kNetwork, "no such name")).first);
    CHECK_FALSE(ask(silence).first);  // the name has gone, and with it its addresses
}

TEST_CASE("only an answer that a name has no address ends the use of its last ones") {
    struct Row {
        int failure;
        bool used_on;
    };

    for (Row row : {Row{EAI_AGAIN, true}, Row{EAI_SYSTEM, true}, Row{EAI_MEMORY, true},
                    Row{EAI_FAIL, true}, Row{EAI_NONAME, false}, Row{EAI_NODATA, false}}) {
        CAPTURE(row.failure);
        Bench bench;
        bench.server->answers(address_of("192.0.2.1"));
        REQUIRE(Bench::wait_for(bench.start()));
        for (int failure : {row.failure, EAI_AGAIN}) {
            bench.server->answers(
                Result<SocketAddresses>(fail(lookup_error(failure), "it failed")));
            auto lookup = bench.start();
            CHECK(static_cast<bool>(Bench::wait_for(lookup)) == row.used_on);
            CHECK(lookup->doubt() == (row.used_on ? "it failed" : ""));
        }
    }
}

TEST_CASE("addresses of a name that is known are renewed, however many names are known") {
    LastAddresses last;
    auto name = [](size_t i) {
        return Endpoint{"host" + std::to_string(i) + ".example.com", 6514};
    };
    auto at_ms = [](int64_t ms) { return MonotonicNanos{ms * 1'000'000}; };
    for (size_t i = 0; i < kLastAddressesMax; ++i) {
        last.put(name(i), address_of("192.0.2.1"), at_ms(0));
    }
    last.put(name(7), address_of("192.0.2.2"), at_ms(1'000));
    last.put(name(kLastAddressesMax), address_of("192.0.2.3"), at_ms(1'000));
    CHECK_FALSE(last.find(name(kLastAddressesMax), at_ms(1'000)));
    CHECK_FALSE(last.find(name(6), at_ms(kLastAddressesMs)));
    auto renewed = last.find(name(7), at_ms(kLastAddressesMs));
    REQUIRE(renewed);
    SocketAddress now = address_of("192.0.2.2").front();
    CHECK(std::memcmp(&renewed->front().storage, &now.storage, sizeof(sockaddr_in)) == 0);
}

TEST_CASE("names that hang are bounded in number") {
    Bench bench;
    std::vector<std::shared_ptr<Lookup>> hanging;
    for (size_t i = 0; i < kLookupsMax; ++i) {
        hanging.push_back(bench.start("host" + std::to_string(i) + ".example.com"));
    }
    Result<std::shared_ptr<Lookup>> more = bench.resolver.start({"one-more.example.com", 6514});
    REQUIRE_FALSE(more);
    CHECK(more.error().code == ErrorCode::kBusy);
    bench.server->answers(address_of("192.0.2.1"));
    for (const auto& lookup : hanging) {
        CHECK(Bench::wait_for(lookup));
    }
}
