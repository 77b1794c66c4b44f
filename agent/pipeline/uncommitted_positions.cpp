#include "pipeline/uncommitted_positions.h"

#include <memory>
#include <utility>

#include "crypto/digest.h"

namespace llmtrail {

static Bytes key_of(const FilePosition& position) {
    Bytes key;
    put_sized(key, position.source_id);
    put_u64(key, position.file.device);
    put_u64(key, position.file.inode);
    put_u64(key, position.file.generation);
    return key;
}

void UncommittedPositions::note(const FilePosition& position) {
    Bytes value;
    if (!position.finished) {  // else the empty value makes the spool forget it
        encode_position(value, position);
    }
    values_[key_of(position)] = std::move(value);
}

std::vector<PositionEntry> UncommittedPositions::entries() const {
    std::vector<PositionEntry> entries;
    entries.reserve(values_.size());
    for (const auto& [key, value] : values_) {
        entries.push_back({key, value});
    }
    return entries;
}

std::vector<FilePosition> decode_positions(const std::vector<Bytes>& encoded, Log& log) {
    std::vector<FilePosition> positions;
    for (const Bytes& bytes : encoded) {
        ByteReader reader(bytes);
        Result<FilePosition> position = decode_position(reader);
        if (position) {
            positions.push_back(std::move(*position));
        } else {
            log.error({"a saved position cannot be read, its file is read from the start: ",
                       position.error()});
        }
    }
    return positions;
}

PositionHasher position_hasher(const Secret& key) {
    auto hmac = std::make_shared<Hmac>(hkdf_expand(key, "llmtrail position hash"));
    return [hmac](ByteView bytes) { return hmac->of(bytes); };
}

}  // namespace llmtrail
