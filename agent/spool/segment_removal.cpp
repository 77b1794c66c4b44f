#include "spool/segment_removal.h"

namespace llmtrail {
namespace {

constexpr uint32_t kFileMode = 0600;
constexpr std::string_view kNewSuffix = ".new";

Result<void> leaf_of(FileSystem& files, const std::string& directory, SegmentCatalog& catalog,
                     const SegmentFacts& facts, AppendFile* out) {
    Result<SegmentEnd> end = catalog.end_of(facts);
    if (!end) {
        return fail(end.error());
    }
    if (end->stated_end && *end->stated_end == 0) {
        return write_leaf(nullptr, *end, out);
    }
    Result<SegmentFile> segment =
        SegmentFile::open(files, directory + "/" + segment_file_name(facts.segment_no));
    return segment ? write_leaf(&*segment, *end, out) : Result<void>(fail(segment.error()));
}

Result<void> remove_if_there(FileSystem& files, const std::string& path) {
    Result<void> removed = files.remove(path);
    bool gone = removed || removed.error().code == ErrorCode::kNotFound;
    return gone ? Result<void>{} : removed;
}

Result<void> write_leaf_file(FileSystem& files, const std::string& directory,
                             SegmentCatalog& catalog, const SegmentFacts& facts) {
    std::string path = directory + "/" + leaf_file_name(facts.segment_no);
    std::string temporary = path + std::string(kNewSuffix);
    Result<void> done = remove_if_there(files, temporary);
    if (!done) {
        return done;
    }
    Result<std::unique_ptr<AppendFile>> file = files.create_exclusive(temporary, kFileMode);
    if (!file) {
        return fail(file.error());
    }
    done = leaf_of(files, directory, catalog, facts, file->get());
    if (done) {
        done = (*file)->sync();
    }
    if (done) {
        done = files.rename(temporary, path);
    }
    if (!done) {
        (void)files.remove(temporary);  // work in progress, whether it goes or not
        return done;
    }
    return files.sync_directory(directory);
}

}  // namespace

Result<void> check_prunable(FileSystem& files, const std::string& directory,
                            SegmentCatalog& catalog, const SegmentFacts& segment) {
    return leaf_of(files, directory, catalog, segment, nullptr);
}

Result<void> replace_by_leaf(FileSystem& files, const std::string& directory,
                             SegmentCatalog& catalog, const SegmentFacts& segment) {
    Result<void> done;
    if (segment.has_payload) {
        done = write_leaf_file(files, directory, catalog, segment);
    }
    for (const std::string& name :
         {segment_file_name(segment.segment_no), keys_file_name(segment.segment_no)}) {
        if (done) {
            done = remove_if_there(files, directory + "/" + name);
        }
    }
    return done ? files.sync_directory(directory) : done;
}

}  // namespace llmtrail
