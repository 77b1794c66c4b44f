#include "anchor/timestamp.h"

#include <doctest/doctest.h>

#include <atomic>
#include <cstdlib>
#include <ctime>
#include <random>
#include <thread>

#include "fakes/anchor_servers.h"
#include "fakes/fake_random.h"

using namespace llmtrail;

namespace {

AnchorTask task_of(uint64_t tree_size) {
    AnchorTask task;
    task.body = {checkpoint_origin(Bytes(16, '\1')), tree_size, sha256("root")};
    return task;
}

struct Rig {
    AnchorServers servers{"llmtrail/none", "00"};
    FakeRandom random{1};
    std::unique_ptr<HttpPoster> http = make_http_poster().value();

    TimestampOptions options(const std::string& path) {
        return {.id = "tsa",
                .url = servers.https(path),
                .ca_file = servers.file("ca.pem"),
                .tls_ca_file = servers.file("ca.pem")};
    }

    Result<AnchorReceipt> ask(TimestampOptions options, uint64_t tree_size = 7) {
        return make_timestamp_holder(std::move(options), *http, random)->anchor(task_of(tree_size));
    }

    Error refused(TimestampOptions options) {
        Result<AnchorReceipt> receipt = ask(std::move(options));
        REQUIRE_FALSE(receipt.has_value());
        CAPTURE(receipt.error().message);
        return receipt.error();
    }
};

bool skipped() {
    if (AnchorServers::installed()) {
        return false;
    }
    MESSAGE("SKIPPED: needs python3 and openssl");
    return true;
}

}  // namespace

TEST_CASE("an authority's timestamp is taken over https, checked, and checks again later") {
    if (skipped()) {
        return;
    }
    Rig rig;
    int64_t before = std::time(nullptr);
    Result<AnchorReceipt> receipt = rig.ask(rig.options("/tsa"));
    REQUIRE_MESSAGE(receipt.has_value(), receipt.error().message);
    CHECK(receipt->given_at.value >= before * kNanosPerSecond);
    CHECK(receipt->given_at.value <= (std::time(nullptr) + 1) * kNanosPerSecond);

    Digest imprint = timestamp_imprint(task_of(7).body);
    const std::string ca = rig.servers.file("ca.pem");
    CHECK(check_timestamp_token(receipt->bytes, imprint, ca).value() == receipt->given_at);
    Digest other = timestamp_imprint(task_of(8).body);
    CHECK(check_timestamp_token(receipt->bytes, other, ca).error().code == ErrorCode::kCrypto);
    CHECK_FALSE(check_timestamp_token(receipt->bytes, imprint, rig.servers.file("other.pem")));
    CHECK_FALSE(check_timestamp_token(receipt->bytes, imprint, rig.servers.file("missing.pem")));

    // openssl itself says the same of the token that was kept.
    TempDirectory kept;
    kept.write("token", receipt->bytes);
    kept.write("text", encode_checkpoint_text(task_of(7).body));
    std::string check = "openssl ts -verify -data " + kept / "text" + " -in " + kept / "token" +
                        " -token_in -CAfile " + ca + " >/dev/null 2>&1";
    CHECK(std::system(check.c_str()) == 0);
}

TEST_CASE("a policy that is asked for is the one in the token, or there is none") {
    if (skipped()) {
        return;
    }
    Rig rig;
    TimestampOptions options = rig.options("/tsa");
    options.policy = "1.2.3.4.2";
    CHECK(rig.ask(options).has_value());
    options.policy = "1.2.3.4.99";
    CHECK(rig.refused(options).code == ErrorCode::kUnsupported);
    options.policy = "not an oid";
    CHECK(rig.refused(options).code == ErrorCode::kInvalidArgument);
}

TEST_CASE("an answer that is not a timestamp of this checkpoint is refused") {
    if (skipped()) {
        return;
    }
    Rig rig;
    REQUIRE(rig.ask(rig.options("/tsa")).has_value());
    // The same imprint, signed by the right authority, but an old answer: only the nonce tells.
    CHECK(rig.refused(rig.options("/tsa/replay")).code == ErrorCode::kCrypto);
    CHECK(rig.refused(rig.options("/tsa/broken")).code == ErrorCode::kCrypto);
    CHECK(rig.refused(rig.options("/tsa/page")).code == ErrorCode::kUnsupported);
    CHECK(rig.refused(rig.options("/nowhere")).code == ErrorCode::kUnsupported);
    CHECK(rig.refused(rig.options("/tsa/huge")).code == ErrorCode::kLimit);
    TimestampOptions other = rig.options("/tsa");
    other.ca_file = rig.servers.file("other.pem");
    CHECK(rig.refused(other).code == ErrorCode::kCrypto);
}

TEST_CASE("redirects are not followed, and http is refused unless it is allowed by name") {
    if (skipped()) {
        return;
    }
    Rig rig;
    CHECK(rig.refused(rig.options("/tsa/redirect")).code == ErrorCode::kUnsupported);
    TimestampOptions plain = rig.options("/tsa");
    plain.url = rig.servers.http("/tsa");
    CHECK(rig.refused(plain).code == ErrorCode::kInvalidArgument);
    plain.allow_http = true;
    CHECK(rig.ask(plain).has_value());
    plain.url = "file:///etc/hostname";
    CHECK(rig.refused(plain).code == ErrorCode::kInvalidArgument);
}

TEST_CASE("the server of an https URL must be who it says") {
    if (skipped()) {
        return;
    }
    Rig rig;
    TimestampOptions options = rig.options("/tsa");
    options.tls_ca_file = rig.servers.file("other.pem");
    CHECK(rig.refused(options).code == ErrorCode::kTls);
    options.tls_ca_file = "";
    CHECK(rig.refused(options).code == ErrorCode::kTls);
    options = rig.options("/tsa");
    options.url.replace(options.url.find("127.0.0.1"), 9, "localhost");  // not in the certificate
    ErrorCode code = rig.refused(options).code;
    CHECK((code == ErrorCode::kTls || code == ErrorCode::kNetwork));
}

TEST_CASE("an authority that hangs is left at once when the agent stops") {
    if (skipped()) {
        return;
    }
    Rig rig;
    std::atomic<int> code{0};
    std::thread asking([&] {
        Result<AnchorReceipt> receipt = rig.ask(rig.options("/tsa/slow"));
        code = receipt ? -1 : static_cast<int>(receipt.error().code);
    });
    rig.http->cancel();
    asking.join();
    CHECK(code == static_cast<int>(ErrorCode::kCancelled));
}

TEST_CASE("no bytes that an authority sends are believed or break anything") {
    FakeRandom random(2);
    Bytes request = make_timestamp_request(sha256("x"), "", random).value();
    CHECK_FALSE(open_timestamp_reply("", request, "/nonexistent"));
    CHECK_FALSE(open_timestamp_reply(request, request, "/nonexistent"));
    std::mt19937_64 dice(7);
    for (int round = 0; round < 2000; ++round) {
        Bytes bytes = request;
        for (int i = 0; i < 3; ++i) {
            bytes[dice() % bytes.size()] = static_cast<char>(dice());
        }
        CHECK_FALSE(open_timestamp_reply(bytes, request, "/nonexistent"));
        CHECK_FALSE(check_timestamp_token(bytes, sha256("x"), "/nonexistent"));
    }
}

TEST_CASE("two requests for one checkpoint differ in their nonce") {
    FakeRandom random(3);
    CHECK(make_timestamp_request(sha256("x"), "", random).value() !=
          make_timestamp_request(sha256("x"), "", random).value());
}
