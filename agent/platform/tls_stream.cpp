#include "platform/tls_stream.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

namespace llmtrail {

namespace {

// A BIO over a TcpStream: OpenSSL's own socket BIO writes without MSG_NOSIGNAL.
int bio_write(BIO* bio, const char* data, size_t size, size_t* written) {
    BIO_clear_retry_flags(bio);
    Result<size_t> taken = static_cast<TcpStream*>(BIO_get_data(bio))->write(ByteView(data, size));
    if (taken) {
        *written = *taken;
        return 1;
    }
    if (taken.error().code == ErrorCode::kWouldBlock) {
        BIO_set_retry_write(bio);
    }
    return 0;
}

int bio_read(BIO* bio, char* out, size_t size, size_t* got) {
    BIO_clear_retry_flags(bio);
    Result<size_t> read = static_cast<TcpStream*>(BIO_get_data(bio))->read(out, size);
    if (read) {
        *got = *read;
        return 1;
    }
    if (read.error().code == ErrorCode::kWouldBlock) {
        BIO_set_retry_read(bio);
    } else if (read.error().code == ErrorCode::kClosed) {
        BIO_set_flags(bio, BIO_FLAGS_IN_EOF);
    }
    return 0;
}

long bio_control(BIO* bio, int command, long, void*) {
    switch (command) {
        case BIO_CTRL_EOF:
            return BIO_test_flags(bio, BIO_FLAGS_IN_EOF) != 0 ? 1 : 0;
        case BIO_CTRL_FLUSH:
            return 1;
        default:
            return 0;
    }
}

// OpenSSL has few of these numbers, so one serves every stream.
int bio_type() {
    static const int kType = BIO_get_new_index() | BIO_TYPE_SOURCE_SINK;
    return kType;
}

struct SslFree {
    void operator()(SSL* ssl) const { SSL_free(ssl); }
};

struct BioMethodFree {
    void operator()(BIO_METHOD* method) const { BIO_meth_free(method); }
};

class TlsStream : public Stream {
 public:
    TlsStream(std::unique_ptr<TcpStream> tcp, std::string expected_name)
        : tcp_(std::move(tcp)), expected_name_(std::move(expected_name)) {}

    Result<void> prepare(const TlsOptions& options);

    Result<void> establish() override;
    Result<size_t> write(ByteView bytes) override;
    Result<size_t> read(char* out, size_t size) override;

    Result<size_t> unacknowledged_bytes() override { return tcp_->unacknowledged_bytes(); }

    Result<void> shutdown() override;

    int descriptor() const override { return tcp_->descriptor(); }

    StreamWants wants() const override { return tcp_up_ ? wants_ : tcp_->wants(); }

 private:
    Error failure(int result);

    std::string peer() const {
        return tcp_->endpoint().host + " port " + std::to_string(tcp_->endpoint().port);
    }

    // Destroyed in reverse: the SSL and its BIO before the method and the stream they use.
    std::unique_ptr<TcpStream> tcp_;
    std::string expected_name_;
    std::unique_ptr<BIO_METHOD, BioMethodFree> method_;
    TlsContext context_;
    std::unique_ptr<SSL, SslFree> ssl_;
    StreamWants wants_ = StreamWants::kNothing;
    bool tcp_up_ = false;
    bool closed_ = false;  // close_notify is sent
};

Result<void> TlsStream::prepare(const TlsOptions& options) {
    Result<TlsContext> context = make_tls_context(options);
    if (!context) {
        return fail(std::move(context.error()));
    }
    context_ = std::move(*context);
    method_.reset(BIO_meth_new(bio_type(), "llmtrail tcp stream"));
    ssl_.reset(SSL_new(context_.get()));
    BIO* bio = method_ != nullptr ? BIO_new(method_.get()) : nullptr;
    if (bio == nullptr || ssl_ == nullptr) {
        BIO_free(bio);
        return fail(ErrorCode::kTls, "TLS: out of memory");
    }
    BIO_meth_set_write_ex(method_.get(), bio_write);
    BIO_meth_set_read_ex(method_.get(), bio_read);
    BIO_meth_set_ctrl(method_.get(), bio_control);
    BIO_set_data(bio, tcp_.get());
    BIO_set_init(bio, 1);
    SSL_set_bio(ssl_.get(), bio, bio);
    SSL_set_connect_state(ssl_.get());
    return expect_peer(ssl_.get(), expected_name_);
}

Error TlsStream::failure(int result) {
    switch (SSL_get_error(ssl_.get(), result)) {
        case SSL_ERROR_WANT_READ:
            wants_ = StreamWants::kRead;
            return Error{ErrorCode::kWouldBlock, "waiting for " + peer(), 0};
        case SSL_ERROR_WANT_WRITE:
            wants_ = StreamWants::kWrite;
            return Error{ErrorCode::kWouldBlock, "waiting for " + peer(), 0};
        case SSL_ERROR_ZERO_RETURN:
            return Error{ErrorCode::kClosed, peer() + " closed the connection", 0};
        case SSL_ERROR_SYSCALL:
            ERR_clear_error();
            return Error{ErrorCode::kNetwork, "the connection to " + peer() + " broke", 0};
        default:
            break;
    }
    if (ERR_GET_REASON(ERR_peek_error()) == SSL_R_UNEXPECTED_EOF_WHILE_READING) {
        ERR_clear_error();
        return Error{ErrorCode::kClosed, peer() + " closed the connection without a farewell", 0};
    }
    return describe_tls_failure(ssl_.get(), peer(), expected_name_);
}

Result<void> TlsStream::establish() {
    if (!tcp_up_) {
        Result<void> up = tcp_->establish();
        if (!up) {
            return up;
        }
        tcp_up_ = true;
    }
    ERR_clear_error();
    int result = SSL_do_handshake(ssl_.get());
    if (result != 1) {
        return fail(failure(result));
    }
    wants_ = StreamWants::kRead;
    return {};
}

Result<size_t> TlsStream::write(ByteView bytes) {
    ERR_clear_error();
    size_t taken = 0;
    int result = SSL_write_ex(ssl_.get(), bytes.data(), bytes.size(), &taken);
    if (result != 1) {
        return fail(failure(result));
    }
    wants_ = StreamWants::kRead;
    return taken;
}

Result<size_t> TlsStream::read(char* out, size_t size) {
    ERR_clear_error();
    size_t got = 0;
    StreamWants before = wants_;
    int result = SSL_read_ex(ssl_.get(), out, size, &got);
    if (result == 1) {
        return got;
    }
    Error error = failure(result);
    if (error.code == ErrorCode::kWouldBlock && before == StreamWants::kWrite) {
        wants_ = before;  // a write is waiting: reading does not change that
    }
    return fail(std::move(error));
}

Result<void> TlsStream::shutdown() {
    if (!closed_) {
        ERR_clear_error();
        int result = SSL_shutdown(ssl_.get());
        if (result < 0) {
            return fail(failure(result));
        }
        closed_ = true;
    }
    return tcp_->shutdown();
}

}  // namespace

Result<std::unique_ptr<Stream>> make_tls_stream(std::unique_ptr<TcpStream> tcp,
                                                const TlsOptions& options) {
    std::string name = options.server_name.empty() ? tcp->endpoint().host : options.server_name;
    auto stream = std::make_unique<TlsStream>(std::move(tcp), std::move(name));
    Result<void> prepared = stream->prepare(options);
    if (!prepared) {
        return fail(std::move(prepared.error()));
    }
    return std::unique_ptr<Stream>(std::move(stream));
}

}  // namespace llmtrail
