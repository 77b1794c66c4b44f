#include "anchor/timestamp.h"

#include <openssl/err.h>
#include <openssl/objects.h>
#include <openssl/ts.h>
#include <openssl/x509_vfy.h>

#include <array>
#include <ctime>
#include <utility>

#include "base/utf8.h"

namespace llmtrail {

namespace {

constexpr std::string_view kRequestType = "application/timestamp-query";
constexpr std::string_view kReplyType = "application/timestamp-reply";
constexpr size_t kNonceBytes = 16;

template <auto Free>
struct Freeing {
    template <typename T>
    void operator()(T* object) const {
        Free(object);
    }
};

using Request = std::unique_ptr<TS_REQ, Freeing<TS_REQ_free>>;
using Reply = std::unique_ptr<TS_RESP, Freeing<TS_RESP_free>>;
using Imprint = std::unique_ptr<TS_MSG_IMPRINT, Freeing<TS_MSG_IMPRINT_free>>;
using Algorithm = std::unique_ptr<X509_ALGOR, Freeing<X509_ALGOR_free>>;
using Context = std::unique_ptr<TS_VERIFY_CTX, Freeing<TS_VERIFY_CTX_free>>;
using Store = std::unique_ptr<X509_STORE, Freeing<X509_STORE_free>>;
using Token = std::unique_ptr<PKCS7, Freeing<PKCS7_free>>;
using Object = std::unique_ptr<ASN1_OBJECT, Freeing<ASN1_OBJECT_free>>;
using Number = std::unique_ptr<ASN1_INTEGER, Freeing<ASN1_INTEGER_free>>;
using BigNumber = std::unique_ptr<BIGNUM, Freeing<BN_free>>;

const unsigned char* raw(ByteView bytes) {
    return reinterpret_cast<const unsigned char*>(bytes.data());
}

// Why OpenSSL refused; its queue is empty afterwards.
std::string openssl_reason() {
    std::string reason = "no reason given";
    while (unsigned long code = ERR_get_error()) {
        if (const char* text = ERR_reason_error_string(code)) {
            reason = text;
        }
    }
    return reason;
}

template <auto Encode, typename T>
Result<Bytes> to_der(T* object) {
    int size = Encode(object, nullptr);
    if (size <= 0) {
        return fail(ErrorCode::kCrypto, "encoding: " + openssl_reason());
    }
    Bytes der(static_cast<size_t>(size), '\0');
    auto* at = reinterpret_cast<unsigned char*>(der.data());
    Encode(object, &at);
    return der;
}

template <auto Decode, typename Owner>
Owner from_der(ByteView der) {
    const unsigned char* at = raw(der);
    Owner owner(Decode(nullptr, &at, static_cast<long>(der.size())));
    return owner && at == raw(der) + der.size() ? std::move(owner) : Owner();
}

Result<Store> open_store(const std::string& ca_file) {
    Store store(X509_STORE_new());
    if (!store || X509_STORE_load_file(store.get(), ca_file.c_str()) != 1) {
        return fail(ErrorCode::kTls, "reading " + ca_file + ": " + openssl_reason());
    }
    return store;
}

Result<UnixNanos> time_of(TS_TST_INFO* info) {
    std::tm time{};
    const ASN1_GENERALIZEDTIME* stamp = TS_TST_INFO_get_time(info);
    if (stamp == nullptr || ASN1_TIME_to_tm(stamp, &time) != 1) {
        return fail(ErrorCode::kCrypto, "a token without a usable time");
    }
    return UnixNanos{static_cast<int64_t>(timegm(&time)) * kNanosPerSecond};
}

Result<void> add_nonce(TS_REQ* request, Random& random) {
    std::array<unsigned char, kNonceBytes> bytes{};
    if (Result<void> filled = random.fill(bytes.data(), bytes.size()); !filled) {
        return filled;
    }
    bytes[0] = static_cast<unsigned char>((bytes[0] & 0x7F) | 0x40);  // positive, of full length
    BigNumber number(BN_bin2bn(bytes.data(), static_cast<int>(bytes.size()), nullptr));
    Number nonce(number ? BN_to_ASN1_INTEGER(number.get(), nullptr) : nullptr);
    if (!nonce || TS_REQ_set_nonce(request, nonce.get()) != 1) {
        return fail(ErrorCode::kCrypto, "making a nonce: " + openssl_reason());
    }
    return {};
}

Result<void> add_imprint(TS_REQ* request, const Digest& digest) {
    Imprint imprint(TS_MSG_IMPRINT_new());
    Algorithm algorithm(X509_ALGOR_new());
    Digest copy = digest;  // the call does not promise to leave it alone
    bool made =
        imprint && algorithm &&
        X509_ALGOR_set0(algorithm.get(), OBJ_nid2obj(NID_sha256), V_ASN1_NULL, nullptr) == 1 &&
        TS_MSG_IMPRINT_set_algo(imprint.get(), algorithm.get()) == 1 &&
        TS_MSG_IMPRINT_set_msg(imprint.get(), reinterpret_cast<unsigned char*>(copy.data()),
                               static_cast<int>(copy.size())) == 1 &&
        TS_REQ_set_msg_imprint(request, imprint.get()) == 1;
    return made ? Result<void>{} : fail(ErrorCode::kCrypto, "an imprint: " + openssl_reason());
}

Result<void> check_granted(TS_RESP* reply) {
    const TS_STATUS_INFO* status = TS_RESP_get_status_info(reply);
    long code = ASN1_INTEGER_get(TS_STATUS_INFO_get0_status(status));
    if (code == TS_STATUS_GRANTED || code == TS_STATUS_GRANTED_WITH_MODS) {
        return {};
    }
    return fail(ErrorCode::kUnsupported,
                "the timestamp authority refuses, status " + std::to_string(code));
}

class TimestampHolder final : public AnchorHolder {
 public:
    TimestampHolder(TimestampOptions options, HttpPoster& http, Random& random)
        : options_(std::move(options)), http_(http), random_(random) {}

