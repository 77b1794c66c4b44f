// What a TLS connection of the agent is made with: an SSL_CTX from TlsOptions, read from disk for
// every attempt, so that replaced certificates and keys are used from the next connection on.
// Inside agent/platform, by a reload to try the files, and by agent/http for what certificates say.
// kTls: an unusable CA, CRL, certificate or key file; kPermission: a key file that others can read.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "platform/network.h"

struct ssl_ctx_st;
struct ssl_st;

namespace llmtrail {

struct TlsContextFree {
    void operator()(ssl_ctx_st* context) const;
};

using TlsContext = std::unique_ptr<ssl_ctx_st, TlsContextFree>;

Result<TlsContext> make_tls_context(const TlsOptions& options);

// Tells OpenSSL whom to expect: `name` in SAN (an IP address as an address), and SNI for names.
Result<void> expect_peer(ssl_st* ssl, const std::string& name);

// Whether the peer of a handshake that succeeded has one of the keys of `pins`; kTls names the key
// it has.
Result<void> check_pins(ssl_st* ssl, const std::vector<std::string>& pins, const std::string& peer);

// The peer's own certificate, verified or not; nothing: it has not shown one.
std::optional<PeerCertificate> certificate_of_peer(ssl_st* ssl);

// Of what each side has shown so far.
CertificateEnds certificate_ends_of(ssl_st* ssl);

// When the first certificate of a PEM text or file ends; nothing: there is none.
std::optional<UnixNanos> end_of_certificate(ByteView pem);
std::optional<UnixNanos> end_of_certificate_file(const std::string& path);

// What went wrong, in an operator's words, from the error queue and the verification result; clears
// the queue.
Error describe_tls_failure(ssl_st* ssl, const std::string& peer, const std::string& expected_name);

}  // namespace llmtrail
