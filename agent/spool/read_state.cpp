#include "spool/read_state.h"

#include "spool/recovery.h"
#include "spool/segment_scan.h"

namespace llmtrail {

Result<SpoolState> read_spool_state(const SpoolOptions& options, FileSystem& files) {
    Result<LocalKeys> keys = load_local_keys(files, key_places(options));
    Result<std::vector<uint64_t>> segments = list_segments(files, options.directory);
    if (!keys || !segments) {
        return fail(keys ? segments.error() : keys.error());
    }
    for (size_t i = segments->size(); i-- > 0;) {
        Result<SegmentScan> scan = scan_segment(files, options.directory, (*segments)[i], *keys);
        if (!scan) {
            return fail(scan.error());
        }
        if (scan->usable) {
            return spool_state_of(scan->positions);
        }
    }
    return fail(ErrorCode::kNotFound, "no segment in " + options.directory + " can be read");
}

}  // namespace llmtrail
