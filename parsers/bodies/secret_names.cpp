#include "bodies/secret_names.h"

#include <algorithm>
#include <array>

namespace llmtrail {

namespace {

char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
}

bool is_capital(char c) {
    return c >= 'A' && c <= 'Z';
}

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

bool is_separator(char c) {
    bool letter = is_capital(c) || (c >= 'a' && c <= 'z') || (static_cast<uint8_t>(c) & 0x80) != 0;
    return !letter && !is_digit(c);
}

// A name without its separators, in lower case, and where its last two words start.
class Name {
 public:
    explicit Name(std::string_view key);

    std::string_view whole() const { return {bytes_.data(), size_}; }

    std::string_view last_word() const { return whole().substr(last_); }

    std::string_view word_before() const { return whole().substr(before_, last_ - before_); }

 private:
    void begin_word();

    std::array<char, kSecretNameBytesMax> bytes_{};
    size_t size_ = 0;
    size_t last_ = 0;
    size_t before_ = 0;
};

// Numbers at the end (api_key_2) say nothing of what the name means.
std::string_view judged_part(std::string_view key) {
    while (!key.empty() && (is_separator(key.back()) || is_digit(key.back()))) {
        key.remove_suffix(1);
        if (key.size() > kSecretNameBytesMax) {
            return key.substr(key.size() - kSecretNameBytesMax);
        }
    }
    return key.size() > kSecretNameBytesMax ? key.substr(key.size() - kSecretNameBytesMax) : key;
}

void Name::begin_word() {
    if (size_ > last_) {
        before_ = last_;
        last_ = size_;
    }
}

Name::Name(std::string_view key) {
    key = judged_part(key);
    for (size_t at = 0; at < key.size(); ++at) {
        char c = key[at];
        if (is_separator(c)) {
            begin_word();
            continue;
        }
        bool after_small = at > 0 && !is_capital(key[at - 1]);
        bool before_small = at + 1 < key.size() && key[at + 1] >= 'a' && key[at + 1] <= 'z';
        if (is_capital(c) && (after_small || before_small)) {
            begin_word();
        }
        bytes_[size_++] = lower(c);
    }
}

constexpr auto kWholeNames = std::to_array<std::string_view>({
    "authorization",
    "httpauthorization",
    "proxyauthorization",
    "xauthorization",
    "xforwardedauthorization",
});

constexpr auto kWholeEnds = std::to_array<std::string_view>({
    "accesskey",       "accountkey",       "adminkey",
    "apiauth",         "passwordhash",     "primarykey",
    "saltkey",         "secondarykey",     "webhookurl",
    "apikey",          "apikeys",          "authkey",
    "clientkey",       "connectionstring", "cookie",
    "cookies",         "credential",       "credentials",
    "encryptionkey",   "masterkey",        "openaikey",
    "passcode",        "passphrase",       "passwd",
    "password",        "passwords",        "privatekey",
    "secret",          "secretkey",        "secrets",
    "servicekey",      "sessionkey",       "sharedaccesssignature",
    "sharedkey",       "signingkey",       "sshkey",
    "subscriptionkey",
});

constexpr auto kTextNames = std::to_array<std::string_view>({
    "auth",
    "basicauth",
    "bearer",
    "jwt",
    "pw",
    "xauth",
});

constexpr auto kSettingNames = std::to_array<std::string_view>({"key", "keys", "pass", "pwd"});

// What a key is called that finds, orders or names something.
constexpr auto kOpenKeyWords = std::to_array<std::string_view>({
    "accelerator", "agent",       "alias",     "attribute",   "bucket",     "cache",
    "candidate",   "category",    "channel",   "chat",        "class",      "column",
    "component",   "compose",     "composite", "conditional", "config",     "conversation",
    "crew",        "customer",    "dataset",   "dedup",       "dictionary", "document",
    "entity",      "event",       "feature",   "feedback",    "field",      "file",
    "flow",        "foreign",     "group",     "hash",        "history",    "host",
    "hot",         "i18n",        "id",        "idempotency", "image",      "index",
    "input",       "issue",       "item",      "job",         "join",       "json",
    "label",       "lookup",      "map",       "memory",      "message",    "metadata",
    "metric",      "model",       "name",      "natural",     "node",       "object",
    "order",       "output",      "page",      "parameter",   "parent",     "partition",
    "project",     "prompt",      "property",  "public",      "query",      "range",
    "record",      "registry",    "request",   "response",    "result",     "routing",
    "row",         "run",         "s3",        "score",       "search",     "setting",
    "shard",       "sort",        "source",    "space",       "span",       "state",
    "step",        "storage",     "surrogate", "tag",         "task",       "team",
    "template",    "tenant",      "text",      "thread",      "tool",       "topic",
    "trace",       "translation", "type",      "unique",      "user",       "value",
    "variable",    "version",     "workflow",
});

// What a token is called that is a piece of text, a count of such, or a place in a list.
constexpr auto kTokenWords = std::to_array<std::string_view>({
    "audio",      "average",      "begin",   "best",    "bos",     "cached", "chosen", "cls",
    "completion", "continuation", "count",   "decoder", "end",     "eos",    "first",  "generated",
    "image",      "input",        "last",    "mask",    "max",     "middle", "min",    "new",
    "newline",    "next",         "output",  "pad",     "page",    "per",    "prefix", "previous",
    "prompt",     "reasoning",    "sampled", "sep",     "special", "start",  "stop",   "suffix",
    "text",       "thinking",     "top",     "total",   "unk",     "video",
});

// kWholeEnds by last letter, so that a name is compared with the few that could be its end.
class EndsByLetter {
 public:
    constexpr EndsByLetter() {
        for (std::string_view end : kWholeEnds) {
            Row& row = rows_[slot_of(end.back())];
            row.ends[row.count++] = end;
        }
    }

