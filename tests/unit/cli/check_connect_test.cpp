#include <netinet/in.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <fstream>
#include <iterator>

#include "host_case.h"

using namespace llmtrail;

namespace {

// A port that connections are made to and never taken from.
class SilentPort {
 public:
    SilentPort() {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        auto* raw = static_cast<sockaddr*>(static_cast<void*>(&address));
        socklen_t size = sizeof address;
        REQUIRE(::bind(socket_, raw, size) == 0);
        REQUIRE(::listen(socket_, 8) == 0);
        REQUIRE(::getsockname(socket_, raw, &size) == 0);
        port_ = ntohs(address.sin_port);
    }

    ~SilentPort() { ::close(socket_); }

    SilentPort(const SilentPort&) = delete;
    SilentPort& operator=(const SilentPort&) = delete;

    Endpoint endpoint() const { return {"127.0.0.1", port_}; }

 private:
    int socket_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    uint16_t port_ = 0;
};

std::string text_of(const std::string& path) {
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace

TEST_CASE("a receiver in order passes each step, and gets no event") {
    HostCase host;
    TlsServer server(host.server_plan());
    host.configure(host.syslog(server.endpoint()));
    CHECK(host.connect() == ExitCode::kOk);
    host.check_report({"connecting output soc\n", "  name: ok, ", " ms\n  connection: ok, ",
                       " ms\n  TLS 1.3: ok, ", "certificate of `CN=receiver`, 0 days left\n"});
    CHECK(server.stop().empty());
    CHECK(host.run({"check"}) == ExitCode::kOk);
    CHECK_FALSE(contains(host.data.text, "connecting"));
}

TEST_CASE("a port where nobody listens is told with what to look at") {
    HostCase host;
    Endpoint gone;
    {
        TlsServer server(host.server_plan());
        gone = server.endpoint();
        server.stop();
    }
    host.configure(host.syslog(gone));
    CHECK(host.connect() == ExitCode::kIo);
    host.check_report({"  name: ok, ", "  connection: error: connecting to 127.0.0.1:"});
    CHECK_FALSE(contains(host.data.text, "TLS 1.3: "));
    CHECK(contains(host.talk_text.text, "error: output `soc`: connection: "));
    CHECK(contains(host.talk_text.text, "hint: does the receiver listen on 127.0.0.1:"));
}

TEST_CASE("a name that nobody knows fails at the first step") {
    HostCase host;
    host.configure(host.syslog({"no-such-host.invalid", 6514}));
    CHECK(host.connect() == ExitCode::kIo);
    host.check_report({"connecting output soc\n  name: error: resolving no-such-host.invalid"});
    CHECK(contains(host.talk_text.text, "getent hosts no-such-host.invalid"));
}

TEST_CASE("each rule of TLS that refuses is named") {
    enum class Wrong : uint8_t { kNothing, kAuthority, kVersion, kClient };

    struct Refusal {
        Wrong wrong;
        std::string tls;  // more of its settings
        std::vector<std::string> report;
    };

    const Refusal kRefusals[] = {
        {Wrong::kAuthority,
         "",
         {"  connection: ok", "  TLS 1.3: error: ", "not signed by a trusted CA",
          "it showed the certificate of `CN=receiver`, 0 days left"}},
        {Wrong::kVersion, "", {"  connection: ok", "  TLS 1.3: error: ", "does not speak TLS 1.3"}},
        {Wrong::kNothing,
         ", server_name: siem.example",
         {"  TLS 1.3: error: ", "is for another name than 'siem.example'"}},
        {Wrong::kNothing,
         ", pins: ['sha256//" + std::string(43, 'A') + "=']",
         {"  connection: ok", "  TLS 1.3: error: ", "none of `pins`: it is sha256//"}},
        {Wrong::kClient,
         "",
         {"  TLS 1.3: ok, ", "  client certificate: error: ", "requires a client certificate"}},
    };
    for (const Refusal& refusal : kRefusals) {
        CAPTURE(refusal.report.back());
        HostCase host;
        CertificateDirectory other;
        ServerPlan plan = host.server_plan();
        plan.version = refusal.wrong == Wrong::kVersion ? TLS1_2_VERSION : 0;
        if (refusal.wrong == Wrong::kClient) {
            plan.client_ca_file = host.certificates.path("ca.pem");
        }
        TlsServer server(plan);
        const CertificateDirectory& trusted =
            refusal.wrong == Wrong::kAuthority ? other : host.certificates;
        host.configure(host.syslog(
            server.endpoint(), ", tls: {ca_file: " + trusted.path("ca.pem") + refusal.tls + "}"));
        CHECK(host.connect() == ExitCode::kIo);
        host.check_report(refusal.report);
        CHECK(contains(host.talk_text.text, "openssl s_client -connect 127.0.0.1:"));
        CHECK(server.stop().empty());
    }
}

TEST_CASE("what goes without TLS is asked as far as it can be") {
    HostCase host;
    SilentPort port;
    std::string to = "127.0.0.1:" + std::to_string(port.endpoint().port);
    host.configure("  - {id: plain, type: syslog, transport: tcp, address: '" + to +
                   "'}\n  - {id: datagrams, type: syslog, transport: udp, address: '" + to +
                   "'}\n  - {id: here, type: syslog, transport: unix, address: " +
                   (host.directory / "no-socket") + "}\n");
    CHECK(host.connect() == ExitCode::kIo);
    host.check_report({"connecting output plain\n  name: ok, ", " ms\n  connection: ok, ",
                       " ms\nconnecting output datagrams\n", "  receiver: nobody answers over UDP",
                       "connecting output here\n", "  connection: error: connecting to "});
    CHECK(contains(host.talk_text.text, "hint: does the local daemon run"));
}

TEST_CASE("a receiver that says nothing is given up after ten seconds") {
    HostCase host;
    host.clock = std::make_unique<FastClock>();
    SilentPort port;
    Endpoint to = port.endpoint();
    host.configure(host.syslog(to));
    CHECK(host.connect() == ExitCode::kIo);
    host.check_report({"  connection: ok, ", "  TLS 1.3: error: timed out: "});
    CHECK(host.run({"test-event"}) == ExitCode::kIo);
    host.check_report({"output soc: not delivered\n"});
}

TEST_CASE("77 is for files whose modes are wrong, 74 for what is not there or not reached") {
    HostCase host;
    HecServer server({});
    std::string secret = host.secret("good-token");
    auto connect = [&](const std::string& more) {
        host.configure(hec_output(server, secret) + more);
        return host.connect();
    };
    CHECK(connect("") == ExitCode::kOk);
    std::string nowhere =
        "  - {id: daemon, type: syslog, transport: unix, address: " + (host.directory / "no.sock") +
        "}\n";
    CHECK(connect(nowhere) == ExitCode::kIo);
    CHECK(contains(host.data.text, "connecting output daemon\n  name: ok"));

    REQUIRE(::chmod((host.directory / "secret").c_str(), 0644) == 0);
    CHECK(connect("") == ExitCode::kPermission);
    host.check_report({"  health: ok\n", "  token: error: "});
    CHECK(connect(nowhere) == ExitCode::kPermission);  // which must be mended first
    host.directory.remove("secret");
    CHECK(connect("") == ExitCode::kIo);
    host.check_report({"  health: ok\n", "  token: error: "});

    std::string no_authority = ", tls: {ca_file: " + host.certificates.path("no-such.pem") + "}";
    host.configure(host.syslog({"127.0.0.1", 6514}, no_authority));
    CHECK(host.connect() == ExitCode::kIo);
    host.check_report({"  settings: error: "});
}

TEST_CASE("a key that others may use is a matter of permission") {
    HostCase host;
    host.certificates.issue("client", {});
    std::string key = host.certificates.path("client.key");
    REQUIRE(::chmod(key.c_str(), 0644) == 0);
    TlsServer server(host.server_plan());
    host.configure(
        host.syslog(server.endpoint(), ", tls: {ca_file: " + host.certificates.path("ca.pem") +
                                           ", cert_file: " + host.certificates.path("client.pem") +
                                           ", key_file: " + key + "}"));
    CHECK(host.connect() == ExitCode::kPermission);
    CHECK(contains(host.talk_text.text, "can be used by group or others"));
}

TEST_CASE("an HTTP Event Collector says whether it is well and whether the token opens") {
    HostCase host;
    for (bool ack : {true, false}) {
        CAPTURE(ack);
        HecScript script;
        script.ack = ack;
        HecServer server(script);
        std::string more = ack ? "" : ", ack: false";
        host.configure(hec_output(server, host.secret("good-token"), more));
        CHECK(host.connect() == ExitCode::kOk);
        host.check_report({"  TLS 1.3: ok", "  health: ok\n  token: ok\n"});
        CHECK(server.log_of("stored").empty());
        CHECK(server.log_of("violation").empty());
        host.configure(hec_output(server, host.secret("bad-token"), more));
        CHECK(host.connect() == ExitCode::kIo);
        host.check_report({"  health: ok\n", "  token: error: HTTP 403, code 4: "});
        CHECK_FALSE(contains(host.data.text + host.talk_text.text, "bad-token"));
        host.configure(hec_output(server, host.secret("good-token"), ack ? ", ack: false" : ""));
        CHECK(host.connect() == ExitCode::kIo);
        host.check_report({"  health: ok\n", "  token: error: HTTP 400, code "});
    }
}

TEST_CASE("a token for Sentinel is asked for, and a wrong secret told") {
    HostCase host;
    AzureServer server({});
    host.configure(sentinel_output(server, host.secret(AzureServer::kClientSecret)));
    CHECK(host.connect() == ExitCode::kOk);
    host.check_report({"connecting output azure", "  TLS 1.3: ok", "  token: ok"});
    CHECK(server.log_of("request").empty());
    host.configure(sentinel_output(server, host.secret("wrong")));
    CHECK(host.connect() == ExitCode::kIo);
    host.check_report({"  token: error: ", "the client secret is wrong"});
    CHECK_FALSE(contains(host.data.text + host.talk_text.text, "wrong\""));
}

TEST_CASE("pins are of the ingestion endpoint, authorities of both hosts of Sentinel") {
    HostCase host;
    AzureServer endpoint({});
    AzureServer authority({});
    std::string secret = host.secret(AzureServer::kClientSecret);
    host.directory.write("both.pem", text_of(endpoint.ca_file()) + text_of(authority.ca_file()));
    auto connect = [&](const std::string& tls) {
        host.configure(sentinel_output(endpoint, secret, authority, tls));
        return host.connect();
    };
    std::string both = "ca_file: " + (host.directory / "both.pem");
    CHECK(connect(both + ", pins: ['" + endpoint.pin() + "']") == ExitCode::kOk);
    host.check_report({"  TLS 1.3: ok", "  token: ok"});
    CHECK(connect(both + ", pins: ['" + authority.pin() + "']") == ExitCode::kIo);
    host.check_report({"  TLS 1.3: error: ", "its public key is none of `pins`"});
    CHECK(connect("ca_file: " + endpoint.ca_file()) == ExitCode::kIo);
    host.check_report({"  TLS 1.3: ok", "  token: error: "});
    CHECK(contains(host.talk_text.text, "its authority in `tls.ca_file`"));
}

TEST_CASE("a broker of Kafka is reached by the rules of TLS, and asked nothing") {
    HostCase host;
    TlsServer server(host.server_plan());
    host.configure(kafka_output(server.endpoint(),
                                ", tls: {ca_file: " + host.certificates.path("ca.pem") + "}"));
    CHECK(host.connect() == ExitCode::kOk);
    host.check_report({"connecting output bus\n  broker: 127.0.0.1 port ", "  connection: ok, ",
                       "  TLS 1.3: ok, ", "  topic: whether it takes events of this user"});
    CHECK(server.stop().empty());

    host.configure(kafka_output(server.endpoint()));  // which has gone
    CHECK(host.connect() == ExitCode::kIo);
    host.check_report({"  connection: error: connecting to 127.0.0.1:"});
    CHECK(host.run({"check"}) == ExitCode::kOk);
    host.check_report({"output bus: kafka to 127.0.0.1 port ",
                       ", topic llm-audit, plain TCP on this host, acknowledged by every replica "
                       "in sync\n"});
}
