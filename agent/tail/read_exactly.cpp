#include "tail/read_exactly.h"

namespace llmtrail {

Result<Bytes> read_exactly(ReadableFile& file, uint64_t offset, size_t size) {
    Bytes bytes(size, '\0');
    size_t done = 0;
    while (done < size) {
        const auto got = file.read_at(offset + done, bytes.data() + done, size - done);
        if (!got) {
            return fail(got.error());
        }
        if (*got == 0) {
            break;
        }
        done += *got;
    }
    bytes.resize(done);
    return bytes;
}

}  // namespace llmtrail
