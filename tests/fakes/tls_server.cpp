#include "fakes/tls_server.h"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <csignal>

#include "base/check.h"

namespace llmtrail {

ServerPlan server_plan_of(const CertificateDirectory& certificates, const std::string& name) {
    ServerPlan plan;
    plan.cert_file = certificates.path(name + ".pem");
    plan.key_file = certificates.path(name + ".key");
    return plan;
}

TlsServer::TlsServer(ServerPlan plan)
    : plan_(std::move(plan)), listener_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    auto* raw = static_cast<sockaddr*>(static_cast<void*>(&address));
    LLMTRAIL_CHECK(::bind(listener_, raw, sizeof address) == 0);
    LLMTRAIL_CHECK(::listen(listener_, 8) == 0);
    socklen_t size = sizeof address;
    LLMTRAIL_CHECK(::getsockname(listener_, raw, &size) == 0);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { serve(); });
}

TlsServer::~TlsServer() {
    stop();
}

std::string TlsServer::stop() {
    if (thread_.joinable()) {
        stopping_ = true;
        ::shutdown(listener_, SHUT_RDWR);  // ends accept()
        thread_.join();
        ::close(listener_);
    }
    return received_;
}

void TlsServer::serve() {
    ::signal(SIGPIPE, SIG_IGN);
    while (!stopping_) {
        int peer = ::accept(listener_, nullptr, nullptr);
        if (peer < 0) {
            return;
        }
        if (!plan_.plain_text.empty()) {
            [[maybe_unused]] ssize_t sent =
                ::send(peer, plan_.plain_text.data(), plan_.plain_text.size(), 0);
        } else {
            serve_one(peer);
        }
        ::close(peer);
    }
}

void TlsServer::flood(ssl_st* ssl) {
    for (int i = 0; i < plan_.tickets; ++i) {
        LLMTRAIL_CHECK(SSL_new_session_ticket(ssl) == 1 && SSL_do_handshake(ssl) == 1);
    }
    flooded_bytes_ = BIO_number_written(SSL_get_wbio(ssl));
    flooded_bytes_.notify_all();
}

void TlsServer::serve_one(int peer) {
    SSL_CTX* context = SSL_CTX_new(TLS_server_method());
    int version = plan_.version == 0 ? TLS1_3_VERSION : plan_.version;
    SSL_CTX_set_min_proto_version(context, version);
    SSL_CTX_set_max_proto_version(context, version);
    SSL_CTX_use_certificate_chain_file(context, plan_.cert_file.c_str());
    SSL_CTX_use_PrivateKey_file(context, plan_.key_file.c_str(), SSL_FILETYPE_PEM);
    if (!plan_.client_ca_file.empty()) {
        SSL_CTX_load_verify_file(context, plan_.client_ca_file.c_str());
        SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
    }
    SSL* ssl = SSL_new(context);
    SSL_set_fd(ssl, peer);
    if (SSL_accept(ssl) == 1) {
        negotiated_ = std::string(SSL_get_version(ssl)) + " " + SSL_get_cipher_name(ssl);
        flood(ssl);
        char text[4096];
        for (int got = SSL_read(ssl, text, sizeof text); got > 0;
             got = SSL_read(ssl, text, sizeof text)) {
            received_.append(text, static_cast<size_t>(got));
        }
        SSL_shutdown(ssl);
    }
    // Lets an alert arrive: closing with unread bytes would reset the connection and take the alert
    // along.
    ::shutdown(peer, SHUT_WR);
    pollfd entry{peer, POLLIN, 0};
    char rest[4096];
    while (::poll(&entry, 1, 2'000) > 0 && ::recv(peer, rest, sizeof rest, 0) > 0) {
    }
    ERR_clear_error();
    SSL_free(ssl);
    SSL_CTX_free(context);
}

}  // namespace llmtrail
