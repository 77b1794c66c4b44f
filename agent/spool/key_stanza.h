// The stanzas of a key file, before anybody opens one (docs/spool-format.md, "Key file"). Used by
// key_file and by what rewrites key files. Pure, any thread. Decoding takes hostile bytes: kCorrupt
// for anything that is no whole key file, kUnsupported for a later version.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "base/role.h"
#include "spool/format.h"
#include "spool/segment_header.h"

namespace llmtrail {

enum class StanzaType : uint8_t {
    kDailyKey = 1,
    kDataKey = 2,
    kRecipient = 3,
    kExternal = 4,
    kPositionKey = 5,
};

inline constexpr uint8_t kWholeSegment = 255;
inline constexpr uint16_t kRecipientSuite = 1;
inline constexpr size_t kRecipientIdBytes = 8;
inline constexpr size_t kDailyIdBytes = 16;

using RecipientId = std::array<char, kRecipientIdBytes>;

struct KeyStanza {
    StanzaType type = StanzaType::kDailyKey;  // may be another number: keep it
    uint8_t section = kWholeSegment;
    Bytes payload;
};

struct KeyStanzas {
    std::array<char, kLogIdBytes> log_id{};
    uint64_t segment_no = 0;
    std::vector<KeyStanza> list;
};

Result<KeyStanzas> decode_key_stanzas(ByteView bytes);
Bytes encode_key_stanzas(const KeyStanzas& stanzas);

// Of a recipient stanza, views into it; nothing for another type or suite, or when it is malformed.
struct RecipientStanza {
    ByteView id;
    ByteView role;
    ByteView enc;
    ByteView ciphertext;
};

std::optional<RecipientStanza> read_recipient_stanza(const KeyStanza& stanza);

RecipientId recipient_id(const std::array<char, kRecipientKeyBytes>& public_key);

// Is a stanza of this type there for this section, or one for a recipient of this role?
bool has_stanza(const KeyStanzas& stanzas, StanzaType type, uint8_t section);
bool has_auditor(const KeyStanzas& stanzas, uint8_t section);

// Stanzas 1, 2 and 5: what this host opens.
bool is_local_wrap(StanzaType type);
bool has_local_wrap(const KeyStanzas& stanzas);

}  // namespace llmtrail
