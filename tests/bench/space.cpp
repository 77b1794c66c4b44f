#include "space.h"

#include "crypto/aead.h"
#include "spool/frame_stream.h"
#include "stage.h"

namespace llmtrail {

namespace {

void add_frame(const FrameHeader& header, SpoolSpace& space) {
    if (header.type != FrameType::kBatch) {
        return;
    }
    for (uint32_t sealed : header.section_bytes) {
        space.ciphertext_bytes += sealed == 0 ? 0 : sealed - kAeadTagBytes;
    }
    space.batch_clear_bytes += header.clear_bytes;
    space.batches += 1;
    space.records += header.leaf_count;
}

void add_segment(FileSystem& files, const std::string& path, SpoolSpace& space) {
    auto stream = FrameStream::open(files, path);
    if (!stream) {
        give_up(stream.error());
    }
    space.segment_bytes += stream->size_bytes();
    StreamedFrame frame;
    for (uint64_t at = stream->header().header_bytes; at < stream->size_bytes();
         at += frame.view.header.frame_bytes) {
        Result<FrameFault> fault = stream->frame_at(at, frame);
        if (!fault || *fault != FrameFault::kNone) {
            give_up({ErrorCode::kCorrupt, "a frame of the bench's own spool cannot be read"});
        }
        add_frame(frame.view.header, space);
    }
}

}  // namespace

SpoolSpace measure_space(FileSystem& files, const std::string& directory) {
    auto names = files.list(directory);
    if (!names) {
        give_up(names.error());
    }
    SpoolSpace space;
    for (const std::string& name : *names) {
        std::string path = directory + "/" + name;
        if (name.ends_with(".lsp")) {
            add_segment(files, path, space);
        } else if (name.ends_with(".keys")) {
            auto info = files.info(path, false);
            space.key_file_bytes += info ? info->size_bytes : 0;
        }
    }
    return space;
}

}  // namespace llmtrail
