#include <doctest/doctest.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/stat.h>

#include <filesystem>

#include "fakes/certificates.h"
#include "fakes/tls_server.h"
#include "platform/posix.h"
#include "platform/tls_stream.h"

using namespace llmtrail;

namespace {

template <typename Call>
auto until_done(Stream& stream, Call call) {
    for (;;) {
        auto result = call();
        if (result || result.error().code != ErrorCode::kWouldBlock) {
            return result;
        }
        short events = stream.wants() == StreamWants::kWrite ? POLLOUT : POLLIN;
        pollfd entry{stream.descriptor(), events, 0};
        ::poll(&entry, 1, 10'000);
    }
}

struct Bench {
    Bench() { certificates.issue("server", {}); }

    ServerPlan server_plan() const { return server_plan_of(certificates); }

    TlsOptions trusting() const {
        TlsOptions tls;
        tls.ca_file = certificates.path("ca.pem");
        return tls;
    }

    // Connects, sends one line, reads until the server ends; the first error on the way.
    Error talk(const ServerPlan& plan, const TlsOptions& tls) {
        TlsServer server(plan);
        Error outcome{ErrorCode::kClosed, "", 0};
        auto stream = network->connect_tls(server.endpoint(), tls);
        if (!stream) {
            return stream.error();
        }
        Result<void> up = until_done(**stream, [&] { return (*stream)->establish(); });
        if (!up) {
            outcome = up.error();
        } else {
            (void)until_done(**stream, [&] { return (*stream)->write("hello\n"); });
            (void)until_done(**stream, [&] { return (*stream)->shutdown(); });
            char text[64];
            outcome =
                until_done(**stream, [&] { return (*stream)->read(text, sizeof text); }).error();
        }
        stream->reset();
        received = server.stop();
        negotiated = server.negotiated();
        return outcome;
    }

    CertificateDirectory certificates;
    std::unique_ptr<Network> network = make_posix_network();
    std::string received;
    std::string negotiated;
};

void check_refused(const Error& error, const char* part) {
    CHECK(error.code == ErrorCode::kTls);
    CHECK_MESSAGE(error.message.find(part) != std::string::npos, error.message);
}

}  // namespace

TEST_CASE("with the right certificate bytes arrive, over TLS 1.3 and AES-256-GCM") {
    Bench bench;
    CHECK(bench.talk(bench.server_plan(), bench.trusting()).code == ErrorCode::kClosed);
    CHECK(bench.received == "hello\n");
    CHECK(bench.negotiated == "TLSv1.3 TLS_AES_256_GCM_SHA384");
}

TEST_CASE("the name in server_name is what must be in the certificate") {
    Bench bench;
    bench.certificates.issue("server", {"x", "DNS:siem.example.com", -3600, 3600});
    TlsOptions tls = bench.trusting();
    tls.server_name = "siem.example.com";
    CHECK(bench.talk(bench.server_plan(), tls).code == ErrorCode::kClosed);
    CHECK(bench.received == "hello\n");
    tls.server_name = "other.example.com";
    check_refused(bench.talk(bench.server_plan(), tls), "another name than 'other.example.com'");
    CHECK(bench.received.empty());
}

TEST_CASE("a certificate for another address is refused") {
    Bench bench;
    bench.certificates.issue("server", {"127.0.0.1", "IP:192.0.2.1", -3600, 3600});
    check_refused(bench.talk(bench.server_plan(), bench.trusting()),
                  "another name than '127.0.0.1'");
    CHECK(bench.received.empty());
}

TEST_CASE("a common name is no name") {
    Bench bench;
    bench.certificates.issue("server", {"siem.example.com", "", -3600, 3600});
    TlsOptions tls = bench.trusting();
    tls.server_name = "siem.example.com";
    check_refused(bench.talk(bench.server_plan(), tls), "another name");
}

TEST_CASE("a partial wildcard does not match, a whole one does") {
    Bench bench;
    TlsOptions tls = bench.trusting();
    tls.server_name = "siem.example.com";
    bench.certificates.issue("server", {"x", "DNS:si*.example.com", -3600, 3600});
    check_refused(bench.talk(bench.server_plan(), tls), "another name");
    bench.certificates.issue("server", {"x", "DNS:*.example.com", -3600, 3600});
    CHECK(bench.talk(bench.server_plan(), tls).code == ErrorCode::kClosed);
}

TEST_CASE(
    "a certificate of an unknown CA is refused, also when the system's CAs are all there is") {
    Bench bench;
    Bench other;
    check_refused(bench.talk(bench.server_plan(), other.trusting()), "not signed by a trusted CA");
    check_refused(bench.talk(bench.server_plan(), {}), "not signed by a trusted CA");
    CHECK(bench.received.empty());
}

TEST_CASE("expired and not yet valid certificates are refused and told apart") {
    Bench bench;
    bench.certificates.issue("server", {"x", "IP:127.0.0.1", -7200, -3600});
    check_refused(bench.talk(bench.server_plan(), bench.trusting()), "has expired");
    bench.certificates.issue("server", {"x", "IP:127.0.0.1", 3600, 7200});
    check_refused(bench.talk(bench.server_plan(), bench.trusting()), "not valid yet");
}

TEST_CASE("a receiver without TLS 1.3, or without TLS, is refused with the reason") {
    Bench bench;
    ServerPlan old = bench.server_plan();
    old.version = TLS1_2_VERSION;
    check_refused(bench.talk(old, bench.trusting()), "does not speak TLS 1.3");
    ServerPlan plain = bench.server_plan();
    plain.plain_text = "220 mail.example.com ESMTP\r\n";
    check_refused(bench.talk(plain, bench.trusting()), "does not speak TLS");
}

TEST_CASE("a receiver that requires a client certificate gets it, and its refusal is told") {
    Bench bench;
    ServerPlan plan = bench.server_plan();
    plan.client_ca_file = bench.certificates.path("ca.pem");
    check_refused(bench.talk(plan, bench.trusting()), "requires a client certificate");
    CHECK(bench.received.empty());

    bench.certificates.issue("client", {"agent", "", -3600, 3600});
    TlsOptions tls = bench.trusting();
    tls.cert_file = bench.certificates.path("client.pem");
    tls.key_file = bench.certificates.path("client.key");
    CHECK(bench.talk(plan, tls).code == ErrorCode::kClosed);
    CHECK(bench.received == "hello\n");

    Bench other;
    other.certificates.issue("client", {"agent", "", -3600, 3600});
    tls.cert_file = other.certificates.path("client.pem");
    tls.key_file = other.certificates.path("client.key");
    check_refused(bench.talk(plan, tls), "refused the client certificate");
    CHECK(bench.received.empty());
}

TEST_CASE("unusable files are found before anything is sent, and named") {
    Bench bench;
    bench.certificates.issue("client", {"agent", "", -3600, 3600});
    TlsOptions tls = bench.trusting();
    tls.ca_file = bench.certificates.path("missing.pem");
    check_refused(bench.talk(bench.server_plan(), tls), "missing.pem");

    tls = bench.trusting();
    tls.cert_file = bench.certificates.path("client.pem");
    check_refused(bench.talk(bench.server_plan(), tls), "belong together");

    tls.key_file = bench.certificates.path("server.key");
    check_refused(bench.talk(bench.server_plan(), tls), "does not belong to the certificate");

    tls.key_file = bench.certificates.path("missing.key");
    CHECK(bench.talk(bench.server_plan(), tls).code == ErrorCode::kNotFound);

    tls.key_file = bench.certificates.path("client.key");
    for (mode_t mode : {mode_t{0640}, mode_t{0604}, mode_t{0620}}) {
        REQUIRE(::chmod(tls.key_file.c_str(), mode) == 0);
        Error error = bench.talk(bench.server_plan(), tls);
        CHECK(error.code == ErrorCode::kPermission);
        CHECK(error.message.find("client.key") != std::string::npos);
    }
    REQUIRE(::chmod(tls.key_file.c_str(), 0400) == 0);
    CHECK(bench.talk(bench.server_plan(), tls).code == ErrorCode::kClosed);
}

TEST_CASE("replaced certificate files are used from the next connection on") {
    Bench bench;
    CHECK(bench.talk(bench.server_plan(), bench.trusting()).code == ErrorCode::kClosed);
    Bench other;
    std::filesystem::copy_file(other.certificates.path("ca.pem"), bench.certificates.path("ca.pem"),
                               std::filesystem::copy_options::overwrite_existing);
    check_refused(bench.talk(bench.server_plan(), bench.trusting()), "not signed by a trusted CA");
    CHECK(bench.talk(other.server_plan(), bench.trusting()).code == ErrorCode::kClosed);
}

TEST_CASE("a certificate on the CA's revocation list is refused, and a list is asked of every CA") {
    Bench bench;
    TlsOptions tls = bench.trusting();
    tls.crl_file = bench.certificates.path("crl.pem");
    bench.certificates.revoke("");
    CHECK(bench.talk(bench.server_plan(), tls).code == ErrorCode::kClosed);
    CHECK(bench.received == "hello\n");
    bench.certificates.revoke("server");
    check_refused(bench.talk(bench.server_plan(), tls), "has been revoked");
    bench.certificates.issue("server", {});
    CHECK(bench.talk(bench.server_plan(), tls).code == ErrorCode::kClosed);
    bench.certificates.revoke("", -3600);
    check_refused(bench.talk(bench.server_plan(), tls), "list in crl_file has expired");

    Bench other;
    other.certificates.revoke("");
    tls.crl_file = other.certificates.path("crl.pem");
    check_refused(bench.talk(bench.server_plan(), tls), "has no revocation list");
    tls.crl_file = bench.certificates.path("missing.pem");
    check_refused(bench.talk(bench.server_plan(), tls), "missing.pem");
    tls.crl_file = bench.certificates.path("ca.pem");
    check_refused(bench.talk(bench.server_plan(), tls), "ca.pem");
}

TEST_CASE("with pins the peer's public key must be one of them, whoever signed its certificate") {
    Bench bench;
    TlsOptions tls = bench.trusting();
    std::string pin = bench.certificates.pin("server");
    bench.certificates.issue("next", {});
    tls.pins = {bench.certificates.pin("next"), pin};
    CHECK(bench.talk(bench.server_plan(), tls).code == ErrorCode::kClosed);
    CHECK(bench.received == "hello\n");
    tls.pins.pop_back();
    check_refused(bench.talk(bench.server_plan(), tls), pin.c_str());
    CHECK(bench.received.empty());
    tls.pins = {"sha256//"};
    check_refused(bench.talk(bench.server_plan(), tls), "none of `pins`");

    Bench other;  // a pin does not replace the CA
    tls = other.trusting();
    tls.pins = {pin};
    check_refused(bench.talk(bench.server_plan(), tls), "not signed by a trusted CA");
}

TEST_CASE("a peer that sends session tickets without end is read from a little at a time") {
    Bench bench;
    ServerPlan plan = bench.server_plan();
    plan.tickets = 1'500;
    TlsServer server(plan);
    auto connected = bench.network->connect_tls(server.endpoint(), bench.trusting());
    REQUIRE(connected);
    Stream& stream = **connected;
    REQUIRE(until_done(stream, [&] { return stream.establish(); }));
    uint64_t flooded = server.flooded_bytes();
    REQUIRE(flooded > 8 * kReadBytesPerCall);

    // All of it is on its way: a call that was not bounded would take it in one go.
    auto is_readable = [&] {
        pollfd entry{stream.descriptor(), POLLIN, 0};
        return ::poll(&entry, 1, 0) == 1;
    };
    uint64_t calls = 0;
    char text[64];
    while (is_readable()) {
        Result<size_t> got = stream.read(text, sizeof text);
        REQUIRE_FALSE(got);
        REQUIRE(got.error().code == ErrorCode::kWouldBlock);
        CHECK(stream.wants() == StreamWants::kRead);
        ++calls;
        if (calls == 2) {
            CHECK(stream.write("in between\n"));
        }
    }
    CHECK(calls >= flooded / kReadBytesPerCall - 1);
    CHECK(until_done(stream, [&] { return stream.write("hello\n"); }));
    REQUIRE(until_done(stream, [&] { return stream.shutdown(); }));
    CHECK(until_done(stream, [&] { return stream.read(text, sizeof text); }).error().code ==
          ErrorCode::kClosed);
    connected->reset();
    CHECK(server.stop() == "in between\nhello\n");
}

TEST_CASE("when the certificates of a connection end is known, also of one that is refused") {
    Bench bench;
    bench.certificates.issue("client", {.valid_to_s = 7200});
    auto clock = make_posix_clock();
    auto seconds_left = [&](std::optional<UnixNanos> end) {
        return end ? (end->value - clock->wall_now().value) / kNanosPerSecond : INT64_MIN;
    };
    auto ends_of = [&](const TlsOptions& tls) {
        TlsServer server(bench.server_plan());
        auto stream = bench.network->connect_tls(server.endpoint(), tls);
        REQUIRE(stream);
        CHECK_FALSE((*stream)->certificate_ends().receiver);
        (void)until_done(**stream, [&] { return (*stream)->establish(); });
        CertificateEnds ends = (*stream)->certificate_ends();
        stream->reset();
        server.stop();
        return ends;
    };
    TlsOptions tls = bench.trusting();
    CHECK_FALSE(ends_of(tls).own);
    tls.cert_file = bench.certificates.path("client.pem");
    tls.key_file = bench.certificates.path("client.key");
    CertificateEnds ends = ends_of(tls);
    CHECK(std::abs(seconds_left(ends.receiver) - 3600) < 600);
    CHECK(std::abs(seconds_left(ends.own) - 7200) < 600);
    CHECK(end_of_certificate_file(tls.cert_file) == ends.own);
    CHECK_FALSE(end_of_certificate_file(tls.key_file));
    CHECK_FALSE(end_of_certificate("-----BEGIN CERTIFICATE-----\nAAAA\n"));
    CertificateDirectory others;
    tls = {};
    tls.ca_file = others.path("ca.pem");
    CHECK(std::abs(seconds_left(ends_of(tls).receiver) - 3600) < 600);
}

TEST_CASE("a certificate that ends after all that can be counted has an end") {
    CertificateDirectory certificates;
    certificates.issue("eternal", {.valid_to_s = long{7000} * 365 * 86'400});
    auto end = end_of_certificate_file(certificates.path("eternal.pem"));
    REQUIRE(end);
    CHECK(end->value > INT64_MAX - 2 * kNanosPerSecond);
}
