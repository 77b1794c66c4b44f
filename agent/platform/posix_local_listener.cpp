#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "platform/local_listener.h"
#include "platform/posix_file.h"
#include "platform/resolver.h"
#include "platform/wait.h"

namespace llmtrail {

namespace {

constexpr int kWaitingMax = 16;
constexpr size_t kReadBytes = 16384;

const sockaddr* raw(const SocketAddress& address) {
    return static_cast<const sockaddr*>(static_cast<const void*>(&address.storage));
}

Result<Descriptor> local_socket() {
    Descriptor made(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    return made ? Result<Descriptor>(std::move(made))
                : Result<Descriptor>(fail(error_from_errno(errno, "making a socket")));
}

Result<Descriptor> connect_locally(const std::string& path) {
    Result<SocketAddress> address = unix_address(path);
    if (!address) {
        return fail(std::move(address.error()));
    }
    Result<Descriptor> made = local_socket();
    if (!made) {
        return made;
    }
    if (::connect(made->get(), raw(*address), address->size) < 0) {
        int os_error = errno;
        return os_error == ECONNREFUSED
                   ? Result<Descriptor>(fail(ErrorCode::kClosed, "nobody listens on " + path))
                   : Result<Descriptor>(fail(error_from_errno(os_error, path)));
    }
    return made;
}

class PosixLocalCaller final : public LocalCaller {
 public:
    explicit PosixLocalCaller(Descriptor peer) : peer_(std::move(peer)) {}

    uint32_t user() const override {
        ucred who{};
        socklen_t size = sizeof who;
        bool known = ::getsockopt(peer_.get(), SOL_SOCKET, SO_PEERCRED, &who, &size) == 0;
        return known ? who.uid : UINT32_MAX;
    }

    void answer(ByteView text) override {
        ssize_t sent = 1;
        while (sent > 0 && !text.empty()) {
            sent = ::send(peer_.get(), text.data(), text.size(), MSG_NOSIGNAL);
            text.remove_prefix(static_cast<size_t>(std::max<ssize_t>(sent, 0)));
        }
    }

 private:
    Descriptor peer_;
};

class PosixLocalListener final : public LocalListener {
 public:
    PosixLocalListener(Descriptor socket, std::string path)
        : socket_(std::move(socket)), path_(std::move(path)) {}

    ~PosixLocalListener() override { ::unlink(path_.c_str()); }

    PosixLocalListener(const PosixLocalListener&) = delete;
    PosixLocalListener& operator=(const PosixLocalListener&) = delete;

    int descriptor() const override { return socket_.get(); }

    void answer(ByteView text) override {
        for (int answered = 0; answered < kWaitingMax; ++answered) {
            std::unique_ptr<LocalCaller> caller = accept();
            if (!caller) {
                return;
            }
            caller->answer(text);
        }
    }

    // Without a descriptor to spare the one who waits is sent away: they would wait, and wake this
    // thread, for ever.
    std::unique_ptr<LocalCaller> accept() override {
        constexpr int kFlags = SOCK_CLOEXEC | SOCK_NONBLOCK;
        Descriptor peer(::accept4(socket_.get(), nullptr, nullptr, kFlags));
        if (!peer && (errno == EMFILE || errno == ENFILE)) {
            spare_ = Descriptor();
            Descriptor sent_away(::accept4(socket_.get(), nullptr, nullptr, kFlags));
            sent_away = Descriptor();
            spare_ = spare();
        }
        return peer ? std::make_unique<PosixLocalCaller>(std::move(peer)) : nullptr;
    }

 private:
    static Descriptor spare() { return Descriptor(::eventfd(0, EFD_CLOEXEC)); }

    Descriptor socket_;
    std::string path_;
    Descriptor spare_ = spare();
};

// A file that nobody listens on was left by an agent that was killed.
Result<void> remove_stale(const std::string& path) {
    Result<Descriptor> answered = connect_locally(path);
    if (answered) {
        return fail(ErrorCode::kBusy, "another process answers at " + path);
    }
    if (answered.error().code != ErrorCode::kClosed) {
        return {};
    }

    struct stat file {};

    if (::lstat(path.c_str(), &file) == 0 && !S_ISSOCK(file.st_mode)) {
        return fail(ErrorCode::kExists, path + " is there and is no socket");
    }
    return ::unlink(path.c_str()) == 0 ? Result<void>{}
                                       : Result<void>(fail(error_from_errno(errno, path)));
}

}  // namespace

Result<std::unique_ptr<LocalListener>> listen_locally(const std::string& path, uint32_t mode) {
    Result<SocketAddress> address = unix_address(path);
    if (!address) {
        return fail(std::move(address.error()));
    }
    Result<Descriptor> made = local_socket();
    if (!made) {
        return fail(std::move(made.error()));
    }
    if (Result<void> removed = remove_stale(path); !removed) {
        return fail(std::move(removed.error()));
    }
    // Nobody may connect before the mode is right: the file is made with none.
    const mode_t before = ::umask(0777);
    const int bound = ::bind(made->get(), raw(*address), address->size);
    const int os_error = errno;
    ::umask(before);
    if (bound < 0) {
        return fail(error_from_errno(os_error, path));
    }
    auto listener = std::make_unique<PosixLocalListener>(std::move(*made), path);
    if (::listen(listener->descriptor(), kWaitingMax) < 0 || ::chmod(path.c_str(), mode) < 0) {
        return fail(error_from_errno(errno, path));
    }
    return std::unique_ptr<LocalListener>(std::move(listener));
}

Result<Bytes> ask_locally(const std::string& path, size_t bytes_max, int64_t timeout_ms) {
    Result<Descriptor> socket = connect_locally(path);
    if (!socket) {
        return fail(std::move(socket.error()));
    }
    Bytes answer;
    std::array<char, kReadBytes> part;
    while (answer.size() < bytes_max) {
        WaitEntry entry{socket->get(), StreamWants::kRead, false};
        Result<int> ready = wait_for({&entry, 1}, timeout_ms);
        if (!ready) {
            return fail(std::move(ready.error()));
        }
        if (*ready == 0) {
            return fail(ErrorCode::kTimeout, path + " does not answer");
        }
        ssize_t got = ::recv(socket->get(), part.data(), part.size(), 0);
        if (got == 0) {
            return answer;
        }
        if (got < 0 && errno != EAGAIN && errno != EINTR) {
            return fail(error_from_errno(errno, path));
        }
        answer.append(part.data(), static_cast<size_t>(std::max<ssize_t>(got, 0)));
    }
    return fail(ErrorCode::kLimit, path + " says more than a status may be");
}

}  // namespace llmtrail
