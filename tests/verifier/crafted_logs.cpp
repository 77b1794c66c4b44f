#include "crafted_logs.h"

#include "fakes/forged_header.h"
#include "spool/control.h"
#include "spool/key_file.h"
#include "spool/new_segment.h"
#include "spool/seal.h"

namespace llmtrail {

void make_void(SampleHost& host, const LocalKeys& keys, uint64_t voided) {
    SpoolSeams seams{host.disk, host.clock, host.random};
    NewSegment made =
        must(NewSegment::prepare(host.options, seams, keys, must(make_daily_key(host.random)),
                                 must(Secret::random(host.random, kDataKeyBytes)), voided + 1));
    Bytes bytes;
    OpenSegment segment = must(made.begin(voided + 2, LogHead{}, keys.identity, bytes));
    RecoveryBody recovery;
    recovery.reason = RecoveryReason::kWriteError;
    recovery.segment_no = voided;
    recovery.file_bytes = kNotDescribed;
    SealBody seal;
    seal.reasons = kSealCleanShutdown;
    FrameEncoder& encoder = *segment.encoder;
    must(encoder.control(FrameType::kPositions, 0, encode_positions({}), bytes));
    must(encoder.control(FrameType::kGenesis, 0, encode_genesis({0, 1, 0, "crafted"}), bytes));
    must(encoder.control(FrameType::kRecovery, 0, encode_recovery(recovery), bytes));
    must(encoder.seal(seal, segment.seal_key, bytes));
    must(made.publish(segment, bytes));
}

void work_as_later_version(SampleHost& host) {
    host.start();
    host.work();
    host.stop();
    LocalKeys keys = must(load_local_keys(host.disk, host.options.key_directory));
    Bytes bytes = host.disk.content(host.last_segment());
    make_later(bytes, keys.identity);
    host.disk.put_file(host.last_segment(), bytes);
}

void announce(SampleHost& host, uint32_t frames) {
    host.start();
    host.work();
    host.batch_with_position(announced_frames(frames));
    host.die();
    host.cut(5);
}

}  // namespace llmtrail
