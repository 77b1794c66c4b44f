// A syslog output against real TLS servers that are wrong in every way: each is refused with a
// clear reason, nothing leaves, nothing is lost, and delivery goes on by itself when the receiver,
// or a file of ours, is right again.
#include <doctest/doctest.h>
#include <openssl/ssl.h>
#include <poll.h>

#include <filesystem>
#include <functional>
#include <optional>

#include "fakes/certificates.h"
#include "fakes/tls_server.h"
#include "output_driver.h"
#include "outputs/outputs.h"
#include "platform/posix.h"

using namespace llmtrail;

namespace {

// Leads every connection to the server of the moment.
class MovingNetwork : public Network {
 public:
    Result<std::unique_ptr<Stream>> connect_tcp(const Endpoint& to) override {
        return network_->connect_tcp(to);
    }

    Result<std::unique_ptr<Stream>> connect_tls(const Endpoint&, const TlsOptions& tls) override {
        return network_->connect_tls(server->endpoint(), tls);
    }

    Result<std::unique_ptr<Stream>> connect_udp(const Endpoint& to) override {
        return network_->connect_udp(to);
    }

    Result<std::unique_ptr<Stream>> connect_unix(const std::string& path) override {
        return network_->connect_unix(path);
    }

    std::optional<TlsServer> server;

 private:
    std::unique_ptr<Network> network_ = make_posix_network();
};

struct Site {
    Site() {
        certificates.issue("server", {});
        certificates.issue("client", {"agent", "", -3600, 3600});
        right.cert_file = certificates.path("server.pem");
        right.key_file = certificates.path("server.key");
        wrong = right;
        tls.ca_file = certificates.path("ca.pem");
    }

    // Another certificate for the wrong server.
    void present(const CertificatePlan& plan) {
        certificates.issue("wrong", plan);
        wrong.cert_file = certificates.path("wrong.pem");
        wrong.key_file = certificates.path("wrong.key");
    }

    void copy(const std::string& from, const std::string& name) const {
        std::filesystem::copy_file(from, certificates.path(name),
                                   std::filesystem::copy_options::overwrite_existing);
    }

    CertificateDirectory certificates;
    CertificateDirectory stranger;
    ServerPlan right;
    ServerPlan wrong;
    TlsOptions tls;
    std::function<void()> mend = [] {};
};

class Delivery {
 public:
    explicit Delivery(const Site& site) {
        OutputPlan plan;
        plan.id = "soc";
        plan.type = "syslog";
        plan.address = {"127.0.0.1", 6514};
        plan.tls = site.tls;
        output_ = std::move(*make_output(plan, network, *files_, *random_));
    }

