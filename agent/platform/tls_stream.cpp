#include "platform/tls_stream.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include <algorithm>

namespace llmtrail {

namespace {

// Ciphertext on its way. Out: TLS makes records of 16 KiB, and several are gathered and given to
// the kernel in one call, since each call wakes the receiver's side. In: so many bytes for each
// call of the stream, since OpenSSL reads on for as long as there are messages that hold no data,
// such as session tickets, and a peer may send them without end. What is left stays in the kernel,
// which says at once that there is more to read.
class Wire {
 public:
    explicit Wire(SocketStream& tcp) : tcp_(tcp) {}

    size_t waiting_bytes() const { return waiting_.size() - from_; }

    void gather(bool on) { gathering_ = on; }

    // Takes all of it, or as much as the kernel when nothing is gathered.
    Result<size_t> write(ByteView bytes) {
        if (!gathering_ && waiting_bytes() == 0) {
            return tcp_.write(bytes);
        }
        waiting_.append(bytes);
        return bytes.size();
    }

    // With each call of the stream.
    void begin_call() { readable_ = kReadBytesPerCall; }

    // kWouldBlock: nothing there, or nothing more in this call.
    Result<size_t> read(char* out, size_t size) {
        if (readable_ == 0) {
            return fail(ErrorCode::kWouldBlock, "read enough at one time");
        }
        Result<size_t> got = tcp_.read(out, std::min(size, readable_));
        readable_ -= got ? *got : 0;
        return got;
    }

    // kWouldBlock: some is left.
    Result<void> flush() {
        while (waiting_bytes() > 0) {
            Result<size_t> taken = tcp_.write(ByteView(waiting_).substr(from_));
            if (!taken) {
                return fail(std::move(taken.error()));
            }
            from_ += *taken;
        }
        waiting_.clear();
        from_ = 0;
        return {};
    }

 private:
    SocketStream& tcp_;
    std::string waiting_;
    size_t from_ = 0;
    bool gathering_ = false;
    size_t readable_ = 0;  // in this call
};

constexpr size_t kGatheredBytesMax = size_t{64} << 10;

// A BIO over a Wire: OpenSSL's own socket BIO writes without MSG_NOSIGNAL.
int bio_write(BIO* bio, const char* data, size_t size, size_t* written) {
    BIO_clear_retry_flags(bio);
    Result<size_t> taken = static_cast<Wire*>(BIO_get_data(bio))->write(ByteView(data, size));
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
    Result<size_t> read = static_cast<Wire*>(BIO_get_data(bio))->read(out, size);
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
    static const int type = BIO_get_new_index() | BIO_TYPE_SOURCE_SINK;
    return type;
}

struct SslFree {
    void operator()(SSL* ssl) const { SSL_free(ssl); }
};

struct BioMethodFree {
    void operator()(BIO_METHOD* method) const { BIO_meth_free(method); }
};

class TlsStream : public Stream {
 public:
    TlsStream(std::unique_ptr<SocketStream> tcp, std::string expected_name,
              std::vector<std::string> pins)
        : tcp_(std::move(tcp)),
          wire_(*tcp_),
          expected_name_(std::move(expected_name)),
          pins_(std::move(pins)) {}

    Result<void> prepare(const TlsOptions& options);

    Result<void> establish() override;
    Result<size_t> write(ByteView bytes) override;
    Result<size_t> read(char* out, size_t size) override;

    Result<size_t> unacknowledged_bytes() override;

    Result<void> shutdown() override;

    StreamStage stage() const override;

    std::optional<PeerCertificate> peer_certificate() const override {
        return certificate_of_peer(ssl_.get());
    }

    CertificateEnds certificate_ends() const override { return certificate_ends_of(ssl_.get()); }

    int descriptor() const override { return tcp_->descriptor(); }

    StreamWants wants() const override;

 private:
    Error failure(int result);
    Result<void> flush();

