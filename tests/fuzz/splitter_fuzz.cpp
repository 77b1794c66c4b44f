// Whatever the bytes and however they are chunked: documents are in order, inside the input, and
// work stays linear.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "tail/document_splitter.h"

using namespace llmtrail;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    if (size == 0) {
        return 0;
    }
    std::string_view bytes(reinterpret_cast<const char*>(data), size);
    size_t chunk = data[0] + 1U;
    DocumentSplitter splitter(0, 4096);
    uint64_t end = 0;
    auto take = [&](std::optional<DocumentSpan> span) {
        if (span && (span->begin < end || span->end > size || span->end < span->begin)) {
            std::abort();
        }
        end = span ? span->end : end;
        return span.has_value();
    };
    for (;;) {
        while (splitter.wants() < size) {
            uint64_t at = splitter.wants();
            take(splitter.next(bytes.substr(static_cast<size_t>(at), chunk)));
        }
        if (!take(splitter.finish()) && splitter.wants() >= size) {
            break;
        }
    }
    if (splitter.scanned_bytes() > 16 * size + (uint64_t{2} << 20)) {
        std::abort();
    }
    return 0;
}
