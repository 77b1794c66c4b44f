#include "fakes/fake_network.h"

#include <algorithm>

namespace llmtrail {

namespace {

class FakeStream : public Stream {
 public:
    explicit FakeStream(std::shared_ptr<FakeConnection> connection)
        : connection_(std::move(connection)), rounds_left_(connection_->peer.establish_rounds) {}

    ~FakeStream() override { connection_->destroyed = true; }

    Result<void> establish() override {
        if (rounds_left_ > 0) {
            --rounds_left_;
            return fail(ErrorCode::kWouldBlock, "connecting");
        }
        if (connection_->peer.establish_error) {
            return fail(*connection_->peer.establish_error);
        }
        return {};
    }

    Result<size_t> write(ByteView bytes) override {
        FakeConnection& c = *connection_;
        if (c.broken) {
            return fail(c.peer.break_error);
        }
        if (keeps_messages() && bytes.size() > c.peer.message_bytes_max) {
            return fail(ErrorCode::kLimit, "larger than a message may be");
        }
        size_t room =
            std::min({bytes.size(), c.peer.write_bytes_max, c.peer.room_bytes - c.taken.size()});
        if (c.peer.break_after_bytes) {
            size_t left = *c.peer.break_after_bytes - c.taken.size();
            if (left == 0) {
                c.broken = true;
                return fail(c.peer.break_error);
            }
            room = std::min(room, left);
        }
        if (room == 0 || (keeps_messages() && room < bytes.size())) {
            return fail(ErrorCode::kWouldBlock, "no room");
        }
        c.taken.append(bytes.substr(0, room));
        if (keeps_messages()) {
            c.messages.emplace_back(bytes);
        }
        if (c.peer.listens) {
            c.peer.listens(c);
        }
        return room;
    }

    Result<size_t> read(char* out, size_t size) override {
        FakeConnection& c = *connection_;
        if (!c.says.empty()) {
            size_t got = c.says.copy(out, size);
            c.says.erase(0, got);
            return got;
        }
        if (c.broken) {
            return fail(c.peer.break_error);
        }
        if (c.shut_down && c.peer.closes_after_shutdown) {
            return fail(ErrorCode::kClosed, "closed");
        }
        return fail(ErrorCode::kWouldBlock, "nothing to read");
    }

    Result<size_t> unacknowledged_bytes() override {
        const FakeConnection& c = *connection_;
        return c.peer.acknowledges ? size_t{0} : c.taken.size() - c.acknowledged;
    }

    Result<void> shutdown() override {
        connection_->shut_down = true;
        return {};
    }

    bool keeps_messages() const override { return connection_->peer.message_bytes_max > 0; }

    CertificateEnds certificate_ends() const override { return connection_->peer.certificate_ends; }

    int descriptor() const override { return -1; }

    StreamWants wants() const override { return StreamWants::kRead; }

 private:
    std::shared_ptr<FakeConnection> connection_;
    int rounds_left_;
};

}  // namespace

Result<std::unique_ptr<Stream>> FakeNetwork::connect(const Endpoint& to, bool tls) {
    ++attempts;
    FakePeer peer = otherwise;
    if (!scripts.empty()) {
        peer = scripts.front();
        scripts.pop_front();
    }
    if (peer.refuse_at_once) {
        return fail(*peer.refuse_at_once);
    }
    auto connection = std::make_shared<FakeConnection>();
    connection->to = to;
    connection->tls = tls;
    connection->peer = peer;
    connections.push_back(connection);
    return std::unique_ptr<Stream>(std::make_unique<FakeStream>(connection));
}

}  // namespace llmtrail