    std::string peer() const {
        return tcp_->endpoint().host + " port " + std::to_string(tcp_->endpoint().port);
    }

    // Destroyed in reverse: the SSL and its BIO before the method and the stream they use.
    std::unique_ptr<SocketStream> tcp_;
    Wire wire_;
    std::string expected_name_;
    std::vector<std::string> pins_;
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
    BIO_set_data(bio, &wire_);
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
    wire_.begin_call();
    int result = SSL_do_handshake(ssl_.get());
    if (result != 1) {
        return fail(failure(result));
    }
    wants_ = StreamWants::kRead;
    return check_pins(ssl_.get(), pins_, peer());
}

StreamStage TlsStream::stage() const {
    if (tcp_->stage() != StreamStage::kUp) {
        return tcp_->stage();
    }
    return tcp_up_ && SSL_is_init_finished(ssl_.get()) == 1 ? StreamStage::kUp
                                                            : StreamStage::kHandshake;
}

Result<void> TlsStream::flush() {
    Result<void> flushed = wire_.flush();
    if (flushed) {
        wants_ = StreamWants::kRead;
    } else if (flushed.error().code == ErrorCode::kWouldBlock) {
        wants_ = StreamWants::kWrite;
    }
    return flushed;
}

Result<size_t> TlsStream::unacknowledged_bytes() {
    Result<size_t> in_kernel = tcp_->unacknowledged_bytes();
    return in_kernel ? Result<size_t>(*in_kernel + wire_.waiting_bytes()) : in_kernel;
}

StreamWants TlsStream::wants() const {
    if (!tcp_up_) {
        return tcp_->wants();
    }
    return wire_.waiting_bytes() > 0 ? StreamWants::kWrite : wants_;
}

Result<size_t> TlsStream::write(ByteView bytes) {
    if (Result<void> flushed = flush(); !flushed) {
        return fail(std::move(flushed.error()));
    }
    ERR_clear_error();
    wire_.begin_call();
    size_t taken = 0;
    int result = 1;
    wire_.gather(true);
    while (result == 1 && taken < bytes.size() && wire_.waiting_bytes() < kGatheredBytesMax) {
        size_t more = 0;
        result = SSL_write_ex(ssl_.get(), bytes.data() + taken, bytes.size() - taken, &more);
        taken += more;
    }
    wire_.gather(false);
    if (result != 1 && taken == 0) {
        return fail(failure(result));
    }
    Result<void> flushed = flush();
    if (!flushed && flushed.error().code != ErrorCode::kWouldBlock) {
        return fail(std::move(flushed.error()));
    }
    return taken;
}

// What write() took and the kernel did not goes on here: the peer is asked for its words whenever
// the descriptor is ready.
Result<size_t> TlsStream::read(char* out, size_t size) {
    if (wire_.waiting_bytes() > 0) {
        Result<void> flushed = flush();
        if (!flushed && flushed.error().code != ErrorCode::kWouldBlock) {
            return fail(std::move(flushed.error()));
        }
    }
    ERR_clear_error();
    wire_.begin_call();
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
        wire_.begin_call();
        int result = SSL_shutdown(ssl_.get());
        if (result < 0) {
            return fail(failure(result));
        }
        closed_ = true;
    }
    if (Result<void> flushed = flush(); !flushed) {
        return flushed;
    }
    return tcp_->shutdown();
}

}  // namespace

Result<std::unique_ptr<Stream>> make_tls_stream(std::unique_ptr<SocketStream> tcp,
                                                const TlsOptions& options) {
    std::string name = options.server_name.empty() ? tcp->endpoint().host : options.server_name;
    auto stream = std::make_unique<TlsStream>(std::move(tcp), std::move(name), options.pins);
    Result<void> prepared = stream->prepare(options);
    if (!prepared) {
        return fail(std::move(prepared.error()));
    }
    return std::unique_ptr<Stream>(std::move(stream));
}

}  // namespace llmtrail
