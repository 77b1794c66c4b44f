#include "platform/socket_stream.h"

#include <fcntl.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/ioctl.h>

#include <cerrno>

namespace llmtrail {

namespace {

int64_t monotonic_ms() {
    return monotonic_now().value / kNanosPerMilli;
}

const sockaddr* raw(const SocketAddress& address) {
    return static_cast<const sockaddr*>(static_cast<const void*>(&address.storage));
}

void set_option(int fd, int level, int name, unsigned value) {
    // Each only tunes; a kernel without it still delivers.
    [[maybe_unused]] int failed = ::setsockopt(fd, level, name, &value, sizeof value);
}

void set_options(int fd, int family, int type) {
    if (family == AF_UNIX) {
        return;
    }
    if (type == SOCK_STREAM) {
        set_option(fd, IPPROTO_TCP, TCP_NODELAY, 1);
        set_option(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, kTcpUserTimeoutMs);
        set_option(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
    } else if (family == AF_INET) {
        // A message that would have to be cut into fragments is refused: one lost fragment loses
        // it.
        set_option(fd, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_DO);
    } else {
        set_option(fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER, IPV6_PMTUDISC_DO);
    }
}

}  // namespace

std::string SocketStream::peer() const {
    if (to_.port == 0) {
        return to_.host;  // the path of a Unix socket
    }
    bool v6 = to_.host.find(':') != std::string::npos;
    return (v6 ? "[" + to_.host + "]" : to_.host) + ":" + std::to_string(to_.port);
}

void SocketStream::note_failure(int os_error) {
    socket_ = Descriptor();
    state_ = State::kChoosing;
    if (os_error == EPROTOTYPE && attempts_ > 1) {
        return;  // there is a socket of the other type, and what was wrong with it is known
    }
    failure_ = error_from_errno(os_error, "connecting to " + peer());
    if (!doubt_.empty()) {
        failure_.message += " at the address it had before (" + doubt_ + ")";
    }
    ErrorCode code = failure_.code;
    if (code == ErrorCode::kIo || code == ErrorCode::kPermission ||
        code == ErrorCode::kWouldBlock) {
        // A route, a firewall or a full backlog may change: worth trying again.
        failure_.code = ErrorCode::kNetwork;
    }
}

bool SocketStream::open_socket(const SocketAddress& address, int type) {
    int family = address.storage.ss_family;
    type_ = type;
    socket_ = Descriptor(::socket(family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (!socket_) {
        note_failure(errno);
        return false;
    }
    set_options(socket_.get(), family, type);
    if (::connect(socket_.get(), raw(address), address.size) == 0) {
        state_ = State::kUp;
        return true;
    }
    if (errno != EINPROGRESS && errno != EINTR) {
        note_failure(errno);
        return false;
    }
    state_ = State::kConnecting;
    address_deadline_ms_ = monotonic_ms() + kConnectAddressMs;
    return true;
}

// Whether the connection that is being made stands now; moves on when it has failed.
bool SocketStream::connected() {
    pollfd entry{socket_.get(), POLLOUT, 0};
    if (::poll(&entry, 1, 0) <= 0) {
        if (monotonic_ms() >= address_deadline_ms_) {
            note_failure(ETIMEDOUT);
        }
        return false;
    }
    int os_error = 0;
    socklen_t size = sizeof os_error;
    if (::getsockopt(socket_.get(), SOL_SOCKET, SO_ERROR, &os_error, &size) != 0) {
        os_error = errno;
    }
    if (os_error != 0) {
        note_failure(os_error);
        return false;
    }
    state_ = State::kUp;
    return true;
}

Result<void> SocketStream::connect_next() {
    while (state_ == State::kChoosing) {
        if (attempts_ == addresses_.size() * types_.size()) {
            return fail(failure_);
        }
        size_t attempt = attempts_++;
        open_socket(addresses_[attempt / types_.size()], types_[attempt % types_.size()]);
    }
    if (state_ == State::kConnecting && !connected()) {
        if (state_ == State::kChoosing) {
            return connect_next();
        }
        return fail(ErrorCode::kWouldBlock, "connecting to " + peer());
    }
    return {};
}

Result<void> SocketStream::establish() {
    if (state_ == State::kUp) {
        return {};
    }
    if (state_ == State::kResolving) {
        std::optional<Result<SocketAddresses>> found = lookup_->result();
        if (!found) {
            return fail(ErrorCode::kWouldBlock, "resolving " + to_.host);
        }
        if (!*found) {
            return fail(found->error());
        }
        addresses_ = std::move(**found);
        doubt_ = lookup_->doubt();
        state_ = State::kChoosing;
    }
    return connect_next();
}

Result<size_t> SocketStream::write(ByteView bytes) {
    ssize_t taken = ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (taken < 0 && errno == EMSGSIZE) {
        // It may be what became of an earlier message, told now and told once.
        taken = ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    }
    write_blocked_ = taken < 0 && (errno == EAGAIN || errno == EINTR);
    if (taken >= 0) {
        return static_cast<size_t>(taken);
    }
    if (write_blocked_) {
        return fail(ErrorCode::kWouldBlock, "writing to " + peer());
    }
    if (errno == EMSGSIZE) {
        return fail(ErrorCode::kLimit, "larger than a message to " + peer() + " may be");
    }
    return fail(error_from_errno(errno, "writing to " + peer()));
}

Result<size_t> SocketStream::read(char* out, size_t size) {
    ssize_t got = ::recv(socket_.get(), out, size, 0);
    if (got > 0) {
        return static_cast<size_t>(got);
    }
    if (got == 0 && keeps_messages()) {
        return fail(ErrorCode::kWouldBlock, "an empty message of " + peer());
    }
    if (got == 0) {
        return fail(ErrorCode::kClosed, peer() + " closed the connection");
    }
    if (errno == EAGAIN || errno == EINTR) {
        return fail(ErrorCode::kWouldBlock, "reading from " + peer());
    }
    return fail(error_from_errno(errno, "reading from " + peer()));
}

Result<size_t> SocketStream::unacknowledged_bytes() {
    int bytes = 0;
    if (::ioctl(socket_.get(), SIOCOUTQ, &bytes) != 0) {
        return fail(error_from_errno(errno, "asking for unacknowledged bytes to " + peer()));
    }
    return static_cast<size_t>(bytes);
}

Result<void> SocketStream::shutdown() {
    if (::shutdown(socket_.get(), SHUT_WR) != 0) {
        return fail(error_from_errno(errno, "closing the connection to " + peer()));
    }
    return {};
}

StreamStage SocketStream::stage() const {
    switch (state_) {
        case State::kResolving:
            return StreamStage::kResolving;
        case State::kChoosing:
        case State::kConnecting:
            return StreamStage::kConnecting;
        case State::kUp:
            break;
    }
    return StreamStage::kUp;
}

StreamWants SocketStream::wants() const {
    switch (state_) {
        case State::kResolving:
        case State::kChoosing:
            return StreamWants::kNothing;
        case State::kConnecting:
            return StreamWants::kWrite;
        case State::kUp:
            break;
    }
    return write_blocked_ ? StreamWants::kWrite : StreamWants::kRead;
}

}  // namespace llmtrail
