#include "spool/spool_key.h"

namespace llmtrail {

Result<DataKeys> open_segment_keys(const SpoolKey& key, ByteView key_file,
                                   const SegmentHeader& header) {
    if (const auto* role = std::get_if<RoleKey>(&key)) {
        return role->open_segment_keys(key_file, header);
    }
    return open_key_file(key_file, header, std::get<std::vector<LocalKey>>(key));
}

}  // namespace llmtrail
