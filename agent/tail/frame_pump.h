// Packed bytes of a file in, text out: what gzip and zstd have in common. A file is a row of frames
// (gzip calls them members) that a FrameDecoder unpacks one at a time; the pump reads the file,
// notices when it ends too early, and hands out what was unpacked before an error. Used by
// gzip_reader.cpp and zstd_reader.cpp, one thread at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "base/bytes.h"
#include "base/result.h"
#include "platform/file_system.h"

namespace llmtrail {

class FrameDecoder {
 public:
    enum class State : uint8_t { kInside, kFrameEnd, kDamaged, kNoMemory };

    struct Step {
        State state = State::kInside;
        size_t taken = 0;           // of the input
        size_t made = 0;            // of the output
        const char* why = nullptr;  // of damage
    };

    virtual ~FrameDecoder() = default;
    virtual void begin_frame() = 0;

    // Some of the present frame. Empty input: the file has no more.
    virtual Step step(ByteView in, char* out, size_t size) = 0;
};

class FramePump {
 public:
    // `packing` names it in errors.
    FramePump(ReadableFile& file, uint64_t packed_bytes, std::string packing,
              std::unique_ptr<FrameDecoder> decoder);

    // Packed bytes that are not unpacked yet: reads on when there are none. Empty: the file ends.
    Result<ByteView> packed();

    void skip(size_t bytes) { begin_ += bytes; }

    void begin_frame();

    // Up to `size` bytes of the present frame; 0: it ended. After a content error nothing more
    // comes.
    Result<size_t> read(char* out, size_t size);

    bool broken() const { return broken_; }

    // For a content error that the caller found.
    Error break_off(std::string message);

 private:
    Error damage(const FrameDecoder::Step& step);

    ReadableFile& file_;
    uint64_t packed_bytes_;
    std::string packing_;
    std::unique_ptr<FrameDecoder> decoder_;
    uint64_t offset_ = 0;  // of the file: read up to here
    Bytes chunk_;
    size_t begin_ = 0;  // in the chunk: not unpacked yet
    size_t end_ = 0;
    bool in_frame_ = false;
    bool broken_ = false;
    std::optional<Error> problem_;  // to be told when the bytes before it are handed out
};

}  // namespace llmtrail
