#include "platform/posix.h"
#include "platform/resolver.h"
#include "platform/socket_stream.h"
#include "platform/tls_stream.h"

namespace llmtrail {

namespace {

class PosixNetwork : public Network {
 public:
    Result<std::unique_ptr<Stream>> connect_tcp(const Endpoint& to) override {
        return plain(start(to, SOCK_STREAM));
    }

    Result<std::unique_ptr<Stream>> connect_tls(const Endpoint& to,
                                                const TlsOptions& tls) override {
        Result<std::unique_ptr<SocketStream>> stream = start(to, SOCK_STREAM);
        if (!stream) {
            return fail(std::move(stream.error()));
        }
        return make_tls_stream(std::move(*stream), tls);
    }

    Result<std::unique_ptr<Stream>> connect_udp(const Endpoint& to) override {
        return plain(start(to, SOCK_DGRAM));
    }

    Result<std::unique_ptr<Stream>> connect_unix(const std::string& path) override {
        Result<SocketAddress> address = unix_address(path);
        if (!address) {
            return fail(std::move(address.error()));
        }
        auto found = std::make_shared<Lookup>();
        found->finish(SocketAddresses{*address});
        return std::make_unique<SocketStream>(Endpoint{path, 0}, std::move(found),
                                              std::vector<int>{SOCK_DGRAM, SOCK_STREAM});
    }

 private:
    static Result<std::unique_ptr<Stream>> plain(Result<std::unique_ptr<SocketStream>> stream) {
        if (!stream) {
            return fail(std::move(stream.error()));
        }
        return std::unique_ptr<Stream>(std::move(*stream));
    }

    Result<std::unique_ptr<SocketStream>> start(const Endpoint& to, int type) {
        Result<std::shared_ptr<Lookup>> lookup = resolver_.start(to);
        if (!lookup) {
            return fail(std::move(lookup.error()));
        }
        return std::make_unique<SocketStream>(to, std::move(*lookup), std::vector<int>{type});
    }

    Resolver resolver_;
};

}  // namespace

std::unique_ptr<Network> make_posix_network() {
    return std::make_unique<PosixNetwork>();
}

}  // namespace llmtrail
