#include "http/http_client.h"

#include <curl/curl.h>

#include <algorithm>
#include <deque>
#include <utility>

#include "base/utf8.h"
#include "http/http_reply.h"
#include "http/shown_certificates.h"
#include "platform/poll_set.h"
#include "platform/shared_library.h"

namespace llmtrail {

namespace {

constexpr size_t kProblemBytesMax = 200;
constexpr size_t kSecretReplyBytes = size_t{16} << 10;

// libcurl's functions, found at run time.
struct CurlLibrary {
    decltype(&curl_global_init) global_init = nullptr;
    decltype(&curl_easy_init) easy_init = nullptr;
    decltype(&curl_easy_cleanup) easy_cleanup = nullptr;
    decltype(&curl_easy_setopt) easy_setopt = nullptr;
    decltype(&curl_easy_getinfo) easy_getinfo = nullptr;
    decltype(&curl_easy_strerror) easy_strerror = nullptr;
    decltype(&curl_multi_init) multi_init = nullptr;
    decltype(&curl_multi_cleanup) multi_cleanup = nullptr;
    decltype(&curl_multi_setopt) multi_setopt = nullptr;
    decltype(&curl_multi_add_handle) multi_add_handle = nullptr;
    decltype(&curl_multi_remove_handle) multi_remove_handle = nullptr;
    decltype(&curl_multi_socket_action) multi_socket_action = nullptr;
    decltype(&curl_multi_timeout) multi_timeout = nullptr;
    decltype(&curl_multi_info_read) multi_info_read = nullptr;
    decltype(&curl_share_init) share_init = nullptr;
    decltype(&curl_share_setopt) share_setopt = nullptr;
    decltype(&curl_share_cleanup) share_cleanup = nullptr;
    decltype(&curl_slist_append) slist_append = nullptr;
    decltype(&curl_slist_free_all) slist_free_all = nullptr;
};

constexpr const char* kLibraryName = "libcurl.so.4";

Result<CurlLibrary> load_curl() {
    Result<SharedLibrary> library = open_shared_library(kLibraryName);
    if (!library) {
        return fail(std::move(library.error()));
    }
    CurlLibrary curl;
    bool whole = library->find("curl_global_init", curl.global_init) &&
                 library->find("curl_easy_init", curl.easy_init) &&
                 library->find("curl_easy_cleanup", curl.easy_cleanup) &&
                 library->find("curl_easy_setopt", curl.easy_setopt) &&
                 library->find("curl_easy_getinfo", curl.easy_getinfo) &&
                 library->find("curl_easy_strerror", curl.easy_strerror) &&
                 library->find("curl_multi_init", curl.multi_init) &&
                 library->find("curl_multi_cleanup", curl.multi_cleanup) &&
                 library->find("curl_multi_setopt", curl.multi_setopt) &&
                 library->find("curl_multi_add_handle", curl.multi_add_handle) &&
                 library->find("curl_multi_remove_handle", curl.multi_remove_handle) &&
                 library->find("curl_multi_socket_action", curl.multi_socket_action) &&
                 library->find("curl_multi_timeout", curl.multi_timeout) &&
                 library->find("curl_multi_info_read", curl.multi_info_read) &&
                 library->find("curl_share_init", curl.share_init) &&
                 library->find("curl_share_setopt", curl.share_setopt) &&
                 library->find("curl_share_cleanup", curl.share_cleanup) &&
                 library->find("curl_slist_append", curl.slist_append) &&
                 library->find("curl_slist_free_all", curl.slist_free_all);
    if (!whole || curl.global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
        return fail(ErrorCode::kUnsupported,
                    std::string(kLibraryName) + " is not the library that HTTP needs");
    }
    return curl;
}

ErrorCode code_of(CURLcode code) {
    switch (code) {
        case CURLE_OPERATION_TIMEDOUT:
            return ErrorCode::kTimeout;
        case CURLE_SSL_CONNECT_ERROR:
        case CURLE_PEER_FAILED_VERIFICATION:
        case CURLE_SSL_CACERT_BADFILE:
        case CURLE_SSL_CERTPROBLEM:
        case CURLE_SSL_CRL_BADFILE:
        case CURLE_SSL_ISSUER_ERROR:
        case CURLE_SSL_PINNEDPUBKEYNOTMATCH:
            return ErrorCode::kTls;
        case CURLE_WRITE_ERROR:
            return ErrorCode::kLimit;
        case CURLE_UNSUPPORTED_PROTOCOL:
        case CURLE_URL_MALFORMAT:
            return ErrorCode::kInvalidArgument;
        default:
            return ErrorCode::kNetwork;
    }
}

// What one request needs while libcurl works on it: libcurl keeps pointers into it.
struct Transfer {
    HttpCall call = 0;
    HttpRequest request;
    HttpReply reply;
    size_t given_bytes = 0;  // of the body
    CURL* easy = nullptr;
    curl_slist* headers = nullptr;
    char problem[CURL_ERROR_SIZE] = {};
    bool options_taken = true;  // by the libcurl that was found: one without pins would ignore them
};

// Called by libcurl for each piece of the answer; anything but `size * count` ends the request.
size_t take_body(char* bytes, size_t size, size_t count, void* into) {
    Bytes& body = static_cast<Transfer*>(into)->reply.body;
    size_t more = size * count;
    if (more > kHttpReplyBytesMax - body.size()) {
        return 0;
    }
    body.append(bytes, more);
    return more;
}

// Asked by libcurl for the next piece of the body. It cannot go back: a request that was on its way
// when a kept connection broke may have arrived, and libcurl would send it again by itself.
size_t give_body(char* out, size_t size, size_t count, void* from) {
    auto* transfer = static_cast<Transfer*>(from);
    const Bytes& body = *transfer->request.body;
    size_t piece = std::min(size * count, body.size() - transfer->given_bytes);
    std::copy_n(body.data() + transfer->given_bytes, piece, out);
    transfer->given_bytes += piece;
    return piece;
}

size_t take_header(char* bytes, size_t size, size_t count, void* into) {
    take_header_line({bytes, size * count}, static_cast<Transfer*>(into)->reply);
    return size * count;
}

class CurlClient final : public HttpClient {
 public:
    CurlClient(HttpOptions options, CurlLibrary curl, std::unique_ptr<PollSet> sockets)
        : options_(std::move(options)), curl_(curl), sockets_(std::move(sockets)) {}

