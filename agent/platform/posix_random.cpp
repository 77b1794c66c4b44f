#include <sys/random.h>

#include <cerrno>

#include "platform/posix.h"

namespace llmtrail {

namespace {

class PosixRandom : public Random {
 public:
    Result<void> fill(void* bytes, size_t size) override {
        auto* out = static_cast<char*>(bytes);
        while (size > 0) {
            ssize_t got = getrandom(out, size, 0);
            if (got < 0 && errno == EINTR) {
                continue;
            }
            if (got <= 0) {
                Error error = error_from_errno(errno, "getting random bytes");
                error.code = ErrorCode::kCrypto;
                return fail(std::move(error));
            }
            out += got;
            size -= static_cast<size_t>(got);
        }
        return {};
    }
};

}  // namespace

std::unique_ptr<Random> make_posix_random() {
    return std::make_unique<PosixRandom>();
}

}  // namespace llmtrail
