#include "outputs/stream_probe.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <utility>

#include "outputs/syslog.h"
#include "platform/wait.h"

namespace llmtrail {

namespace {

constexpr int64_t kResolvePollMs = 10;     // no descriptor to wait for while a name is looked up
constexpr int64_t kConnectPollMs = 1'000;  // deadlines of single addresses pass in between
constexpr int64_t kDaySeconds = 86'400;

std::string_view name_of(StreamStage stage) {
    switch (stage) {
        case StreamStage::kResolving:
            return "name";
        case StreamStage::kConnecting:
            return "connection";
        case StreamStage::kHandshake:
        case StreamStage::kUp:
            break;
    }
    return "TLS 1.3";
}

std::string describe(const PeerCertificate& certificate) {
    int64_t days = std::abs(certificate.valid_for_s) / kDaySeconds;
    return "certificate of `" + certificate.subject + "`, " +
           (certificate.valid_for_s < 0 ? "expired " + std::to_string(days) + " days ago"
                                        : std::to_string(days) + " days left");
}

class StreamProbe {
 public:
    StreamProbe(Stream& stream, const Endpoint& to, bool tls, MonotonicNanos deadline, Clock& clock,
                ProbeResult& result)
        : stream_(stream),
          to_(to),
          tls_(tls),
          deadline_(deadline),
          clock_(clock),
          result_(result),
          stage_began_(clock.monotonic_now()) {}

    bool run();

 private:
    StreamStage reached(bool up) const;
    void pass_to(StreamStage stage);
    void wait(int64_t ms_max) const;
    bool stays_up();
    bool refuse(std::string step, Error error);
    std::string hint() const;

    int64_t left_ms() const {
        return std::max<int64_t>(deadline_.millis_since(clock_.monotonic_now()), 0);
    }

    Stream& stream_;
    const Endpoint& to_;
    bool tls_;
    MonotonicNanos deadline_;
    Clock& clock_;
    ProbeResult& result_;
    StreamStage stage_ = StreamStage::kResolving;
    MonotonicNanos stage_began_;
};

// A handshake that was not accepted, by its pins or otherwise, is none.
StreamStage StreamProbe::reached(bool up) const {
    return up ? StreamStage::kUp
              : std::min(stream_.stage(),
                         tls_ ? StreamStage::kHandshake : StreamStage::kConnecting);
}

void StreamProbe::pass_to(StreamStage stage) {
    MonotonicNanos now = clock_.monotonic_now();
    while (stage_ < stage) {
        bool told = stage_ != StreamStage::kHandshake || tls_;
        if (told) {
            std::string took = "ok, " + std::to_string(now.millis_since(stage_began_)) + " ms";
            std::optional<PeerCertificate> certificate = stream_.peer_certificate();
            if (stage_ == StreamStage::kHandshake && certificate) {
                took += ", " + describe(*certificate);
            }
            result_.passed.push_back({std::string(name_of(stage_)), std::move(took)});
        }
        stage_ = static_cast<StreamStage>(static_cast<uint8_t>(stage_) + 1);
        stage_began_ = now;
    }
}

void StreamProbe::wait(int64_t ms_max) const {
    if (stream_.descriptor() < 0) {
        (void)wait_for({}, std::min(ms_max, kResolvePollMs));
        return;
    }
    std::array entries{WaitEntry{stream_.descriptor(), stream_.wants()}};
    (void)wait_for(entries, std::min(ms_max, kConnectPollMs));
}

std::string StreamProbe::hint() const {
    std::string at = to_.host + ":" + std::to_string(to_.port);
    switch (stage_) {
        case StreamStage::kResolving:
            return "`getent hosts " + to_.host + "` asks as the agent does; is the name right?";
        case StreamStage::kConnecting:
            return to_.port == 0
                       ? "does the local daemon run, and may this user write there?"
                       : "does the receiver listen on " + at +
                             ", and does every firewall on the way let this host through?";
        case StreamStage::kHandshake:
        case StreamStage::kUp:
            break;
    }
    return "`openssl s_client -connect " + at +
           " -tls1_3 -showcerts` shows what it sends; docs/config.md, `tls`, says what is taken";
}

bool StreamProbe::refuse(std::string step, Error error) {
    result_.failure = ProbeFailure{std::move(step), std::move(error), hint()};
    return false;
}

// A receiver judges a client's certificate after the handshake.
bool StreamProbe::stays_up() {
    MonotonicNanos end = std::min(deadline_, clock_.monotonic_now().after_millis(kLateRejectionMs));
    for (;;) {
        char some[256];
        Result<size_t> read = stream_.read(some, sizeof some);
        if (!read && read.error().code != ErrorCode::kWouldBlock) {
            return refuse("client certificate", std::move(read.error()));
        }
        int64_t left = end.millis_since(clock_.monotonic_now());
        if (read || left <= 0) {
            return true;
        }
        wait(left);
    }
}

bool StreamProbe::run() {
    for (;;) {
        Result<void> up = stream_.establish();
        pass_to(reached(up.has_value()));
        if (up) {
            return !tls_ || stays_up();
        }
        Error& error = up.error();
        bool waits = error.code == ErrorCode::kWouldBlock;
        if (waits && left_ms() > 0) {
            wait(left_ms());
            continue;
        }
        if (waits) {
            error = Error{ErrorCode::kTimeout, "timed out: " + error.message, 0};
        }
        std::optional<PeerCertificate> certificate = stream_.peer_certificate();
        if (certificate) {
            error.message += "; it showed the " + describe(*certificate);
        }
        return refuse(std::string(name_of(stage_)), std::move(error));
    }
}

}  // namespace

bool probe_stream(Result<std::unique_ptr<Stream>> stream, const Endpoint& to, bool tls,
                  MonotonicNanos deadline, Clock& clock, ProbeResult& result) {
    if (!stream) {
        result.failure =
            ProbeFailure{"settings", std::move(stream.error()),
                         "the files of `tls` must be there, readable by the agent, and "
                         "the key by nobody else"};
        return false;
    }
    bool stands = StreamProbe(**stream, to, tls, deadline, clock, result).run();
    if (stands) {
        (void)(*stream)->shutdown();
    }
    return stands;
}

}  // namespace llmtrail
