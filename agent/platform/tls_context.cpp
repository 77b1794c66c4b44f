#include "platform/tls_context.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <ctime>

#include "platform/posix_file.h"

namespace llmtrail {

namespace {

// Frozen by docs/assurance.md.
constexpr const char* kCipherSuites = "TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256";
constexpr const char* kGroups = "X25519:P-256:P-384";

constexpr mode_t kOthersMask = S_IRWXG | S_IRWXO;
constexpr long kKeyFileBytesMax = 64L << 10;
constexpr size_t kSubjectBytesMax = 256;

std::string last_reason() {
    unsigned long code = ERR_peek_last_error();
    const char* reason = code != 0 ? ERR_reason_error_string(code) : nullptr;
    std::string text = reason != nullptr ? reason : "no further reason";
    ERR_clear_error();
    return text;
}

tl::unexpected<Error> tls_failure(std::string_view doing) {
    return fail(ErrorCode::kTls, std::string(doing) + ": " + last_reason());
}

// The key is read through the descriptor that was checked, so that the file cannot be exchanged in
// between.
Result<void> use_private_key(SSL_CTX* context, const std::string& path) {
    Result<Descriptor> file = open_descriptor(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    if (!file) {
        return fail(std::move(file.error()));
    }

    struct stat status {};

    if (::fstat(file->get(), &status) != 0) {
        return fail(error_from_errno(errno, "reading " + path));
    }
    if (!S_ISREG(status.st_mode) || status.st_size > kKeyFileBytesMax) {
        return fail(ErrorCode::kTls, "key file " + path + " is not a key file");
    }
    if ((status.st_mode & kOthersMask) != 0) {
        return fail(ErrorCode::kPermission,
                    "key file " + path + " can be used by group or others: chmod 600 it");
    }
    std::unique_ptr<BIO, decltype(&BIO_free)> input(BIO_new_fd(file->get(), BIO_NOCLOSE),
                                                    &BIO_free);
    auto refuse_passphrase = [](char*, int, int, void*) {
        return -1;
    };  // never asks at the terminal
    std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(
        PEM_read_bio_PrivateKey(input.get(), nullptr, refuse_passphrase, nullptr), &EVP_PKEY_free);
    if (key == nullptr) {
        return tls_failure("key file " + path);
    }
    if (SSL_CTX_use_PrivateKey(context, key.get()) != 1 ||
        SSL_CTX_check_private_key(context) != 1) {
        return tls_failure("key file " + path + " does not belong to the certificate");
    }
    return {};
}

Result<void> load_trust(SSL_CTX* context, const TlsOptions& options) {
    if (options.ca_file.empty()) {
        return SSL_CTX_set_default_verify_paths(context) == 1
                   ? Result<void>()
                   : tls_failure("loading the system's CA certificates");
    }
    if (SSL_CTX_load_verify_file(context, options.ca_file.c_str()) != 1) {
        return tls_failure("CA file " + options.ca_file);
    }
    return {};
}

// Every certificate of the chain is looked up: a CA without a list, or with an old one, is refused.
Result<void> load_revocation(SSL_CTX* context, const std::string& crl_file) {
    if (crl_file.empty()) {
        return {};
    }
    X509_STORE* store = SSL_CTX_get_cert_store(context);
    X509_LOOKUP* lookup = X509_STORE_add_lookup(store, X509_LOOKUP_file());
    if (lookup == nullptr || X509_load_crl_file(lookup, crl_file.c_str(), X509_FILETYPE_PEM) <= 0) {
        return tls_failure("CRL file " + crl_file);
    }
    X509_VERIFY_PARAM_set_flags(SSL_CTX_get0_param(context),
                                X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL);
    return {};
}

// "sha256//..." of the peer's public key; empty: it has none.
std::string pin_of_peer(SSL* ssl) {
    X509* certificate = SSL_get0_peer_certificate(ssl);
    if (certificate == nullptr) {
        return {};
    }
    unsigned char* key = nullptr;
    int size = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &key);
    std::array<unsigned char, EVP_MAX_MD_SIZE> hash;
    unsigned hash_size = 0;
    bool hashed = size > 0 && EVP_Digest(key, static_cast<size_t>(size), hash.data(), &hash_size,
                                         EVP_sha256(), nullptr) == 1;
    OPENSSL_free(key);
    if (!hashed) {
        return {};
    }
    std::array<unsigned char, size_t{2} * EVP_MAX_MD_SIZE> text;
    int length = EVP_EncodeBlock(text.data(), hash.data(), static_cast<int>(hash_size));
    return std::string(kPinPrefix) + std::string(text.begin(), text.begin() + length);
}

std::string verification_text(long result, const std::string& expected_name) {
    switch (result) {
        case X509_V_ERR_CERT_HAS_EXPIRED:
            return "its certificate has expired";
        case X509_V_ERR_CERT_NOT_YET_VALID:
            return "its certificate is not valid yet (is this host's clock right?)";
        case X509_V_ERR_HOSTNAME_MISMATCH:
        case X509_V_ERR_IP_ADDRESS_MISMATCH:
            return "its certificate is for another name than '" + expected_name +
                   "' (subject alternative names count, the common name does not)";
        case X509_V_ERR_CERT_REVOKED:
            return "its certificate has been revoked";
        case X509_V_ERR_UNABLE_TO_GET_CRL:
            return "crl_file has no revocation list of a CA of its certificate";
        case X509_V_ERR_CRL_HAS_EXPIRED:
            return "the revocation list in crl_file has expired";
        case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
        case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
        case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
        case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
        case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
            return "its certificate is not signed by a trusted CA (" +
                   std::string(X509_verify_cert_error_string(result)) + ")";
        default:
            return "its certificate is not acceptable: " +
                   std::string(X509_verify_cert_error_string(result));
    }
}

std::string reason_text(int reason, const char* fallback) {
    switch (reason) {
        case SSL_R_TLSV1_ALERT_PROTOCOL_VERSION:
        case SSL_R_UNSUPPORTED_PROTOCOL:
            return "it does not speak TLS 1.3";
        case SSL_R_WRONG_VERSION_NUMBER:
        case SSL_R_HTTP_REQUEST:
        case SSL_R_PACKET_LENGTH_TOO_LONG:
            return "it does not speak TLS";
        case SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED:
            return "it requires a client certificate (cert_file, key_file)";
        case SSL_R_SSLV3_ALERT_BAD_CERTIFICATE:
        case SSL_R_SSLV3_ALERT_CERTIFICATE_EXPIRED:
        case SSL_R_SSLV3_ALERT_CERTIFICATE_REVOKED:
        case SSL_R_SSLV3_ALERT_CERTIFICATE_UNKNOWN:
        case SSL_R_SSLV3_ALERT_UNSUPPORTED_CERTIFICATE:
        case SSL_R_TLSV1_ALERT_ACCESS_DENIED:
        case SSL_R_TLSV1_ALERT_UNKNOWN_CA:
        case SSL_R_TLSV1_ALERT_DECRYPT_ERROR:
            return "it refused the client certificate (" + std::string(fallback) + ")";
        case SSL_R_SSLV3_ALERT_HANDSHAKE_FAILURE:
            return "no cipher suite or group in common, or it requires a client certificate";
        default:
            return fallback;
    }
}

}  // namespace

void TlsContextFree::operator()(ssl_ctx_st* context) const {
    SSL_CTX_free(context);
}

Result<TlsContext> make_tls_context(const TlsOptions& options) {
    ERR_clear_error();
    TlsContext context(SSL_CTX_new(TLS_client_method()));
    if (context == nullptr) {
        return tls_failure("TLS");
    }
    bool set = SSL_CTX_set_min_proto_version(context.get(), TLS1_3_VERSION) == 1 &&
               SSL_CTX_set_max_proto_version(context.get(), TLS1_3_VERSION) == 1 &&
               SSL_CTX_set_ciphersuites(context.get(), kCipherSuites) == 1 &&
               SSL_CTX_set1_groups_list(context.get(), kGroups) == 1;
    if (!set) {
        return tls_failure("TLS 1.3 settings");
    }
    SSL_CTX_set_security_level(context.get(), 2);
    SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_OFF);
    SSL_CTX_set_mode(context.get(),
                     SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
    X509_VERIFY_PARAM_set_flags(SSL_CTX_get0_param(context.get()), X509_V_FLAG_X509_STRICT);

    Result<void> trust = load_trust(context.get(), options);
    if (!trust) {
        return fail(std::move(trust.error()));
    }
    Result<void> revocation = load_revocation(context.get(), options.crl_file);
    if (!revocation) {
        return fail(std::move(revocation.error()));
    }
    if (options.cert_file.empty() != options.key_file.empty()) {
        return fail(ErrorCode::kTls, "cert_file and key_file belong together");
    }
    if (!options.cert_file.empty()) {
        if (SSL_CTX_use_certificate_chain_file(context.get(), options.cert_file.c_str()) != 1) {
            return tls_failure("certificate file " + options.cert_file);
        }
        Result<void> key = use_private_key(context.get(), options.key_file);
        if (!key) {
            return fail(std::move(key.error()));
        }
    }
    return context;
}

Result<void> expect_peer(ssl_st* ssl, const std::string& name) {
    std::array<unsigned char, sizeof(in6_addr)> binary;
    bool is_address = ::inet_pton(AF_INET, name.c_str(), binary.data()) == 1 ||
                      ::inet_pton(AF_INET6, name.c_str(), binary.data()) == 1;
    if (is_address) {
        return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), name.c_str()) == 1
                   ? Result<void>()
                   : tls_failure("expecting the address " + name);
    }
    SSL_set_hostflags(ssl,
                      X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
    std::string sni = name;  // SSL_ctrl wants it writable
    bool set =
        SSL_set1_host(ssl, name.c_str()) == 1 &&
        SSL_ctrl(ssl, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, sni.data()) == 1;
    return set ? Result<void>() : tls_failure("expecting the name " + name);
}

