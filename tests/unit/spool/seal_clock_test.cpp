// What the kernel says about the wall clock stands in every seal.
#include <doctest/doctest.h>

#include <optional>

#include "spool/seal.h"
#include "spool/segment_file.h"
#include "spool_rig.h"

using namespace llmtrail;

namespace {

ClockState clock_of_last_seal(SpoolRig& rig) {
    std::optional<SealBody> last;
    for (const std::string& name : rig.segments()) {
        Result<SegmentFile> file = SegmentFile::open(rig.disk, rig.path(name));
        if (!file) {
            continue;  // made for later: empty
        }
        uint64_t offset = file->header().header_bytes;
        FrameView frame;
        while (*file->frame_at(offset, frame) == FrameFault::kNone) {
            if (frame.header.type == FrameType::kSeal) {
                last = *decode_seal(frame.clear);
            }
            offset += frame.header.frame_bytes;
        }
    }
    REQUIRE(last);
    return last->clock;
}

}  // namespace

TEST_CASE("a seal carries what the clock says of itself when the seal is made") {
    SpoolRig rig;
    rig.clock.kernel = {0x2001, 37, 1'500, 16'000'000};
    auto writer = rig.open();
    REQUIRE(writer);
    Workload work;
    REQUIRE(work.commit(**writer, rig.random));
    REQUIRE((*writer)->seal(SealReason::kForced));
    ClockState told = clock_of_last_seal(rig);
    CHECK(told.status == 0x2001);
    CHECK(told.tai_offset_seconds == 37);
    CHECK(told.estimated_error_us == 1'500);
    CHECK(told.maximum_error_us == 16'000'000);

    rig.clock.kernel = {0x40, -1, -2, 500'000};
    REQUIRE(work.commit(**writer, rig.random));
    REQUIRE((*writer)->seal(SealReason::kForced));
    told = clock_of_last_seal(rig);
    CHECK(told.status == 0x40);
    CHECK(told.tai_offset_seconds == -1);
    CHECK(told.estimated_error_us == -2);
    CHECK(told.maximum_error_us == 500'000);
}