    // Until what was offered is confirmed or the connection is refused.
    void run() {
        MonotonicNanos end = clock_->monotonic_now().after_millis(20'000);
        while (clock_->monotonic_now() < end) {
            output_->work(clock_->monotonic_now());
            uint64_t from = 0;
            next_ = output_->take_rewind(from) ? from : next_;
            while (next_ < kEvents && offer(next_)) {
                ++next_;
            }
            output_->work(clock_->monotonic_now());
            refused_ = refused_ || output_->health() == OutputHealth::kBackingOff;
            if (output_->confirmed_end() == kEvents || (refused_ && stop_when_refused)) {
                return;
            }
            pause();
        }
        FAIL("nothing happened in 20 seconds");
    }

    void finish() {
        while (!output_->finish()) {
            output_->work(clock_->monotonic_now());
            pause();
        }
    }

    static constexpr uint64_t kEvents = 20;

    Output& output() { return *output_; }

    MovingNetwork network;
    bool stop_when_refused = true;

 private:
    void pause() {
        OutputWait wait = output_->wait();
        short wanted = wait.wants == StreamWants::kWrite ? POLLOUT : POLLIN;
        pollfd entry{wait.descriptor, wanted, 0};
        int64_t timer_ms = wait.timer_ms < 0 ? 100 : std::min<int64_t>(wait.timer_ms, 100);
        ::poll(&entry, 1, static_cast<int>(timer_ms));
    }

    bool offer(uint64_t index) {
        std::string text = OutputDriver::text_of(index, 40);
        OutputEvent event;
        event.index = index;
        event.text = text;
        event.event_class = 100;
        return output_->offer(event);
    }

    std::unique_ptr<FileSystem> files_ = make_posix_file_system();
    std::unique_ptr<Random> random_ = make_posix_random();
    std::unique_ptr<Clock> clock_ = make_posix_clock();
    std::unique_ptr<Output> output_;
    uint64_t next_ = 0;
    bool refused_ = false;
};

struct Wrong {
    const char* what;
    const char* reason;
    std::function<void(Site&)> make;
};

const std::vector<Wrong>& matrix() {
    static const std::vector<Wrong> kMatrix = {
        {"expired", "has expired",
         [](Site& site) {
             site.present({"x", "IP:127.0.0.1", -7200, -3600});
         }},
        {"another name", "another name than '127.0.0.1'",
         [](Site& site) {
             site.present({"127.0.0.1", "IP:192.0.2.1", -3600, 3600});
         }},
        {"a common name alone", "another name than '127.0.0.1'",
         [](Site& site) {
             site.present({"127.0.0.1", "", -3600, 3600});
         }},
        {"another CA", "not signed by a trusted CA",
         [](Site& site) {
             site.stranger.issue("server", {});
             site.wrong.cert_file = site.stranger.path("server.pem");
             site.wrong.key_file = site.stranger.path("server.key");
         }},
        {"TLS 1.2 only", "does not speak TLS 1.3",
         [](Site& site) { site.wrong.version = TLS1_2_VERSION; }},
        {"a client certificate is required and there is none", "requires a client certificate",
         [](Site& site) { site.wrong.client_ca_file = site.certificates.path("ca.pem"); }},
        {"a client certificate of another CA, replaced on disk", "refused the client certificate",
         [](Site& site) {
             site.stranger.issue("client", {"agent", "", -3600, 3600});
             site.wrong.client_ca_file = site.right.client_ca_file =
                 site.certificates.path("ca.pem");
             site.tls.cert_file = site.certificates.path("agent.pem");
             site.tls.key_file = site.certificates.path("agent.key");
             site.copy(site.stranger.path("client.pem"), "agent.pem");
             site.copy(site.stranger.path("client.key"), "agent.key");
             site.mend = [&site] {
                 site.copy(site.certificates.path("client.pem"), "agent.pem");
                 site.copy(site.certificates.path("client.key"), "agent.key");
             };
         }},
        {"revoked", "has been revoked",
         [](Site& site) {
             site.present({});
             site.certificates.revoke("wrong");
             site.tls.crl_file = site.certificates.path("crl.pem");
         }},
        {"another key than the pinned one", "none of `pins`",
         [](Site& site) {
             site.present({});
             site.tls.pins = {site.certificates.pin("server")};
         }},
    };
    return kMatrix;
}

}  // namespace

TEST_CASE("whatever is wrong with TLS is told, nothing leaves or is lost, and delivery resumes") {
    for (const Wrong& wrong : matrix()) {
        CAPTURE(wrong.what);
        Site site;
        wrong.make(site);
        Delivery delivery(site);
        delivery.network.server.emplace(site.wrong);
        delivery.run();
        CHECK(delivery.output().confirmed_end() == 0);
        const std::string& said = delivery.output().last_error().message;
        CHECK_MESSAGE(said.find(wrong.reason) != std::string::npos, said);
        CHECK(delivery.network.server->stop().empty());

        site.mend();
        delivery.network.server.emplace(site.right);
        delivery.stop_when_refused = false;
        delivery.run();
        CHECK(delivery.output().confirmed_end() == Delivery::kEvents);
        delivery.finish();
        std::set<uint64_t> received;
        for (const std::string& frame : octet_frames(delivery.network.server->stop())) {
            received.insert(index_in(frame));
        }
        CHECK(received.size() == Delivery::kEvents);
    }
}
