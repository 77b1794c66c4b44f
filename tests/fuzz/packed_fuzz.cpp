// Any bytes as a whole file, plain or packed: documents come in order, none is larger than the
// limit, all of them end, and memory stays in its bounds (the run has a limit).
#include <cstdint>
#include <cstdlib>

#include "fakes/memory_files.h"
#include "tail/stream_documents.h"
#include "tail/unpacked_stream.h"

using namespace llmtrail;

namespace {

constexpr uint64_t kDocumentBytesMax = 4096;

void require(bool holds) {
    if (!holds) {
        std::abort();
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    MemoryFiles files;
    files.files["/a"].text.assign(reinterpret_cast<const char*>(data), size);
    auto file = files.open_readable("/a", false);
    require(file.has_value());
    auto stream = open_unpacked(**file, size, {.bytes_max = 1 << 20, .ratio_max = 100});
    if (!stream) {
        return 0;
    }
    StreamDocuments documents(**stream, kDocumentBytesMax);
    uint64_t end = 0;
    while (!documents.ended()) {
        auto next = documents.next();
        if (!next) {
            require(is_content_error(next.error().code));
            continue;
        }
        if (*next) {
            require((*next)->offset >= end && (*next)->bytes.size() <= kDocumentBytesMax);
            end = (*next)->offset;
        }
    }
    return 0;
}
