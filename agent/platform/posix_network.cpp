#include "platform/posix.h"
#include "platform/resolver.h"
#include "platform/tcp_stream.h"
#include "platform/tls_stream.h"

namespace llmtrail {

namespace {

class PosixNetwork : public Network {
 public:
    Result<std::unique_ptr<Stream>> connect_tcp(const Endpoint& to) override {
        Result<std::unique_ptr<TcpStream>> stream = start(to);
        if (!stream) {
            return fail(std::move(stream.error()));
        }
        return std::unique_ptr<Stream>(std::move(*stream));
    }

    Result<std::unique_ptr<Stream>> connect_tls(const Endpoint& to,
                                                const TlsOptions& tls) override {
        Result<std::unique_ptr<TcpStream>> stream = start(to);
        if (!stream) {
            return fail(std::move(stream.error()));
        }
        return make_tls_stream(std::move(*stream), tls);
    }

 private:
    Result<std::unique_ptr<TcpStream>> start(const Endpoint& to) {
        Result<std::shared_ptr<Lookup>> lookup = resolver_.start(to);
        if (!lookup) {
            return fail(std::move(lookup.error()));
        }
        return std::make_unique<TcpStream>(to, std::move(*lookup));
    }

    Resolver resolver_;
};

}  // namespace

std::unique_ptr<Network> make_posix_network() {
    return std::make_unique<PosixNetwork>();
}

}  // namespace llmtrail
