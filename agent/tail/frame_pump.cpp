#include "tail/frame_pump.h"

#include <algorithm>
#include <utility>

#include "tail/packed_readers.h"

namespace llmtrail {

FramePump::FramePump(ReadableFile& file, uint64_t packed_bytes, std::string packing,
                     std::unique_ptr<FrameDecoder> decoder)
    : file_(file),
      packed_bytes_(packed_bytes),
      packing_(std::move(packing)),
      decoder_(std::move(decoder)),
      chunk_(kPackedChunkBytes, '\0') {}

Result<ByteView> FramePump::packed() {
    if (begin_ == end_) {
        const uint64_t left = packed_bytes_ - std::min(offset_, packed_bytes_);
        const auto got =
            file_.read_at(offset_, chunk_.data(), std::min<uint64_t>(left, chunk_.size()));
        if (!got) {
            return fail(got.error());
        }
        offset_ += *got;
        begin_ = 0;
        end_ = *got;
    }
    return ByteView(chunk_).substr(begin_, end_ - begin_);
}

void FramePump::begin_frame() {
    decoder_->begin_frame();
    in_frame_ = true;
}

Error FramePump::break_off(std::string message) {
    in_frame_ = false;
    broken_ = true;
    return {ErrorCode::kCorrupt, std::move(message), 0};
}

Error FramePump::damage(const FrameDecoder::Step& step) {
    return break_off("the " + packing_ +
                     " data is damaged: " + (step.why != nullptr ? step.why : "unknown"));
}

Result<size_t> FramePump::read(char* out, size_t size) {
    if (problem_) {
        return fail(*std::exchange(problem_, std::nullopt));
    }
    size_t made = 0;
    while (in_frame_ && made == 0 && size > 0) {
        const auto in = packed();
        if (!in) {
            return fail(in.error());
        }
        const FrameDecoder::Step step = decoder_->step(*in, out, size);
        skip(step.taken);
        made = step.made;
        if (step.state == FrameDecoder::State::kNoMemory) {
            return fail(ErrorCode::kIo, "no memory for unpacking");
        }
        if (step.state == FrameDecoder::State::kFrameEnd) {
            in_frame_ = false;
        } else if (step.state == FrameDecoder::State::kDamaged) {
            problem_ = damage(step);
        } else if (step.taken == 0 && step.made == 0) {
            problem_ = in->empty() ? break_off("the " + packing_ + " data is cut off")
                                   : damage({.why = "it leads nowhere"});
        }
    }
    if (made == 0 && problem_) {
        return fail(*std::exchange(problem_, std::nullopt));
    }
    return made;
}

}  // namespace llmtrail
