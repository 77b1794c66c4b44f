#include "spool/key_stanza.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "crypto/digest.h"
#include "spool/crc32c.h"

namespace llmtrail {
namespace {

constexpr uint16_t kKeyFileVersion = 1;
constexpr size_t kCrcBytes = 4;
constexpr size_t kRecipientTagBytes = 16;

tl::unexpected<Error> corrupt() {
    return fail(ErrorCode::kCorrupt, "not a whole key file");
}

}  // namespace

Result<KeyStanzas> decode_key_stanzas(ByteView bytes) {
    if (bytes.size() < kCrcBytes || bytes.size() > kKeyFileBytesMax) {
        return corrupt();
    }
    ByteView content = bytes.substr(0, bytes.size() - kCrcBytes);
    if (ByteReader(bytes.substr(content.size())).u32() != crc32c(content)) {
        return corrupt();
    }
    ByteReader reader(content);
    bool magic = reader.take(kKeyFileMagic.size()) == kKeyFileMagic;
    uint16_t version = reader.u16();
    uint16_t count = reader.u16();
    ByteView log_id = reader.take(kLogIdBytes);
    KeyStanzas stanzas;
    stanzas.segment_no = reader.u64();
    if (!reader.ok() || !magic || count > kStanzasMax) {
        return corrupt();
    }
    if (version != kKeyFileVersion) {
        return fail(ErrorCode::kUnsupported, "a key file of a later version");
    }
    std::copy(log_id.begin(), log_id.end(), stanzas.log_id.begin());
    for (uint16_t i = 0; i < count; ++i) {
        KeyStanza stanza;
        stanza.type = static_cast<StanzaType>(reader.u8());
        stanza.section = reader.u8();
        reader.u16();
        stanza.payload = reader.take(reader.u32());
        if (!reader.ok()) {
            return corrupt();
        }
        stanzas.list.push_back(std::move(stanza));
    }
    if (!reader.at_end()) {
        return corrupt();
    }
    return stanzas;
}

Bytes encode_key_stanzas(const KeyStanzas& stanzas) {
    LLMTRAIL_CHECK(stanzas.list.size() <= kStanzasMax);
    Bytes out(kKeyFileMagic);
    put_u16(out, kKeyFileVersion);
    put_u16(out, static_cast<uint16_t>(stanzas.list.size()));
    out.append(stanzas.log_id.data(), stanzas.log_id.size());
    put_u64(out, stanzas.segment_no);
    for (const KeyStanza& stanza : stanzas.list) {
        put_u8(out, static_cast<uint8_t>(stanza.type));
        put_u8(out, stanza.section);
        put_u16(out, 0);
        put_u32(out, static_cast<uint32_t>(stanza.payload.size()));
        out.append(stanza.payload);
    }
    put_u32(out, crc32c(out));
    return out;
}

std::optional<RecipientStanza> read_recipient_stanza(const KeyStanza& stanza) {
    if (stanza.type != StanzaType::kRecipient || stanza.section >= kSectionCount) {
        return std::nullopt;
    }
    ByteReader reader(stanza.payload);
    bool known = reader.u16() == kRecipientSuite;
    RecipientStanza read;
    read.id = reader.take(kRecipientIdBytes);
    read.role = reader.sized();
    read.enc = reader.sized();
    read.ciphertext = reader.sized();
    return reader.ok() && reader.at_end() && known ? std::optional(read) : std::nullopt;
}

RecipientId recipient_id(const std::array<char, kRecipientKeyBytes>& public_key) {
    Bytes text(kRecipientIdLabel);
    text.append(public_key.data(), public_key.size());
    Digest digest = sha256(text);
    RecipientId id;
    std::copy_n(digest.begin(), id.size(), id.begin());
    return id;
}

bool has_stanza(const KeyStanzas& stanzas, StanzaType type, uint8_t section) {
    return std::any_of(stanzas.list.begin(), stanzas.list.end(), [&](const KeyStanza& stanza) {
        return stanza.type == type && stanza.section == section;
    });
}

bool has_auditor(const KeyStanzas& stanzas, uint8_t section) {
    return std::any_of(stanzas.list.begin(), stanzas.list.end(), [&](const KeyStanza& stanza) {
        std::optional<RecipientStanza> read = read_recipient_stanza(stanza);
        return read && stanza.section == section && read->role == role_name(Role::kAuditor) &&
               read->enc.size() == kRecipientKeyBytes &&
               read->ciphertext.size() == kDataKeyBytes + kRecipientTagBytes;
    });
}

bool is_local_wrap(StanzaType type) {
    return type == StanzaType::kDailyKey || type == StanzaType::kDataKey ||
           type == StanzaType::kPositionKey;
}

bool has_local_wrap(const KeyStanzas& stanzas) {
    return std::any_of(stanzas.list.begin(), stanzas.list.end(),
                       [](const KeyStanza& stanza) { return is_local_wrap(stanza.type); });
}

}  // namespace llmtrail