Result<void> check_pins(ssl_st* ssl, const std::vector<std::string>& pins,
                        const std::string& peer) {
    if (pins.empty()) {
        return {};
    }
    std::string pin = pin_of_peer(ssl);
    if (std::find(pins.begin(), pins.end(), pin) != pins.end()) {
        return {};
    }
    return fail(ErrorCode::kTls, "TLS with " + peer + ": its public key is none of `pins`: it is " +
                                     (pin.empty() ? "unknown" : pin));
}

namespace {

// A year beyond what nanoseconds hold is as good as the last one they do.
std::optional<UnixNanos> end_of(const X509* certificate) {
    std::tm parts{};
    if (certificate == nullptr || ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &parts) != 1) {
        return std::nullopt;
    }
    constexpr int64_t kSecondsMax = INT64_MAX / kNanosPerSecond;
    int64_t seconds = std::clamp<int64_t>(::timegm(&parts), -kSecondsMax, kSecondsMax);
    return UnixNanos{seconds * kNanosPerSecond};
}

// A refused certificate stands in the chain alone.
X509* shown_by_peer(ssl_st* ssl) {
    STACK_OF(X509)* chain = SSL_get_peer_cert_chain(ssl);
    return chain != nullptr ? sk_X509_value(chain, 0) : nullptr;
}

