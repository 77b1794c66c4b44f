#include "spool/cursor_file.h"

#include <algorithm>

namespace llmtrail {
namespace {

constexpr uint16_t kCursorFileVersion = 1;
constexpr size_t kCursorFileBytesMax = size_t{1} << 20;
constexpr uint32_t kCursorFileMode = 0600;

std::string path_in(const std::string& directory) {
    return directory + "/" + std::string(kCursorsName);
}

Bytes content_of(const LocalKeys& keys, const Cursors& cursors) {
    Bytes out(kCursorMagic);
    put_u16(out, kCursorFileVersion);
    auto log_id = log_id_of(keys.identity.public_key());
    out.append(log_id.data(), log_id.size());
    put_cursors(out, cursors);
    return out;
}

Digest mac_of(ByteView content, const LocalKey& key) {
    return Hmac(hkdf_expand(key.key, kCursorsInfo)).of(content);
}

}  // namespace

Result<void> write_cursor_file(FileSystem& files, const std::string& directory,
                               const LocalKeys& keys, const Cursors& cursors) {
    Bytes out = content_of(keys, cursors);
    out.append(view(mac_of(out, keys.local.front())));
    return files.replace_file(path_in(directory), out, kCursorFileMode);
}

void apply_cursor_file(FileSystem& files, const std::string& directory, const LocalKeys& keys,
                       uint64_t end_index, Cursors& cursors) {
    Result<Bytes> bytes = files.read_file(path_in(directory), kCursorFileBytesMax);
    if (!bytes || bytes->size() < kDigestBytes) {
        return;
    }
    ByteView content = ByteView(*bytes).substr(0, bytes->size() - kDigestBytes);
    ByteView mac = ByteView(*bytes).substr(content.size());
    bool ours = std::any_of(keys.local.begin(), keys.local.end(), [&](const LocalKey& key) {
        return equal_constant_time(view(mac_of(content, key)), mac);
    });
    if (!ours) {
        return;
    }
    ByteView prefix = content.substr(0, kCursorMagic.size() + 2 + kLogIdBytes);
    ByteReader reader(content.substr(prefix.size()));
    Result<Cursors> hinted = decode_cursors(reader);
    if (!content_of(keys, {}).starts_with(prefix) || !hinted || !reader.at_end()) {
        return;
    }
    for (auto& [id, end] : cursors) {
        for (const auto& [hinted_id, hinted_end] : *hinted) {
            if (hinted_id == id && hinted_end > end && hinted_end <= end_index) {
                end = hinted_end;
            }
        }
    }
}

}  // namespace llmtrail
