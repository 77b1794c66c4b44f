#include "spool/key_file.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "crypto/aead.h"
#include "spool/crc32c.h"

namespace llmtrail {
namespace {

constexpr uint16_t kKeyFileVersion = 1;
constexpr uint16_t kStanzasMax = 1024;
constexpr uint8_t kStanzaDailyKey = 1;
constexpr uint8_t kStanzaDataKey = 2;
constexpr uint8_t kAllSections = 255;
constexpr size_t kDailyIdBytes = 16;
constexpr size_t kCrcBytes = 4;

struct Stanza {
    uint8_t type = 0;
    uint8_t section = 0;
    ByteView payload;
};

template <size_t N>
ByteView view_of(const std::array<char, N>& bytes) {
    return {bytes.data(), bytes.size()};
}

void put_stanza(Bytes& out, uint8_t type, uint8_t section, ByteView payload) {
    put_u8(out, type);
    put_u8(out, section);
    put_u16(out, 0);
    put_u32(out, static_cast<uint32_t>(payload.size()));
    out.append(payload);
}

Bytes data_key_place(const SegmentHeader& header, size_t section) {
    Bytes place;
    put_u64(place, header.segment_no);
    put_u8(place, static_cast<uint8_t>(section));
    return place;
}

Result<std::vector<Stanza>> decode_stanzas(ByteView bytes, const SegmentHeader& header) {
    auto corrupt = [] { return fail(ErrorCode::kCorrupt, "not the key file of this segment"); };
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
    bool ours = reader.take(kLogIdBytes) == view_of(header.log_id);
    bool here = reader.u64() == header.segment_no;
    if (!reader.ok() || !magic || !ours || !here || count > kStanzasMax) {
        return corrupt();
    }
    if (version != kKeyFileVersion) {
        return fail(ErrorCode::kUnsupported, "a key file of a later version");
    }
    std::vector<Stanza> stanzas;
    for (uint16_t i = 0; i < count; ++i) {
        Stanza stanza;
        stanza.type = reader.u8();
        stanza.section = reader.u8();
        reader.u16();
        stanza.payload = reader.take(reader.u32());
        stanzas.push_back(stanza);
    }
    if (!reader.ok() || !reader.at_end()) {
        return corrupt();
    }
    return stanzas;
}

// A wrap's payload after its key ids.
Result<Secret> open_daily(const Stanza& stanza, const SegmentHeader& header, const LocalKeys& local,
                          ByteView& daily_id) {
    ByteReader reader(stanza.payload);
    ByteView local_id = reader.take(kLocalKeyIdBytes);
    daily_id = reader.take(kDailyIdBytes);
    if (!reader.ok() || local_id != view_of(local.local_id)) {
        return fail(ErrorCode::kNotFound, "wrapped for another local key");
    }
    return unwrap_secret(hkdf_expand(local.local, kDailyWrapInfo),
                         {kDailyKeyLabel, view_of(header.log_id), local_id, daily_id},
                         stanza.payload.substr(reader.position()));
}

Result<void> open_data_key(const Stanza& stanza, const SegmentHeader& header, const Secret& daily,
                           DataKeys& keys) {
    size_t s = stanza.section;
    Result<Secret> key = unwrap_secret(daily,
                                       {kDataKeyLabel, view_of(header.log_id),
                                        data_key_place(header, s), view(header.key_commitments[s])},
                                       stanza.payload.substr(kDailyIdBytes));
    if (!key) {
        return fail(key.error());
    }
    if (key->size() != kDataKeyBytes ||
        !equal_constant_time(view(key_commitment(*key, kSections[s])),
                             view(header.key_commitments[s]))) {
        return fail(ErrorCode::kCrypto, "a data key is not the one the segment commits to");
    }
    keys[s] = std::move(*key);
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

Result<Bytes> encode_key_file(const SegmentHeader& header, const DataKeys& data_keys,
                              const DailyKey& daily, const LocalKeys& local, Random& random) {
    Bytes out(kKeyFileMagic);
    put_u16(out, kKeyFileVersion);
    put_u16(out, 1 + kSectionCount);
    out.append(view_of(header.log_id));
    put_u64(out, header.segment_no);
    Bytes ids = Bytes(view_of(local.local_id)) + Bytes(view_of(daily.id));
    Result<Bytes> wrapped = wrap_secret(hkdf_expand(local.local, kDailyWrapInfo), random,
                                        {kDailyKeyLabel, view_of(header.log_id), ids}, daily.key);
    if (!wrapped) {
        return wrapped;
    }
    put_stanza(out, kStanzaDailyKey, kAllSections, ids + *wrapped);
    for (size_t s = 0; s < kSectionCount; ++s) {
        wrapped = wrap_secret(daily.key, random,
                              {kDataKeyLabel, view_of(header.log_id), data_key_place(header, s),
                               view(header.key_commitments[s])},
                              data_keys[s]);
        if (!wrapped) {
            return wrapped;
        }
        put_stanza(out, kStanzaDataKey, static_cast<uint8_t>(s),
                   Bytes(view_of(daily.id)) + *wrapped);
    }
    put_u32(out, crc32c(out));
    return out;
}

Result<DataKeys> open_key_file(ByteView bytes, const SegmentHeader& header,
                               const LocalKeys& local) {
    Result<std::vector<Stanza>> stanzas = decode_stanzas(bytes, header);
    if (!stanzas) {
        return fail(stanzas.error());
    }
    std::optional<Secret> daily;
    ByteView daily_id;
    for (const Stanza& stanza : *stanzas) {
        if (stanza.type != kStanzaDailyKey || daily) {
            continue;
        }
        Result<Secret> opened = open_daily(stanza, header, local, daily_id);
        if (opened) {
            daily = std::move(*opened);
        } else if (opened.error().code != ErrorCode::kNotFound) {
            return fail(opened.error());
        }
    }
    if (!daily || daily->size() != kDataKeyBytes) {
        return fail(ErrorCode::kNotFound, "the segment's keys are not wrapped for this local key");
    }
    DataKeys keys;
    for (const Stanza& stanza : *stanzas) {
        if (stanza.type != kStanzaDataKey || stanza.section >= kSectionCount ||
            !stanza.payload.starts_with(daily_id)) {
            continue;
        }
        Result<void> opened = open_data_key(stanza, header, *daily, keys);
        if (!opened) {
            return fail(opened.error());
        }
    }
    for (const Secret& key : keys) {
        if (key.empty()) {
            return fail(ErrorCode::kNotFound, "a data key of the segment is missing");
        }
    }
    return keys;
}

}  // namespace llmtrail
