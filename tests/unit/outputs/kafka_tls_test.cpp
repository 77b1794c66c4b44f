#include <openssl/ssl.h>

#include <filesystem>

#include "fakes/certificates.h"
#include "fakes/tls_server.h"
#include "kafka_bench.h"

using namespace llmtrail;

namespace {

// What a broker sees of an output that speaks TLS to it, and what the output says of the broker.
struct Meeting {
    std::string received;
    std::string negotiated;
    std::set<std::string> problems;

    bool refused() const { return received.empty() && !problems.empty(); }

    bool spoken() const { return !received.empty(); }
};

Meeting meet(const ServerPlan& broker, const TlsOptions& tls) {
    TlsServer server(broker);
    Meeting meeting;
    {
        OutputPlan plan = KafkaBench::plan_for({server.endpoint()});
        plan.kafka.plain = false;
        plan.tls = tls;
        KafkaBench bench(plan, 10);
        bench.run_until([&] { return !bench.problems.empty(); }, 300);
        meeting.problems = bench.problems;
        CHECK(bench.output->confirmed_end() == 0);
    }
    meeting.received = server.stop();
    meeting.negotiated = server.negotiated();
    return meeting;
}

struct Brokers {
    Brokers() { certificates.issue("broker", {}); }

    ServerPlan broker() const { return server_plan_of(certificates, "broker"); }

    TlsOptions tls() const {
        TlsOptions tls;
        tls.ca_file = certificates.path("ca.pem");
        return tls;
    }

    CertificateDirectory certificates;
};

}  // namespace

TEST_CASE("a broker is spoken to in TLS 1.3, and in nothing older") {
    Brokers brokers;
    Meeting meeting = meet(brokers.broker(), brokers.tls());
    CHECK(meeting.spoken());
    CHECK(meeting.received.find("llmtrail") != std::string::npos);  // client.id of a first request
    CHECK(meeting.negotiated.starts_with("TLSv1.3 "));
    for (int version : {TLS1_2_VERSION, TLS1_1_VERSION}) {
        CAPTURE(version);
        ServerPlan old = brokers.broker();
        old.version = version;
        Meeting refusal = meet(old, brokers.tls());
        CHECK(refusal.refused());
        CHECK(refusal.negotiated.empty());
    }
    ServerPlan clear = brokers.broker();
    clear.plain_text = "no TLS here";
    CHECK(meet(clear, brokers.tls()).refused());
}

TEST_CASE("a broker must show a certificate of the named authority, for its name, in force") {
    Brokers brokers;
    CertificateDirectory others;
    TlsOptions of_others;
    of_others.ca_file = others.path("ca.pem");
    Meeting stranger = meet(brokers.broker(), of_others);
    CHECK(stranger.refused());
    CHECK(stranger.problems.begin()->find("TLS with a broker failed") == 0);

    for (const CertificatePlan& wrong :
         {CertificatePlan{.alternative_name = "IP:127.0.0.2"},
          CertificatePlan{.alternative_name = "DNS:broker.example.com"},
          CertificatePlan{.common_name = "127.0.0.1", .alternative_name = ""},
          CertificatePlan{.valid_from_s = -7200, .valid_to_s = -3600}}) {
        CAPTURE(wrong.alternative_name);
        brokers.certificates.issue("broker", wrong);
        CHECK(meet(brokers.broker(), brokers.tls()).refused());
    }

    brokers.certificates.issue("broker", {});
    TlsOptions listed = brokers.tls();
    listed.crl_file = brokers.certificates.path("crl.pem");
    brokers.certificates.revoke("");
    CHECK(meet(brokers.broker(), listed).spoken());
    brokers.certificates.revoke("broker");
    CHECK(meet(brokers.broker(), listed).refused());
}

TEST_CASE("a broker that asks for a client certificate gets the one of the settings") {
    Brokers brokers;
    brokers.certificates.issue("agent", {});
    ServerPlan asking = brokers.broker();
    asking.client_ca_file = brokers.certificates.path("ca.pem");
    CHECK(meet(asking, brokers.tls()).refused());
    TlsOptions tls = brokers.tls();
    tls.cert_file = brokers.certificates.path("agent.pem");
    tls.key_file = brokers.certificates.path("agent.key");
    CHECK(meet(asking, tls).spoken());
}