    bool is_end_of(std::string_view name) const {
        const Row& row = rows_[slot_of(name.back())];
        return std::any_of(row.ends.begin(), row.ends.begin() + row.count,
                           [&](std::string_view end) { return name.ends_with(end); });
    }

 private:
    struct Row {
        std::array<std::string_view, 20> ends{};
        uint8_t count = 0;
    };

    static constexpr size_t slot_of(char c) { return static_cast<uint8_t>(c) % 32; }

    std::array<Row, 32> rows_{};
};

constexpr EndsByLetter kEndsByLetter;

template <typename Names>
bool contains(const Names& names, std::string_view name) {
    return std::find(names.begin(), names.end(), name) != names.end();
}

// The word before "token" says what kind it is; alone it is a secret.
bool is_secret_token(const Name& name) {
    constexpr std::string_view kToken = "token";
    std::string_view kind = name.last_word();
    if (!kind.ends_with(kToken)) {
        return false;
    }
    kind.remove_suffix(kToken.size());
    return !contains(kTokenWords, kind.empty() ? name.word_before() : kind);
}

// The word before "key" says what it opens or finds; alone it is mostly the name of a pair.
bool is_secret_key(const Name& name) {
    std::string_view kind = name.word_before();
    return name.last_word() == "key" && !kind.empty() && !contains(kOpenKeyWords, kind);
}

bool is_secret_setting(const Name& name) {
    std::string_view last = name.last_word();
    return contains(kSettingNames, name.whole()) || last == "pass" || last == "pwd";
}

}  // namespace

Secrecy secrecy_of(std::string_view key, SecretScope scope) {
    Name name(key);
    std::string_view whole = name.whole();
    // The last letters of all names there are.
    constexpr std::string_view kLastLetters = "deghlnrstwy";
    if (whole.size() < 2 || kLastLetters.find(whole.back()) == std::string_view::npos) {
        return Secrecy::kOpen;
    }
    bool authorization = whole.back() == 'n' && contains(kWholeNames, whole);
    if (authorization || kEndsByLetter.is_end_of(whole)) {
        return Secrecy::kWhole;
    }
    bool text = contains(kTextNames, whole) || name.last_word() == "jwt" ||
                name.last_word() == "pw" || is_secret_token(name) || is_secret_key(name) ||
                (scope == SecretScope::kSettings && is_secret_setting(name));
    return text ? Secrecy::kNoNumber : Secrecy::kOpen;
}

bool is_secret_header(std::string_view name) {
    static constexpr std::string_view kParts[] = {
        "key", "auth", "cookie", "secret", "passw", "signature", "credential", "bearer", "session"};
    static constexpr auto kHarmless =
        std::to_array<std::string_view>({":authority", "authority", "azureml-model-session",
                                         "idempotency-key", "x-idempotency-key"});
    std::array<char, kSecretNameBytesMax> bytes{};
    if (name.size() > bytes.size()) {
        return true;
    }
    std::transform(name.begin(), name.end(), bytes.begin(), lower);
    std::string_view key(bytes.data(), name.size());
    if (contains(kHarmless, key)) {
        return false;
    }
    for (std::string_view part : kParts) {
        if (key.find(part) != std::string_view::npos) {
            return true;
        }
    }
    bool counted = key.find("tokens") != std::string_view::npos ||
                   key.find("token-count") != std::string_view::npos;
    bool token = key.find("token") != std::string_view::npos && !counted;
    return token || key == "sig" || key == "code" || secrecy_of(name) != Secrecy::kOpen;
}

bool is_secret_parameter(std::string_view name) {
    // Short names of signatures and of what stands for a password, as file servers, storage
    // services and sign-in pages have them.
    static constexpr auto kShort = std::to_array<std::string_view>(
        {"sig", "sign", "signed", "sas", "hmac", "pwd", "pass", "pin", "otp", "sid", "ticket",
         "assertion", "samlrequest", "samlresponse"});
    if (name.find('%') != std::string_view::npos || is_secret_header(name)) {
        return true;
    }
    Name short_name(name);
    return contains(kShort, short_name.whole()) || short_name.last_word() == "assertion";
}

}  // namespace llmtrail
