#include "spool/role_key.h"

#include <algorithm>
#include <charconv>

#include "base/hex.h"
#include "crypto/aead.h"
#include "crypto/hpke.h"

namespace llmtrail {
namespace {

constexpr std::string_view kFirstLine = "llmtrail-role-key-v1\n";
constexpr std::string_view kRoleLine = "role: ";
constexpr std::string_view kPublicLine = "public: ";
constexpr std::string_view kKdfLine = "kdf: scrypt N=";
constexpr std::string_view kKdfRest = " r=8 p=1 salt=";
constexpr std::string_view kKeyLine = "key: ";
constexpr std::string_view kKeyWord = "x25519:";
constexpr size_t kSaltBytes = 16;

tl::unexpected<Error> not_a_role_key() {
    return fail(ErrorCode::kCrypto, "not a role key file (llmtrail keys new makes one)");
}

Result<void> check_passphrase(const Secret& passphrase) {
    if (passphrase.size() < kPassphraseBytesLeast || passphrase.size() > kPassphraseBytesMax) {
        return fail(ErrorCode::kLimit, "a passphrase has " + std::to_string(kPassphraseBytesLeast) +
                                           " to " + std::to_string(kPassphraseBytesMax) + " bytes");
    }
    return {};
}

// What stands before the key line, which is the additional data of the key.
std::string head_of(Role role, const X25519Public& key, uint64_t rounds, ByteView salt) {
    std::string head(kFirstLine);
    head.append(kRoleLine).append(role_name(role)).append("\n");
    head.append(kPublicLine).append(recipient_key_text(key)).append("\n");
    head.append(kKdfLine).append(std::to_string(rounds)).append(kKdfRest);
    return head.append(to_base64(salt)).append("\n");
}

// The rest of the line that begins with `word`; nothing when it does not.
std::optional<std::string_view> take_line(ByteView& text, std::string_view word) {
    size_t end = text.find('\n');
    if (!text.starts_with(word) || end == ByteView::npos) {
        return std::nullopt;
    }
    std::string_view value = text.substr(word.size(), end - word.size());
    text.remove_prefix(end + 1);
    return value;
}

struct Parsed {
    Role role = Role::kAuditor;
    X25519Public public_key{};
    uint64_t rounds = 0;
    Bytes salt;
    Bytes wrapped;
    ByteView head;
};

std::optional<Parsed> parse(ByteView file) {
    ByteView rest = file;
    if (!take_line(rest, kFirstLine.substr(0, kFirstLine.size() - 1))) {
        return std::nullopt;
    }
    auto role_text = take_line(rest, kRoleLine);
    auto public_text = take_line(rest, kPublicLine);
    auto kdf = take_line(rest, kKdfLine);
    size_t head_bytes = file.size() - rest.size();
    auto wrapped_text = take_line(rest, kKeyLine);
    if (!role_text || !public_text || !kdf || !wrapped_text || !rest.empty()) {
        return std::nullopt;
    }
    Parsed parsed;
    auto [end, error] = std::from_chars(kdf->data(), kdf->data() + kdf->size(), parsed.rounds);
    std::string_view after(end, static_cast<size_t>(kdf->data() + kdf->size() - end));
    auto role = role_of(*role_text);
    auto public_key = recipient_key_of(*public_text);
    auto salt =
        after.starts_with(kKdfRest) ? from_base64(after.substr(kKdfRest.size())) : std::nullopt;
    auto wrapped = from_base64(*wrapped_text);
    if (error != std::errc() || !role || !public_key || !salt || salt->size() != kSaltBytes ||
        !wrapped) {
        return std::nullopt;
    }
    parsed.role = *role;
    parsed.public_key = *public_key;
    parsed.salt = std::move(*salt);
    parsed.wrapped = std::move(*wrapped);
    parsed.head = file.substr(0, head_bytes);
    // One way to write each file.
    bool canonical = parsed.head == head_of(*role, *public_key, parsed.rounds, parsed.salt);
    return canonical ? std::optional(std::move(parsed)) : std::nullopt;
}

std::optional<uint8_t> cost_of(uint64_t rounds) {
    for (uint8_t cost = kScryptCostLeast; cost <= kScryptCostMost; ++cost) {
        if (rounds == uint64_t{1} << cost) {
            return cost;
        }
    }
    return std::nullopt;
}

}  // namespace

Result<RoleKey> RoleKey::generate(Role role, Random& random) {
    Result<X25519Key> key = X25519Key::generate(random);
    if (!key) {
        return fail(key.error());
    }
    return RoleKey(role, std::move(*key));
}

Result<RoleKey> RoleKey::load(ByteView file, const Secret& passphrase) {
    std::optional<Parsed> parsed = file.size() <= kRoleKeyFileBytesMax ? parse(file) : std::nullopt;
    if (!parsed) {
        return not_a_role_key();
    }
    std::optional<uint8_t> cost = cost_of(parsed->rounds);
    if (!cost) {
        return fail(ErrorCode::kLimit,
                    "a role key file that asks for scrypt N=" + std::to_string(parsed->rounds) +
                        ", outside 2^14 to 2^20");
    }
    Result<Secret> key = scrypt(passphrase, parsed->salt, *cost);
    if (!key) {
        return fail(key.error());
    }
    Result<Secret> secret = unwrap_secret(*key, {parsed->head}, parsed->wrapped);
    if (!secret) {
        return fail(ErrorCode::kCrypto, "the passphrase does not open this role key");
    }
    Result<X25519Key> made = X25519Key::from_secret(std::move(*secret));
    if (!made || made->public_key() != parsed->public_key) {
        return not_a_role_key();
    }
    return RoleKey(parsed->role, std::move(*made));
}

Result<Bytes> RoleKey::protect(const Secret& passphrase, Random& random, uint8_t cost) const {
    Result<void> usable = check_passphrase(passphrase);
    if (!usable) {
        return fail(usable.error());
    }
    Bytes salt(kSaltBytes, '\0');
    Result<void> filled = random.fill(salt.data(), salt.size());
    Result<Secret> key =
        filled ? scrypt(passphrase, salt, cost) : Result<Secret>(fail(filled.error()));
    if (!key) {
        return fail(key.error());
    }
    std::string head = head_of(role_, public_key(), uint64_t{1} << cost, salt);
    Result<Bytes> wrapped = wrap_secret(*key, random, {head}, key_.secret());
    if (!wrapped) {
        return wrapped;
    }
    return head.append(kKeyLine).append(to_base64(*wrapped)).append("\n");
}

Result<DataKeys> RoleKey::open_segment_keys(ByteView key_file, const SegmentHeader& header) const {
    Result<KeyStanzas> stanzas = key_stanzas_of(key_file, header);
    if (!stanzas) {
        return fail(stanzas.error());
    }
    RecipientId id = recipient_id(public_key());
    DataKeys keys;
    bool any = false;
    for (const KeyStanza& stanza : stanzas->list) {
        std::optional<RecipientStanza> wrap = read_recipient_stanza(stanza);
        if (!wrap || wrap->id != ByteView(id.data(), id.size()) || !keys[stanza.section].empty()) {
            continue;
        }
        auto section = static_cast<Section>(stanza.section);
        Result<Secret> opened =
            hpke_open(key_, wrap->enc, recipient_wrap_info(header, section),
                      view(header.key_commitments[stanza.section]), wrap->ciphertext);
        if (opened) {
            opened = committed_key(std::move(*opened), header, section);
        }
        if (!opened) {
            return fail(std::move(opened).error().with_context(std::string(section_name(section)) +
                                                               " for a recipient"));
        }
        keys[stanza.section] = std::move(*opened);
        any = true;
    }
    if (!any) {
        return fail(ErrorCode::kNotFound, "the segment's keys are not wrapped for this role key");
    }
    return keys;
}

bool is_role_key_file(ByteView file) {
    return file.starts_with(kFirstLine);
}

std::string recipient_key_text(const X25519Public& key) {
    return std::string(kKeyWord) + to_base64({key.data(), key.size()});
}

std::optional<X25519Public> recipient_key_of(std::string_view text) {
    std::optional<Bytes> raw =
        text.starts_with(kKeyWord) ? from_base64(text.substr(kKeyWord.size())) : std::nullopt;
    if (!raw || raw->size() != kX25519KeyBytes) {
        return std::nullopt;
    }
    X25519Public key;
    std::copy(raw->begin(), raw->end(), key.begin());
    return key;
}

}  // namespace llmtrail
