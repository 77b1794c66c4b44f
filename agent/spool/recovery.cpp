#include "spool/recovery.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "spool/cursor_file.h"
#include "spool/leaf_file.h"
#include "spool/segment_scan.h"

namespace llmtrail {
namespace {

constexpr uint32_t kSegmentMode = 0600;

// Frames that are adopted, or described as void, must not vanish in a later power cut.
Result<void> make_durable(FileSystem& files, const std::string& path) {
    Result<std::unique_ptr<AppendFile>> file = files.open_append(path, kSegmentMode);
    if (!file) {
        return fail(file.error());
    }
    return (*file)->sync();
}

Result<uint64_t> stored_bytes(FileSystem& files, const std::string& directory) {
    Result<std::vector<std::string>> names = files.list(directory);
    if (!names) {
        return fail(names.error());
    }
    uint64_t bytes = 0;
    for (const std::string& name : *names) {
        if (!segment_number_of(name, kSegmentSuffix) && !segment_number_of(name, kKeysSuffix) &&
            !segment_number_of(name, kLeafSuffix)) {
            continue;
        }
        Result<FileInfo> info = files.info(directory + "/" + name, false);
        if (!info) {
            return fail(info.error());
        }
        bytes += info->size_bytes;
    }
    return bytes;
}

RecoveryBody describe(const SegmentScan& scan, uint64_t segment_no, const LogHead& head) {
    RecoveryBody body;
    body.reason = scan.reason;
    body.segment_no = segment_no;
    body.end_offset = scan.end_offset;
    body.file_bytes = scan.file_bytes;
    body.tail_hash = scan.tail_hash;
    body.end_index = head.tree.size();
    body.end_chain = head.chain;
    return body;
}

// A leaf file is what remains of a segment before the newest ones: alone it is no log to go on
// with.
Result<void> check_leaf_files(FileSystem& files, const std::string& directory,
                              const std::vector<uint64_t>& segments) {
    Result<std::vector<std::string>> names = files.list(directory);
    if (!names) {
        return fail(names.error());
    }
    for (const std::string& name : *names) {
        std::optional<uint64_t> number = segment_number_of(name, kLeafSuffix);
        if (number && (segments.empty() || *number > segments.back())) {
            return fail(ErrorCode::kCorrupt,
                        "the segments after " + name + " are missing in " + directory);
        }
    }
    return {};
}

}  // namespace

Result<std::vector<uint64_t>> list_segments(FileSystem& files, const std::string& directory) {
    Result<std::vector<std::string>> names = files.list(directory);
    if (!names) {
        return fail(names.error());
    }
    std::vector<uint64_t> numbers;
    for (const std::string& name : *names) {
        if (std::optional<uint64_t> number = segment_number_of(name, kSegmentSuffix)) {
            numbers.push_back(*number);
        }
    }
    std::sort(numbers.begin(), numbers.end());
    return numbers;
}

Result<Recovery> recover_log(FileSystem& files, const std::string& directory,
                             const LocalKeys& keys) {
    Recovery recovery;
    Result<std::vector<uint64_t>> numbers = list_segments(files, directory);
    Result<uint64_t> stored = stored_bytes(files, directory);
    if (!numbers || !stored) {
        return fail(numbers ? stored.error() : numbers.error());
    }
    recovery.stored_bytes = *stored;
    if (Result<void> checked = check_leaf_files(files, directory, *numbers); !checked) {
        return fail(checked.error());
    }
    if (numbers->empty()) {
        return recovery;
    }
    recovery.found = true;
    recovery.last_segment_no = numbers->back();
    std::optional<std::pair<uint64_t, SegmentScan>> unusable;
    std::optional<SegmentScan> usable;
    bool damaged = false;  // a segment that no crash leaves so
    std::vector<uint64_t> read;
    while (!usable && !numbers->empty()) {
        uint64_t number = numbers->back();
        numbers->pop_back();
        read.push_back(number);
        Result<SegmentScan> scan = scan_segment(files, directory, number, keys);
        if (!scan) {
            return fail(std::move(scan).error().with_context("recovering the spool"));
        }
        if (scan->usable) {
            usable = std::move(*scan);
            continue;
        }
        recovery.torn_bytes += scan->file_bytes;
        damaged = damaged || scan->reason == RecoveryReason::kDamaged;
        unusable = {number, std::move(*scan)};
    }
    if (!usable) {
        return fail(ErrorCode::kCorrupt, "no segment in " + directory + " can be read");
    }
    uint64_t usable_no = usable->header.segment_no;
    uint64_t tail_bytes = usable->file_bytes - usable->end_offset;
    recovery.torn_bytes += tail_bytes;
    recovery.head = std::move(usable->head);
    // Segments that cannot be read may have begun generations of their own.
    recovery.generation = usable->header.generation + (recovery.last_segment_no - usable_no);
    recovery.clean = usable->closed_cleanly && !unusable;
    recovery.body = unusable && tail_bytes == 0
                        ? describe(unusable->second, unusable->first, recovery.head)
                        : describe(*usable, usable_no, recovery.head);
    if (damaged && recovery.body.reason != RecoveryReason::kNotOurs) {
        recovery.body.reason = RecoveryReason::kDamaged;  // the worst of what is made void
    }
    if (recovery.torn_bytes > 0) {
        recovery.torn_segment = segment_file_name(recovery.body.segment_no);
    }
    recovery.positions = std::move(usable->positions);
    recovery.cursors = std::move(usable->cursors);
    recovery.ledger = std::move(usable->ledger);
    for (auto& [id, end] : recovery.cursors) {
        end = std::min(end, recovery.head.tree.size());
    }
    apply_cursor_file(files, directory, keys, recovery.head.tree.size(), recovery.cursors);
    for (uint64_t number : read) {
        Result<void> durable = make_durable(files, directory + "/" + segment_file_name(number));
        if (!durable) {
            return fail(std::move(durable).error().with_context("recovering the spool"));
        }
    }
    Result<void> synced = files.sync_directory(directory);
    return synced ? Result<Recovery>(std::move(recovery)) : Result<Recovery>(fail(synced.error()));
}

}  // namespace llmtrail