    std::string_view id() const override { return options_.id; }

    Result<AnchorReceipt> anchor(const AnchorTask& task) override;

 private:
    TimestampOptions options_;
    HttpPoster& http_;
    Random& random_;
};

Result<AnchorReceipt> TimestampHolder::anchor(const AnchorTask& task) {
    Result<Bytes> request =
        make_timestamp_request(timestamp_imprint(task.body), options_.policy, random_);
    if (!request) {
        return fail(std::move(request.error()));
    }
    Result<PostReply> reply = http_.post({options_.url, std::string(kRequestType), *request,
                                          options_.tls_ca_file, options_.allow_http});
    if (!reply) {
        return fail(std::move(reply.error()));
    }
    if (reply->status != 200 || reply->content_type != kReplyType) {
        return fail(ErrorCode::kUnsupported,
                    "no timestamp but HTTP status " + std::to_string(reply->status) + ", type " +
                        terminal_safe(utf8_prefix_bytes(reply->content_type, 64)));
    }
    Result<Timestamp3161> stamp = open_timestamp_reply(reply->body, *request, options_.ca_file);
    if (!stamp) {
        return fail(std::move(stamp.error()));
    }
    return AnchorReceipt{std::move(stamp->token), stamp->at};
}

}  // namespace

std::unique_ptr<AnchorHolder> make_timestamp_holder(TimestampOptions options, HttpPoster& http,
                                                    Random& random) {
    return std::make_unique<TimestampHolder>(std::move(options), http, random);
}

Digest timestamp_imprint(const CheckpointBody& body) {
    return sha256(encode_checkpoint_text(body));
}

Result<Bytes> make_timestamp_request(const Digest& imprint, const std::string& policy,
                                     Random& random) {
    Request request(TS_REQ_new());
    if (!request || TS_REQ_set_version(request.get(), 1) != 1 ||
        TS_REQ_set_cert_req(request.get(), 1) != 1) {
        return fail(ErrorCode::kCrypto, "a timestamp request: " + openssl_reason());
    }
    Result<void> done = add_imprint(request.get(), imprint);
    if (done) {
        done = add_nonce(request.get(), random);
    }
    if (!done) {
        return fail(std::move(done.error()));
    }
    if (!policy.empty()) {
        Object oid(OBJ_txt2obj(policy.c_str(), 1));
        if (!oid || TS_REQ_set_policy_id(request.get(), oid.get()) != 1) {
            openssl_reason();
            return fail(ErrorCode::kInvalidArgument, "`" + policy + "` is no object identifier");
        }
    }
    return to_der<i2d_TS_REQ>(request.get());
}

Result<Timestamp3161> open_timestamp_reply(ByteView bytes, ByteView request_bytes,
                                           const std::string& ca_file) {
    ERR_clear_error();
    auto request = from_der<d2i_TS_REQ, Request>(request_bytes);
    auto reply = from_der<d2i_TS_RESP, Reply>(bytes);
    if (!request || !reply) {
        openssl_reason();
        return fail(ErrorCode::kCrypto, "not an answer to a timestamp request");
    }
    if (Result<void> granted = check_granted(reply.get()); !granted) {
        return fail(std::move(granted.error()));
    }
    Result<Store> store = open_store(ca_file);
    if (!store) {
        return fail(std::move(store.error()));
    }
    // Takes imprint, nonce and, when asked for, policy over from the request.
    Context context(TS_REQ_to_TS_VERIFY_CTX(request.get(), nullptr));
    if (!context) {
        return fail(ErrorCode::kCrypto, openssl_reason());
    }
    TS_VERIFY_CTX_add_flags(context.get(), TS_VFY_SIGNATURE | TS_VFY_VERSION);
    TS_VERIFY_CTX_set_store(context.get(), store->release());
    if (TS_RESP_verify_response(context.get(), reply.get()) != 1) {
        return fail(ErrorCode::kCrypto, "the timestamp is not to be believed: " + openssl_reason());
    }
    Result<UnixNanos> at = time_of(TS_RESP_get_tst_info(reply.get()));
    if (!at) {
        return fail(std::move(at.error()));
    }
    Result<Bytes> token = to_der<i2d_PKCS7>(TS_RESP_get_token(reply.get()));
    if (!token) {
        return fail(std::move(token.error()));
    }
    return Timestamp3161{std::move(*token), *at};
}

Result<UnixNanos> check_timestamp_token(ByteView bytes, const Digest& imprint,
                                        const std::string& ca_file) {
    ERR_clear_error();
    auto token = from_der<d2i_PKCS7, Token>(bytes);
    Result<Store> store = open_store(ca_file);
    if (!token || !store) {
        return token ? Result<UnixNanos>(fail(std::move(store.error())))
                     : fail(ErrorCode::kCrypto, "not a timestamp token");
    }
    Context context(TS_VERIFY_CTX_new());
    auto* copy = static_cast<unsigned char*>(OPENSSL_memdup(imprint.data(), imprint.size()));
    if (!context || copy == nullptr) {
        return fail(ErrorCode::kCrypto, openssl_reason());
    }
    TS_VERIFY_CTX_set_flags(context.get(), TS_VFY_IMPRINT | TS_VFY_SIGNATURE | TS_VFY_VERSION);
    TS_VERIFY_CTX_set_imprint(context.get(), copy, static_cast<long>(imprint.size()));
    TS_VERIFY_CTX_set_store(context.get(), store->release());
    if (TS_RESP_verify_token(context.get(), token.get()) != 1) {
        return fail(ErrorCode::kCrypto, "the timestamp is not to be believed: " + openssl_reason());
    }
    std::unique_ptr<TS_TST_INFO, Freeing<TS_TST_INFO_free>> info(PKCS7_to_TS_TST_INFO(token.get()));
    return info ? time_of(info.get()) : fail(ErrorCode::kCrypto, "a token without its statement");
}

}  // namespace llmtrail