std::optional<UnixNanos> end_of_first(BIO* pem) {
    std::unique_ptr<BIO, decltype(&BIO_free)> source(pem, &BIO_free);
    if (source == nullptr) {
        ERR_clear_error();
        return std::nullopt;
    }
    std::unique_ptr<X509, decltype(&X509_free)> first(
        PEM_read_bio_X509(source.get(), nullptr, nullptr, nullptr), &X509_free);
    ERR_clear_error();
    return end_of(first.get());
}

}  // namespace

CertificateEnds certificate_ends_of(ssl_st* ssl) {
    return {end_of(shown_by_peer(ssl)), end_of(SSL_get_certificate(ssl))};
}

std::optional<UnixNanos> end_of_certificate(ByteView pem) {
    return pem.size() > INT_MAX
               ? std::nullopt
               : end_of_first(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
}

std::optional<UnixNanos> end_of_certificate_file(const std::string& path) {
    return end_of_first(BIO_new_file(path.c_str(), "r"));
}

std::optional<PeerCertificate> certificate_of_peer(ssl_st* ssl) {
    X509* certificate = shown_by_peer(ssl);
    std::unique_ptr<BIO, decltype(&BIO_free)> text(BIO_new(BIO_s_mem()), &BIO_free);
    if (certificate == nullptr || text == nullptr) {
        return std::nullopt;
    }
    PeerCertificate shown;
    X509_NAME_print_ex(text.get(), X509_get_subject_name(certificate), 0, XN_FLAG_RFC2253);
    std::array<char, kSubjectBytesMax> subject;
    int size = BIO_read(text.get(), subject.data(), static_cast<int>(subject.size()));
    shown.subject.assign(subject.data(), static_cast<size_t>(std::max(size, 0)));
    int days = 0;
    int seconds = 0;
    if (ASN1_TIME_diff(&days, &seconds, nullptr, X509_get0_notAfter(certificate)) == 1) {
        shown.valid_for_s = int64_t{days} * 86'400 + seconds;
    }
    return shown;
}

Error describe_tls_failure(ssl_st* ssl, const std::string& peer, const std::string& expected_name) {
    unsigned long code = ERR_peek_error();
    std::string text = "TLS with " + peer + ": ";
    long verification = SSL_get_verify_result(ssl);
    if (verification != X509_V_OK) {
        text += verification_text(verification, expected_name);
    } else {
        const char* reason = code != 0 ? ERR_reason_error_string(code) : nullptr;
        text +=
            reason_text(ERR_GET_REASON(code), reason != nullptr ? reason : "the connection broke");
    }
    ERR_clear_error();
    return Error{ErrorCode::kTls, std::move(text), 0};
}

}  // namespace llmtrail
