#include "pipeline/spool_usage.h"

#include "spool/format.h"
#include "spool/leaf_file.h"

namespace llmtrail {

Result<SpoolUsage> spool_usage(const std::string& directory, FileSystem& files) {
    Result<std::vector<std::string>> names = files.list(directory);
    if (!names) {
        return fail(std::move(names.error()));
    }
    SpoolUsage usage;
    for (const std::string& name : *names) {
        bool segment = segment_number_of(name, kSegmentSuffix).has_value();
        bool leaf = segment_number_of(name, kLeafSuffix).has_value();
        if (!segment && !leaf && !segment_number_of(name, kKeysSuffix)) {
            continue;
        }
        Result<FileInfo> info = files.info(directory + "/" + name, false);
        if (!info) {
            continue;  // pruned since
        }
        (leaf ? usage.leaf_bytes : usage.payload_bytes) += info->size_bytes;
        if (segment) {
            ++usage.segments;
            // Names are sorted by age.
            usage.oldest = usage.oldest ? usage.oldest : info->modified;
        }
    }
    if (Result<uint64_t> free = files.free_bytes(directory)) {
        usage.free_bytes = *free;
    }
    return usage;
}

}  // namespace llmtrail
