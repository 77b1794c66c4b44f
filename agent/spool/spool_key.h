// Whoever opens a spool: this host, by its local keys, or a person, by a role key. What verify,
// search, show and prove take as --key. One thread.
#pragma once

#include <variant>
#include <vector>

#include "spool/key_file.h"
#include "spool/role_key.h"

namespace llmtrail {

using SpoolKey = std::variant<std::vector<LocalKey>, RoleKey>;

// As RoleKey::open_segment_keys() and open_key_file(): keys that are not to be had are empty.
Result<DataKeys> open_segment_keys(const SpoolKey& key, ByteView key_file,
                                   const SegmentHeader& header);

}  // namespace llmtrail