TEST_CASE("a file of TLS that cannot be read holds the output, and is looked for again") {
    Brokers brokers;
    TlsServer server(brokers.broker());
    OutputPlan plan = KafkaBench::plan_for({server.endpoint()});
    plan.kafka.plain = false;
    plan.tls.ca_file = brokers.certificates.path("not-there.pem");
    {
        KafkaBench bench(plan, 10);
        bench.turn();
        CHECK(bench.output->health() == OutputHealth::kBackingOff);
        CHECK(bench.output->last_error().message.find("ssl.ca.location") != std::string::npos);
        CHECK(bench.output->wait().timer_ms > 0);
        std::filesystem::copy_file(brokers.tls().ca_file, plan.tls.ca_file);
        for (int i = 0; i < 100; ++i) {
            bench.turn();
        }
    }
    CHECK_FALSE(server.stop().empty());
}

TEST_CASE("the password is read for each producer, and never without one to read") {
    Brokers brokers;
    ServerPlan old = brokers.broker();
    old.version = TLS1_2_VERSION;
    TlsServer server(old);
    OutputPlan plan = KafkaBench::plan_for({server.endpoint()});
    plan.kafka.plain = false;
    plan.tls = brokers.tls();
    plan.kafka.user_name = "llmtrail";
    int reads = 0;
    plan.kafka.password = [&reads]() -> Result<Secret> {
        if (++reads == 1) {
            return fail(ErrorCode::kNotFound, "${cred:kafka}: no such credential");
        }
        return Secret::copy_of("canary-0007");
    };
    KafkaBench bench(plan, 10);
    bench.turn();
    CHECK(bench.output->last_error().message == "${cred:kafka}: no such credential");
    CHECK(bench.run_until([&] { return reads >= 4; }));
    CHECK(bench.problems.size() == 2);
    for (const std::string& problem : bench.problems) {
        CHECK(problem.find("canary") == std::string::npos);
    }
    bench.output.reset();
    CHECK(server.stop().find("canary") == std::string::npos);
}

TEST_CASE("what the library is told does not depend on its defaults") {
    OutputPlan plan = KafkaBench::plan_for({{"kafka-1.example.com", 9093}, {"::1", 9094}});
    plan.kafka.plain = false;
    plan.kafka.user_name = "llmtrail";
    plan.tls.ca_file = "/ca.pem";
    KafkaProperties all = kafka_properties(plan.kafka, plan.tls);
    std::map<std::string, std::string> said(all.begin(), all.end());
    CHECK(said.size() == all.size());
    const std::map<std::string, std::string> wanted = {
        {"bootstrap.servers", "kafka-1.example.com:9093,[::1]:9094"},
        {"security.protocol", "sasl_ssl"},
        {"sasl.mechanisms", "SCRAM-SHA-512"},
        {"sasl.username", "llmtrail"},
        {"ssl.ca.location", "/ca.pem"},
        {"enable.ssl.certificate.verification", "true"},
        {"ssl.endpoint.identification.algorithm", "https"},
        {"enable.idempotence", "true"},
        {"acks", "all"},
        {"allow.auto.create.topics", "false"},
        {"queue.buffering.max.kbytes", "8192"},
        {"client.id", "llmtrail"},
        {"log_level", "0"},
    };
    for (const auto& [name, value] : wanted) {
        CHECK_MESSAGE(said[name] == value, name);
    }
    CHECK(said.count("sasl.password") == 0);
    CHECK(said.count("ssl.key.location") == 0);
    plan.kafka.plain = true;
    plan.kafka.user_name.clear();
    KafkaProperties plain = kafka_properties(plan.kafka, plan.tls);
    CHECK(std::count(plain.begin(), plain.end(),
                     std::pair<std::string, std::string>("security.protocol", "plaintext")) == 1);
}
