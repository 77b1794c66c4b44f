// What an output tells of the certificates of its connection: those of the last one that showed
// some, also while it is down.
#include <doctest/doctest.h>

#include "fakes/fake_network.h"
#include "fakes/fake_random.h"
#include "output_driver.h"
#include "outputs/syslog.h"

using namespace llmtrail;

TEST_CASE("an output keeps what its last connection showed, refused or not") {
    constexpr UnixNanos kOld{1'700'000'000 * kNanosPerSecond};
    constexpr UnixNanos kNew{1'900'000'000 * kNanosPerSecond};
    FakeNetwork network;
    FakeRandom random{1};
    FakePeer expired;
    expired.establish_error = Error{ErrorCode::kTls, "the certificate has expired", 0};
    expired.certificate_ends = {kOld, std::nullopt};
    FakePeer unreachable;
    unreachable.refuse_at_once = Error{ErrorCode::kNetwork, "connection refused", 0};
    network.scripts = {expired, unreachable};
    network.otherwise.certificate_ends = {kNew, kOld};
    OutputPlan plan;
    plan.id = "soc";
    plan.carrier = Carrier::kTls;
    auto output = make_syslog_output(plan, network, random);
    OutputDriver driver(*output, 5, 40);
    CHECK_FALSE(output->certificate_ends().receiver);
    for (size_t attempts : {1U, 2U}) {
        while (network.attempts < attempts) {
            driver.turn(10);
        }
        driver.turn(1);
        CHECK(output->certificate_ends().receiver == kOld);
        CHECK_FALSE(output->certificate_ends().own);
    }
    REQUIRE(driver.run_until_confirmed());
    CHECK(output->certificate_ends().receiver == kNew);
    CHECK(output->certificate_ends().own == kOld);
}
