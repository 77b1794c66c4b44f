#include "spool/key_file.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "crypto/aead.h"
#include "crypto/hpke.h"

namespace llmtrail {
namespace {

template <size_t N>
ByteView view_of(const std::array<char, N>& bytes) {
    return {bytes.data(), bytes.size()};
}

Bytes section_place(const SegmentHeader& header, Section section) {
    Bytes place;
    put_u64(place, header.segment_no);
    put_u8(place, static_cast<uint8_t>(section));
    return place;
}

Result<KeyStanza> make_data_stanza(const SegmentHeader& header, Section section,
                                   const Secret& data_key, const DailyKey& daily, Random& random) {
    Result<Bytes> wrapped =
        wrap_secret(daily.key, random,
                    {kDataKeyLabel, view_of(header.log_id), section_place(header, section),
                     view(header.key_commitments[index_of(section)])},
                    data_key);
    if (!wrapped) {
        return fail(wrapped.error());
    }
    return KeyStanza{StanzaType::kDataKey, static_cast<uint8_t>(section),
                     Bytes(view_of(daily.id)) + *wrapped};
}

Result<Secret> open_data_stanza(const KeyStanza& stanza, const SegmentHeader& header,
                                const DailyKey& daily) {
    auto section = static_cast<Section>(stanza.section);
    Result<Secret> key =
        unwrap_secret(daily.key,
                      {kDataKeyLabel, view_of(header.log_id), section_place(header, section),
                       view(header.key_commitments[stanza.section])},
                      ByteView(stanza.payload).substr(kDailyIdBytes));
    return key ? committed_key(std::move(*key), header, section)
               : Result<Secret>(fail(key.error()));
}

Result<DailyKey> find_daily(const KeyStanzas& stanzas, const SegmentHeader& header,
                            const std::vector<LocalKey>& local) {
    for (const LocalKey& key : local) {
        for (const KeyStanza& stanza : stanzas.list) {
            if (stanza.type == StanzaType::kDailyKey && local_id_of(stanza) == view_of(key.id)) {
                return open_daily_stanza(stanza, header, key);
            }
        }
    }
    return fail(ErrorCode::kNotFound, has_local_wrap(stanzas)
                                          ? "the segment's keys are not wrapped for a local key "
                                            "of this host"
                                          : "the segment is open to its recipients only");
}

// Each section of each recipient's role whose key is at hand.
Result<void> add_recipients(const SegmentHeader& header, const DataKeys& data_keys,
                            const std::vector<Recipient>& recipients, Random& random,
                            KeyStanzas& stanzas) {
    if (recipients.size() > kRecipientsMax) {
        return fail(ErrorCode::kLimit, "too many recipients");
    }
    for (const Recipient& recipient : recipients) {
        for (Section section : kSections) {
            if (!role_opens(recipient.role, section) || data_keys[index_of(section)].empty()) {
                continue;
            }
            Result<KeyStanza> made = make_recipient_stanza(
                header, section, data_keys[index_of(section)], recipient, random);
            if (!made) {
                return fail(made.error());
            }
            stanzas.list.push_back(std::move(*made));
        }
    }
    return {};
}

}  // namespace

Result<DailyKey> make_daily_key(Random& random) {
    DailyKey daily;
    Result<void> filled = random.fill(daily.id.data(), daily.id.size());
    Result<Secret> key = Secret::random(random, kDataKeyBytes);
    if (!filled || !key) {
        return fail(filled ? key.error() : filled.error());
    }
    daily.key = std::move(*key);
    return daily;
}

Result<DataKeys> make_data_keys(Random& random) {
    DataKeys keys;
    for (Secret& key : keys) {
        Result<Secret> made = Secret::random(random, kDataKeyBytes);
        if (!made) {
            return fail(made.error());
        }
        key = std::move(*made);
    }
    return keys;
}

Digest key_commitment(const Secret& data_key, Section section) {
    Bytes info(kKeyCommitInfo);
    put_u8(info, static_cast<uint8_t>(section));
    Secret expanded = hkdf_expand(data_key, info);
    Digest commitment;
    std::copy(expanded.reveal().begin(), expanded.reveal().end(), commitment.begin());
    return commitment;
}

Result<Secret> committed_key(Secret key, const SegmentHeader& header, Section section) {
    if (key.size() != kDataKeyBytes ||
        !equal_constant_time(view(key_commitment(key, section)),
                             view(header.key_commitments[index_of(section)]))) {
        return fail(ErrorCode::kCrypto, "a data key is not the one the segment commits to");
    }
    return key;
}

Bytes recipient_wrap_info(const SegmentHeader& header, Section section) {
    Bytes info(kRecipientWrapLabel);
    info.append(view_of(header.log_id)).append(section_place(header, section));
    return info;
}

ByteView local_id_of(const KeyStanza& stanza) {
    bool local = stanza.type == StanzaType::kDailyKey || stanza.type == StanzaType::kPositionKey;
    return local && stanza.payload.size() >= kLocalKeyIdBytes
               ? ByteView(stanza.payload).substr(0, kLocalKeyIdBytes)
               : ByteView();
}

Result<KeyStanza> make_daily_stanza(const SegmentHeader& header, const DailyKey& daily,
                                    const LocalKey& local, Random& random) {
    Bytes ids = Bytes(view_of(local.id)) + Bytes(view_of(daily.id));
    Result<Bytes> wrapped = wrap_secret(hkdf_expand(local.key, kDailyWrapInfo), random,
                                        {kDailyKeyLabel, view_of(header.log_id), ids}, daily.key);
    if (!wrapped) {
        return fail(wrapped.error());
    }
    return KeyStanza{StanzaType::kDailyKey, kWholeSegment, ids + *wrapped};
}

Result<DailyKey> open_daily_stanza(const KeyStanza& stanza, const SegmentHeader& header,
                                   const LocalKey& local) {
    constexpr size_t kIdsBytes = kLocalKeyIdBytes + kDailyIdBytes;
    if (stanza.payload.size() < kIdsBytes) {
        return fail(ErrorCode::kCrypto, "the wrap of a daily key is too short");
    }
    ByteView ids = ByteView(stanza.payload).substr(0, kIdsBytes);
    Result<Secret> key = unwrap_secret(hkdf_expand(local.key, kDailyWrapInfo),
                                       {kDailyKeyLabel, view_of(header.log_id), ids},
                                       ByteView(stanza.payload).substr(kIdsBytes));
    if (!key || key->size() != kDataKeyBytes) {
        return fail(key ? Error{ErrorCode::kCrypto, "a daily key of the wrong size", 0}
                        : key.error());
    }
    DailyKey daily;
    daily.key = std::move(*key);
    std::copy_n(ids.begin() + kLocalKeyIdBytes, daily.id.size(), daily.id.begin());
    return daily;
}

Result<KeyStanza> make_position_stanza(const SegmentHeader& header, const Secret& position_key,
                                       const LocalKey& local, Random& random) {
    Result<Bytes> wrapped =
        wrap_secret(hkdf_expand(local.key, kPositionWrapInfo), random,
                    {kPositionKeyLabel, view_of(header.log_id), view_of(local.id)}, position_key);
    if (!wrapped) {
        return fail(wrapped.error());
    }
    return KeyStanza{StanzaType::kPositionKey, kWholeSegment, Bytes(view_of(local.id)) + *wrapped};
}

Result<Secret> open_position_stanza(const KeyStanza& stanza, const SegmentHeader& header,
                                    const LocalKey& local) {
    Result<Secret> key =
        unwrap_secret(hkdf_expand(local.key, kPositionWrapInfo),
                      {kPositionKeyLabel, view_of(header.log_id), view_of(local.id)},
                      ByteView(stanza.payload).substr(kLocalKeyIdBytes));
    if (key && key->size() != kDataKeyBytes) {
        return fail(ErrorCode::kCrypto, "a position key of the wrong size");
    }
    return key;
}

Result<KeyStanza> make_recipient_stanza(const SegmentHeader& header, Section section,
                                        const Secret& data_key, const Recipient& recipient,
                                        Random& random) {
    Result<HpkeSealed> sealed =
        hpke_seal(recipient.public_key, recipient_wrap_info(header, section),
                  view(header.key_commitments[index_of(section)]), data_key, random);
    if (!sealed) {
        return fail(std::move(sealed).error().with_context(
            "wrapping a data key for a recipient (spool.recipients)"));
    }
    KeyStanza stanza{StanzaType::kRecipient, static_cast<uint8_t>(section), {}};
    put_u16(stanza.payload, kRecipientSuite);
    stanza.payload.append(view_of(recipient_id(recipient.public_key)));
    put_sized(stanza.payload, role_name(recipient.role));
    put_sized(stanza.payload, view_of(sealed->enc));
    put_sized(stanza.payload, sealed->ciphertext);
    return stanza;
}

Result<Bytes> encode_key_file(const SegmentHeader& header, const DataKeys& data_keys,
                              const DailyKey& daily, const LocalKeys& local, Random& random,
                              const KeyFileExtras& extras) {
    KeyStanzas stanzas{header.log_id, header.segment_no, {}};
    Result<KeyStanza> made = make_daily_stanza(header, daily, local.local.front(), random);
    for (Section section : kSections) {
        if (made) {
            stanzas.list.push_back(std::move(*made));
            made = make_data_stanza(header, section, data_keys[index_of(section)], daily, random);
        }
    }
    if (made && extras.position_key != nullptr) {
        stanzas.list.push_back(std::move(*made));
        made = make_position_stanza(header, *extras.position_key, local.local.front(), random);
    }
    if (!made) {
        return fail(made.error());
    }
    stanzas.list.push_back(std::move(*made));
    if (extras.recipients != nullptr) {
        Result<void> added = add_recipients(header, data_keys, *extras.recipients, random, stanzas);
        if (!added) {
            return fail(added.error());
        }
    }
    return encode_key_stanzas(stanzas);
}

Result<KeyStanzas> key_stanzas_of(ByteView bytes, const SegmentHeader& header) {
    Result<KeyStanzas> stanzas = decode_key_stanzas(bytes);
    if (stanzas && (stanzas->log_id != header.log_id || stanzas->segment_no != header.segment_no)) {
        return fail(ErrorCode::kCorrupt, "not the key file of this segment");
    }
    return stanzas;
}

Result<DataKeys> open_key_file(ByteView bytes, const SegmentHeader& header,
                               const LocalKeys& local) {
    return open_key_file(bytes, header, local.local);
}

Result<DataKeys> open_key_file(ByteView bytes, const SegmentHeader& header,
                               const std::vector<LocalKey>& local) {
    Result<KeyStanzas> stanzas = key_stanzas_of(bytes, header);
    if (!stanzas) {
        return fail(stanzas.error());
    }
    Result<DailyKey> daily = find_daily(*stanzas, header, local);
    if (!daily) {
        return fail(daily.error());
    }
    DataKeys keys;
    for (const KeyStanza& stanza : stanzas->list) {
        if (stanza.type != StanzaType::kDataKey || stanza.section >= kSectionCount ||
            !stanza.payload.starts_with(view_of(daily->id))) {
            continue;
        }
        Result<Secret> opened = open_data_stanza(stanza, header, *daily);
        if (!opened) {
            return fail(opened.error());
        }
        keys[stanza.section] = std::move(*opened);
    }
    if (keys[index_of(Section::kEnvelope)].empty()) {
        return fail(ErrorCode::kNotFound, "the envelope's data key is missing");
    }
    return keys;
}

Result<Secret> open_position_key(ByteView bytes, const SegmentHeader& header,
                                 const std::vector<LocalKey>& local) {
    Result<KeyStanzas> stanzas = key_stanzas_of(bytes, header);
    if (!stanzas) {
        return fail(stanzas.error());
    }
    bool has_one = has_stanza(*stanzas, StanzaType::kPositionKey, kWholeSegment);
    StanzaType type = has_one ? StanzaType::kPositionKey : StanzaType::kDailyKey;
    for (const LocalKey& key : local) {
        for (const KeyStanza& stanza : stanzas->list) {
            if (stanza.type == type && local_id_of(stanza) == view_of(key.id)) {
                return has_one ? open_position_stanza(stanza, header, key)
                               : Result<Secret>(hkdf_expand(key.key, kPositionsInfo));
            }
        }
    }
    return fail(ErrorCode::kNotFound, "no position key for a local key of this host");
}

}  // namespace llmtrail
