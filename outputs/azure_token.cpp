#include "outputs/azure_token.h"

#include <algorithm>
#include <array>
#include <utility>

#include "outputs/http_answer.h"

namespace llmtrail {

namespace {

constexpr std::string_view kDefaultScope = "/.default";
constexpr std::string_view kTokenPath = "/metadata/identity/oauth2/token?api-version=";
constexpr std::string_view kVersionOfAzure = "2018-02-01";
constexpr std::string_view kVersionOfArc = "2019-11-01";
constexpr int64_t kTokenLifeMsUnsaid = 300'000;

bool is_unreserved(char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '-' ||
           c == '.' || c == '_' || c == '~';
}

void append_form(Bytes& out, std::string_view text) {
    static constexpr std::string_view kDigits = "0123456789ABCDEF";
    for (char c : text) {
        if (is_unreserved(c)) {
            out.push_back(c);
            continue;
        }
        auto byte = static_cast<unsigned char>(c);
        out.push_back('%');
        out.push_back(kDigits[byte >> 4]);
        out.push_back(kDigits[byte & 0xF]);
    }
}

// What may stand behind "Bearer " (RFC 6750).
bool is_token(std::string_view text) {
    return !text.empty() && text.size() <= kTokenBytesMax &&
           std::all_of(text.begin(), text.end(),
                       [](char c) { return is_unreserved(c) || c == '+' || c == '/' || c == '='; });
}

std::shared_ptr<const Secret> header_value(std::string_view scheme, ByteView secret) {
    auto value = std::make_shared<Secret>(scheme.size() + secret.size());
    auto* out = value->reveal_mutable();
    std::copy(scheme.begin(), scheme.end(), out);
    std::copy(secret.begin(), secret.end(), out + scheme.size());
    return value;
}

// The words of RFC 6749, section 5.2, which are all that is read of a refusal.
std::string_view meaning_of(std::string_view body) {
    static constexpr std::array<std::pair<std::string_view, std::string_view>, 4> kWords = {{
        {"invalid_client", ": the client secret is wrong or no longer valid"},
        {"unauthorized_client", ": no such client_id in this tenant"},
        {"invalid_scope", ": the scope is not known"},
        {"invalid_resource", ": the scope is not known"},
    }};
    std::string_view meaning;
    for_each_member(body, [&](std::string_view key, std::string_view value) {
        auto known = std::find_if(kWords.begin(), kWords.end(),
                                  [&](const auto& word) { return word.first == value; });
        if (key == "error" && known != kWords.end()) {
            meaning = known->second;
        }
    });
    return meaning;
}

// `FILE.key`, a name in the directory and no way out of it.
bool is_key_name(std::string_view name) {
    return name.ends_with(".key") && name.front() != '.' &&
           std::all_of(name.begin(), name.end(), is_unreserved);
}

Result<Bytes> read_key(FileSystem& files, const std::string& path) {
    auto file = files.open_readable(path, false);
    if (!file) {
        return fail(std::move(file.error()));
    }
    Bytes key(kArcKeyBytesMax + 1, '\0');
    Result<size_t> size = (*file)->read_at(0, key.data(), key.size());
    if (!size) {
        return fail(std::move(size.error()));
    }
    key.resize(*size);
    if (!is_token(key) || key.size() > kArcKeyBytesMax) {
        wipe(key);
        return fail(ErrorCode::kConfig, path + " holds no key");
    }
    return key;
}

}  // namespace

std::shared_ptr<const Secret> AzureToken::value(MonotonicNanos now) const {
    return now < ends_at_ ? token_ : nullptr;
}

HttpRequest AzureToken::metadata_request() {
    std::string_view resource = auth_.scope;
    if (resource.ends_with(kDefaultScope)) {
        resource.remove_suffix(kDefaultScope.size());
    }
    HttpRequest request;
    request.url = auth_.imds_url;
    request.url += kTokenPath;
    request.url += auth_.identity == AzureIdentity::kArc ? kVersionOfArc : kVersionOfAzure;
    request.url += "&resource=";
    append_form(request.url, resource);
    if (!auth_.client_id.empty()) {
        request.url += "&client_id=";
        append_form(request.url, auth_.client_id);
    }
    request.headers.push_back({"Metadata", "true"});
    key_shown_ = arc_key_ != nullptr;
    request.authorization = std::exchange(arc_key_, nullptr);
    request.holds_secret = true;
    request.to_receiver = false;
    return request;
}

Result<HttpRequest> AzureToken::client_secret_request() const {
    Result<Secret> secret = auth_.client_secret();
    if (!secret) {
        return fail(std::move(secret.error()).with_context("its client secret"));
    }
    HttpRequest request;
    request.url = auth_.authority + "/" + auth_.tenant_id + "/oauth2/v2.0/token";
    request.headers.push_back({"Content-Type", "application/x-www-form-urlencoded"});
    request.holds_secret = true;
    request.to_receiver = false;
    Bytes& body = request.body.emplace();
    body.reserve(256 + 3 * (auth_.scope.size() + auth_.client_id.size() + secret->size()));
    body += "grant_type=client_credentials&client_id=";
    append_form(body, auth_.client_id);
    body += "&scope=";
    append_form(body, auth_.scope);
    body += "&client_secret=";
    append_form(body, secret->reveal());
    return request;
}

Result<HttpRequest> AzureToken::request() {
    if (auth_.identity == AzureIdentity::kClientSecret) {
        return client_secret_request();
    }
    return metadata_request();
}

TokenVerdict AzureToken::take_token(HttpReply& reply, MonotonicNanos now) {
    std::shared_ptr<const Secret> token;
    int64_t life_ms = kTokenLifeMsUnsaid;
    for_each_member(reply.body, [&](std::string_view key, std::string_view value) {
        if (key == "access_token" && is_token(value)) {
            token = header_value("Bearer ", value);
        } else if (key == "expires_in") {
            uint64_t seconds = unsigned_of(value).value_or(0);
            life_ms =
                static_cast<int64_t>(std::min<uint64_t>(seconds, kTokenLifeMsMax / 1000)) * 1000;
        }
    });
    wipe(reply.body);
    if (!token || life_ms == 0) {
        return {TokenAction::kRetry, "this is not what a token endpoint answers", -1};
    }
    token_ = std::move(token);
    renew_at_ = now.after_millis(life_ms - std::min(kTokenRenewBeforeMs, life_ms / 2));
    ends_at_ = now.after_millis(life_ms);
    return {TokenAction::kTaken, {}, -1};
}

// Arc has the caller show that it may read a file that the Arc agent has just written: its path
// stands in the answer, and is believed when it is one of the directory that Arc documents.
TokenVerdict AzureToken::answer_challenge(const HttpReply& reply) {
    constexpr std::string_view kChallenge = "Basic realm=";
    std::string_view path = reply.header("www-authenticate");
    std::string directory = auth_.arc_key_directory + "/";
    if (!path.starts_with(kChallenge)) {
        return {TokenAction::kHold, "HTTP 401 without the challenge of an Arc agent", -1};
    }
    path.remove_prefix(kChallenge.size());
    if (!path.starts_with(directory) || !is_key_name(path.substr(directory.size()))) {
        return {TokenAction::kHold, "it names a key file outside " + auth_.arc_key_directory, -1};
    }
    Result<Bytes> key = read_key(files_, std::string(path));
    if (!key) {
        return {TokenAction::kHold, "key file of the Arc agent: " + key.error().message, -1};
    }
    arc_key_ = header_value("Basic ", *key);
    wipe(*key);
    return {TokenAction::kAskAgain, {}, -1};
}

TokenVerdict AzureToken::judge_refusal(const HttpReply& reply) const {
    bool secret = auth_.identity == AzureIdentity::kClientSecret;
    TokenVerdict verdict;
    verdict.problem = "HTTP " + std::to_string(reply.status);
    verdict.retry_after_ms = retry_after_ms(reply);
    bool passing = reply.status < 300 || reply.status >= 500 || reply.status == 408 ||
                   reply.status == 429 || (!secret && (reply.status == 404 || reply.status == 410));
    if (passing) {
        return verdict;
    }
    verdict.action = TokenAction::kHold;
    if (reply.status < 400) {
        verdict.problem += ": redirects are not followed";
    } else if (secret) {
        verdict.problem += meaning_of(reply.body);
    } else if (reply.status == 400) {
        verdict.problem += ": this host has no such identity";
    }
    return verdict;
}

TokenVerdict AzureToken::take(HttpReply& reply, MonotonicNanos now) {
    bool challenged = auth_.identity == AzureIdentity::kArc && reply.status == 401 && !key_shown_;
    TokenVerdict verdict = reply.status == 200 ? take_token(reply, now)
                           : challenged        ? answer_challenge(reply)
                                               : judge_refusal(reply);
    if (!verdict.problem.empty()) {
        verdict.problem.insert(0, "its token: ");
    }
    return verdict;
}

bool AzureToken::refuse(const std::shared_ptr<const Secret>& used) {
    if (used != token_) {
        return true;
    }
    token_.reset();
    return ++refused_ < 2;
}

}  // namespace llmtrail
