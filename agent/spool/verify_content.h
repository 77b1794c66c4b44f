// The verifier's look inside: opens a segment's key file with the keys it was given and checks
// every tag, commitment and leaf that these keys reach; remembers what they did not reach. Used by
// verify_spool() alone. One thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "platform/file_system.h"
#include "spool/frame_stream.h"
#include "spool/segment_keys.h"
#include "spool/verify.h"
#include "spool/verify_batch.h"
#include "spool/verify_removals.h"

namespace llmtrail {

class ContentCheck {
 public:
    // `key` null: nothing is opened.
    ContentCheck(FileSystem& files, std::string directory, const SpoolKey* key)
        : files_(files), directory_(std::move(directory)), key_(key) {}

    void begin_segment(const SegmentHeader& header);

    void begin_pruned_segment() { openers_.reset(); }

    // False: no key opens the segment at hand.
    bool opens() const { return openers_.has_value(); }

    // Of that segment; `chain` is the value before the frame. Errors: those of reading.
    Result<std::optional<ContentFault>> check_batch(FrameStream& stream, const StreamedFrame& frame,
                                                    const Digest& chain, ByteView leaves,
                                                    Digest& digest);
    Result<std::optional<ContentFault>> check_control(FrameStream& stream,
                                                      const StreamedFrame& frame,
                                                      const Digest& chain);

    // At the end, when it is known what was erased and pruned. What makes the verdict
    // CANNOT_VERIFY: segment and reason of the first wrap that does not open, or key file that is
    // missing.
    std::optional<std::pair<uint64_t, std::string>> key_problem(const RemovalCheck& removals) const;
    void report(const RemovalCheck& removals, VerifyReport& report) const;

 private:
    // Of one segment whose content is there.
    struct Reach {
        uint64_t segment_no = 0;
        uint8_t opened = 0;    // sections
        uint8_t stanzas = 0;   // sections for which the key file holds a wrap, for whomever
        bool missing = false;  // there is no key file
    };

    Result<DataKeys> open_keys(const SegmentHeader& header, Reach& reach);

    FileSystem& files_;
    std::string directory_;
    const SpoolKey* key_;
    std::optional<SegmentOpeners> openers_;
    BatchCheck batches_;
    Bytes plaintext_;
    std::vector<Reach> reached_;
    std::optional<std::pair<uint64_t, std::string>> wrap_problem_;
};

}  // namespace llmtrail