    ~CurlClient() override;
    CurlClient(const CurlClient&) = delete;
    CurlClient& operator=(const CurlClient&) = delete;

    bool begin();

    HttpCall start(HttpRequest request) override;
    void work() override;
    std::optional<HttpDone> take_done() override;

    int descriptor() const override { return sockets_->descriptor(); }

    int64_t timer_ms() const override;

    CertificateEnds certificate_ends() const override { return certificates_.ends(); }

 private:
    static int watch_socket(CURL*, curl_socket_t socket, int what, void* client, void*);

    void set_options(Transfer& transfer);
    template <typename Value>
    void set(Transfer& transfer, CURLoption option, Value value);
    void set_tls(Transfer& transfer);
    bool add_headers(Transfer& transfer);
    void take_finished();
    void finish(Transfer& transfer, CURLcode result);
    void release(Transfer& transfer);

    HttpOptions options_;
    CurlLibrary curl_;
    std::unique_ptr<PollSet> sockets_;
    CURLM* multi_ = nullptr;
    CURLSH* cookies_ = nullptr;
    HttpCall last_call_ = 0;
    std::vector<std::unique_ptr<Transfer>> transfers_;  // few
    std::deque<HttpDone> done_;
    ShownCertificates certificates_;
    std::vector<PollSet::Ready> ready_;
};

CurlClient::~CurlClient() {
    for (const std::unique_ptr<Transfer>& transfer : transfers_) {
        release(*transfer);
    }
    if (multi_ != nullptr) {
        curl_.multi_cleanup(multi_);
    }
    if (cookies_ != nullptr) {
        curl_.share_cleanup(cookies_);
    }
}

bool CurlClient::begin() {
    if (options_.cookies) {
        cookies_ = curl_.share_init();
        if (cookies_ == nullptr ||
            curl_.share_setopt(cookies_, CURLSHOPT_SHARE, CURL_LOCK_DATA_COOKIE) != CURLSHE_OK) {
            return false;
        }
    }
    multi_ = curl_.multi_init();
    return multi_ != nullptr &&
           curl_.multi_setopt(multi_, CURLMOPT_SOCKETFUNCTION, &CurlClient::watch_socket) ==
               CURLM_OK &&
           curl_.multi_setopt(multi_, CURLMOPT_SOCKETDATA, this) == CURLM_OK &&
           curl_.multi_setopt(multi_, CURLMOPT_MAX_HOST_CONNECTIONS, options_.connections_max) ==
               CURLM_OK;
}

int CurlClient::watch_socket(CURL*, curl_socket_t socket, int what, void* client, void*) {
    bool read = what == CURL_POLL_IN || what == CURL_POLL_INOUT;
    bool write = what == CURL_POLL_OUT || what == CURL_POLL_INOUT;
    Result<void> watched = static_cast<CurlClient*>(client)->sockets_->watch(socket, read, write);
    return watched ? 0 : -1;
}

template <typename Value>
void CurlClient::set(Transfer& transfer, CURLoption option, Value value) {
    CURLcode taken = curl_.easy_setopt(transfer.easy, option, value);
    transfer.options_taken = transfer.options_taken && taken == CURLE_OK;
}

void CurlClient::set_tls(Transfer& transfer) {
    const TlsOptions& tls = options_.tls;
    set(transfer, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_3));
    set(transfer, CURLOPT_TLS13_CIPHERS, "TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256");
    set(transfer, CURLOPT_SSL_VERIFYPEER, 1L);
    set(transfer, CURLOPT_SSL_VERIFYHOST, 2L);
    set(transfer, CURLOPT_CERTINFO, 1L);
    if (!tls.ca_file.empty()) {
        set(transfer, CURLOPT_CAINFO, tls.ca_file.c_str());
        set(transfer, CURLOPT_CAPATH, nullptr);
    }
    bool to_receiver = transfer.request.to_receiver;
    if (to_receiver && !tls.cert_file.empty()) {
        set(transfer, CURLOPT_SSLCERT, tls.cert_file.c_str());
        set(transfer, CURLOPT_SSLKEY, tls.key_file.c_str());
    }
    if (!tls.crl_file.empty()) {
        set(transfer, CURLOPT_CRLFILE, tls.crl_file.c_str());
    }
    if (to_receiver && !tls.pins.empty()) {
        std::string pins;
        for (const std::string& pin : tls.pins) {
            pins += pins.empty() ? pin : ";" + pin;
        }
        set(transfer, CURLOPT_PINNEDPUBLICKEY, pins.c_str());
    }
    // Certificates are looked at when a connection is made, and files read then, not kept.
    set(transfer, CURLOPT_CA_CACHE_TIMEOUT, 0L);
    set(transfer, CURLOPT_SSL_SESSIONID_CACHE, 0L);
    set(transfer, CURLOPT_MAXLIFETIME_CONN, static_cast<long>(tls.connection_age_max_ms / 1000));
}

void CurlClient::set_options(Transfer& transfer) {
    set_tls(transfer);
    set(transfer, CURLOPT_URL, transfer.request.url.c_str());
    set(transfer, CURLOPT_PROTOCOLS_STR, options_.plain_http ? "http,https" : "https");
    set(transfer, CURLOPT_FOLLOWLOCATION, 0L);
    set(transfer, CURLOPT_PROXY, options_.proxy.c_str());
    set(transfer, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
    set(transfer, CURLOPT_NOSIGNAL, 1L);
    set(transfer, CURLOPT_TCP_KEEPALIVE, 1L);
    set(transfer, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(options_.connect_ms));
    set(transfer, CURLOPT_TIMEOUT_MS, static_cast<long>(options_.request_ms));
    set(transfer, CURLOPT_USERAGENT, "llmtrail/" LLMTRAIL_VERSION);
    set(transfer, CURLOPT_ERRORBUFFER, transfer.problem);
    set(transfer, CURLOPT_HTTPHEADER, transfer.headers);
    set(transfer, CURLOPT_WRITEFUNCTION, take_body);
    set(transfer, CURLOPT_WRITEDATA, &transfer);
    set(transfer, CURLOPT_HEADERFUNCTION, take_header);
    set(transfer, CURLOPT_HEADERDATA, &transfer);
    if (cookies_ != nullptr) {
        set(transfer, CURLOPT_SHARE, cookies_);
        set(transfer, CURLOPT_COOKIEFILE, "");
    }
    if (transfer.request.body) {
        set(transfer, CURLOPT_POST, 1L);
        set(transfer, CURLOPT_READFUNCTION, give_body);
        set(transfer, CURLOPT_READDATA, &transfer);
        set(transfer, CURLOPT_POSTFIELDSIZE_LARGE,
            static_cast<curl_off_t>(transfer.request.body->size()));
    }
}

bool CurlClient::add_headers(Transfer& transfer) {
    auto add = [&](const std::string& line) {
        curl_slist* longer = curl_.slist_append(transfer.headers, line.c_str());
        transfer.headers = longer != nullptr ? longer : transfer.headers;
        return longer != nullptr;
    };
    for (const HttpHeader& header : transfer.request.headers) {
        if (!add(header.name + ": " + header.value)) {
            return false;
        }
    }
    if (transfer.request.authorization) {
        Bytes line = "Authorization: ";
        line += transfer.request.authorization->reveal();
        bool added = add(line);
        wipe(line);
        if (!added) {
            return false;
        }
    }
    return add("Expect:");
}

HttpCall CurlClient::start(HttpRequest request) {
    auto transfer = std::make_unique<Transfer>();
    transfer->call = ++last_call_;
    transfer->request = std::move(request);
    if (transfer->request.holds_secret) {
        transfer->reply.body.reserve(kSecretReplyBytes);  // what grows leaves copies
    }
    transfer->easy = curl_.easy_init();
    if (transfer->easy == nullptr || !add_headers(*transfer)) {
        done_.push_back({transfer->call, fail(ErrorCode::kInternal, "no memory for a request")});
        release(*transfer);
        return last_call_;
    }
    set_options(*transfer);
    if (!transfer->options_taken) {
        done_.push_back({transfer->call, fail(ErrorCode::kTls,
                                              "this libcurl lacks what the "
                                              "connection asks for")});
        release(*transfer);
        return last_call_;
    }
    if (curl_.multi_add_handle(multi_, transfer->easy) != CURLM_OK) {
        done_.push_back({transfer->call, fail(ErrorCode::kInternal, "a request was not begun")});
        release(*transfer);
        return last_call_;
    }
    transfers_.push_back(std::move(transfer));
    work();
    return last_call_;
}

void CurlClient::work() {
    int running = 0;
    if (Result<void> taken = sockets_->take(ready_); taken) {
        for (const PollSet::Ready& socket : ready_) {
            int what = (socket.readable ? CURL_CSELECT_IN : 0) |
                       (socket.writable ? CURL_CSELECT_OUT : 0) |
                       (socket.failed ? CURL_CSELECT_ERR : 0);
            curl_.multi_socket_action(multi_, socket.descriptor, what, &running);
        }
    }
    if (timer_ms() == 0) {
        curl_.multi_socket_action(multi_, CURL_SOCKET_TIMEOUT, 0, &running);
    }
    take_finished();
}

int64_t CurlClient::timer_ms() const {
    if (!done_.empty()) {
        return 0;
    }
    long wait_ms = -1;
    curl_.multi_timeout(multi_, &wait_ms);
    return wait_ms;
}

void CurlClient::take_finished() {
    int left = 0;
    while (CURLMsg* message = curl_.multi_info_read(multi_, &left)) {
        if (message->msg != CURLMSG_DONE) {
            continue;
        }
        CURLcode result = message->data.result;
        auto found = std::find_if(transfers_.begin(), transfers_.end(), [&](const auto& transfer) {
            return transfer->easy == message->easy_handle;
        });
        if (found != transfers_.end()) {
            finish(**found, result);
            release(**found);
            transfers_.erase(found);
        }
    }
}

void CurlClient::finish(Transfer& transfer, CURLcode result) {
    curl_certinfo* shown = nullptr;
    curl_.easy_getinfo(transfer.easy, CURLINFO_CERTINFO, &shown);
    certificates_.note(transfer.request.url, shown, options_.tls.cert_file);
    if (result != CURLE_OK) {
        std::string_view said = transfer.problem;
        said = said.empty() ? std::string_view(curl_.easy_strerror(result)) : said;
        Error error{code_of(result), terminal_safe(utf8_prefix_bytes(said, kProblemBytesMax)), 0};
        done_.push_back({transfer.call, fail(std::move(error))});
        return;
    }
    long status = 0;
    curl_.easy_getinfo(transfer.easy, CURLINFO_RESPONSE_CODE, &status);
    transfer.reply.status = static_cast<int>(status);
    done_.push_back({transfer.call, std::move(transfer.reply)});
}

void CurlClient::release(Transfer& transfer) {
    if (transfer.easy != nullptr) {
        curl_.multi_remove_handle(multi_, transfer.easy);
        curl_.easy_cleanup(transfer.easy);
    }
    if (transfer.request.authorization) {
        for (curl_slist* line = transfer.headers; line != nullptr; line = line->next) {
            std::fill_n(line->data, std::char_traits<char>::length(line->data), ' ');
        }
    }
    curl_.slist_free_all(transfer.headers);
    if (transfer.request.holds_secret) {
        wipe(transfer.reply.body);
        if (transfer.request.body) {
            wipe(*transfer.request.body);
        }
    }
}

std::optional<HttpDone> CurlClient::take_done() {
    if (done_.empty()) {
        return std::nullopt;
    }
    HttpDone done = std::move(done_.front());
    done_.pop_front();
    return done;
}

}  // namespace

Result<std::unique_ptr<HttpClient>> make_http_client(HttpOptions options) {
    Result<CurlLibrary> curl = load_curl();
    if (!curl) {
        return fail(std::move(curl.error()));
    }
    Result<std::unique_ptr<PollSet>> sockets = make_poll_set();
    if (!sockets) {
        return fail(std::move(sockets.error()));
    }
    auto client = std::make_unique<CurlClient>(std::move(options), *curl, std::move(*sockets));
    if (!client->begin()) {
        return fail(ErrorCode::kInternal, "the HTTP library does not start");
    }
    return std::unique_ptr<HttpClient>(std::move(client));
}

}  // namespace llmtrail
