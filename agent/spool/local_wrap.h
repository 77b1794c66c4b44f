// What happens to a key file after its segment was begun: the local wrap is taken over by another
// local key, or destroyed; sections are erased; recipients are added (docs/spool-format.md, "Local
// keys", "The end of a local wrap"). Each is one replacement of the file: a crash leaves the old or
// the new one. Called by the writer at start, by retention and by the key commands, under the
// spool's lock. Errors leave the file as it is.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/role.h"
#include "platform/file_system.h"
#include "platform/random.h"
#include "spool/key_file.h"

namespace llmtrail {

enum class LocalWrapEnd : uint8_t {
    kDestroyed,
    kWasGone,        // destroyed before, or the key file is gone with its segment
    kNoRecoveryKey,  // no auditor could open the segment without it: kept
};

// Only for a segment that is closed, has a successor and is confirmed: the caller knows.
// kCorrupt: not this segment's key file.
Result<LocalWrapEnd> destroy_local_wrap(FileSystem& files, const std::string& directory,
                                        const SegmentHeader& header);

// No stanza of these sections is left, whoever it was for (`sections`: bit s for section s). True
// when there was one.
Result<bool> erase_section_keys(FileSystem& files, const std::string& directory,
                                const SegmentHeader& header, uint8_t sections);

struct TakeOver {
    uint64_t rewritten = 0;
    uint64_t foreign = 0;       // key files with a local wrap that none of the local keys opens
    std::vector<Error> errors;  // of files that stay as they are
};

// Wraps of these segments under another than the first local key are made ones under the first.
TakeOver take_over_local_wraps(FileSystem& files, Random& random, const std::string& directory,
                               const std::vector<uint64_t>& segments,
                               const std::vector<LocalKey>& local);

// Recipients that have no stanza yet, for the sections that a local key still opens. How many
// stanzas were added.
Result<uint64_t> add_missing_recipients(FileSystem& files, Random& random,
                                        const std::string& directory, const SegmentHeader& header,
                                        const std::vector<LocalKey>& local,
                                        const std::vector<Recipient>& recipients);

// The position key of the log: of the newest of these segments that has one for a local key of this
// host; a new one when none has.
Result<Secret> find_position_key(FileSystem& files, Random& random, const std::string& directory,
                                 const std::vector<uint64_t>& segments,
                                 const std::vector<LocalKey>& local);

}  // namespace llmtrail
