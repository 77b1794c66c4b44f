// A segment in the making: keys on disk and synced, a file under a temporary name with space
// reserved. start() writes its beginning and gives it its name. Used by spool_writer on the ingest
// thread. Errors: kNoSpace leaves nothing behind but files that the next attempt replaces.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "crypto/signature.h"
#include "spool/frame_encoder.h"
#include "spool/key_file.h"
#include "spool/spool.h"

namespace llmtrail {

// The segment that is written now.
struct OpenSegment {
    std::unique_ptr<AppendFile> file;
    std::unique_ptr<FrameEncoder> encoder;
    SigningKey seal_key;  // signs the next SEAL
    uint64_t reserved_bytes = 0;
    MonotonicNanos made_at;
    // After the last sync:
    LogHead durable;
    uint64_t durable_bytes = 0;
};

class NewSegment {
 public:
    static Result<NewSegment> prepare(const SpoolOptions& options, SpoolSeams seams,
                                      const LocalKeys& keys, const DailyKey& daily,
                                      const Secret& position_key, uint64_t segment_no);

    uint64_t segment_no() const { return header_.segment_no; }

    uint64_t key_file_bytes() const { return key_file_bytes_; }

    const SigningKey& header_key() const {
        return header_key_;
    }  // for segments that continue a generation

    // Header, then a segment to encode the first frames with; `first_bytes` gets the header.
    Result<OpenSegment> begin(uint64_t generation, const LogHead& head, const SigningKey& signer,
                              Bytes& first_bytes);
    // Writes and syncs `first_bytes` (header and frames), renames. The directory is not yet synced.
    Result<void> publish(OpenSegment& segment, ByteView first_bytes);

 private:
    NewSegment(const SpoolOptions& options, SpoolSeams seams, SigningKey header_key,
               SigningKey seal_key);
    std::string path() const;

    const SpoolOptions* options_;
    SpoolSeams seams_;
    SigningKey header_key_;
    SigningKey seal_key_;
    DataKeys data_keys_;
    SegmentHeader header_;
    std::unique_ptr<AppendFile> file_;
    uint64_t reserved_bytes_ = 0;
    uint64_t key_file_bytes_ = 0;
};

// Makes sure that the file has room for `bytes` in all; kNoSpace otherwise. Unknown to the
// filesystem: fine.
Result<void> reserve_space(AppendFile& file, uint64_t bytes, uint64_t& reserved_bytes);

}  // namespace llmtrail
