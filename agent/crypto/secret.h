// Key bytes: wiped on destruction, not copyable, not printable, kept out of core dumps and swap
// where the system allows (OPENSSL_secure_malloc after init_secure_memory()). Reading the raw bytes
// takes reveal(), which greps well.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/bytes.h"
#include "base/result.h"
#include "platform/random.h"

namespace llmtrail {

class Secret {
 public:
    Secret() = default;
    explicit Secret(size_t size);  // zeros
    static Secret copy_of(ByteView bytes);
    static Result<Secret> random(Random& random, size_t size);

    Secret(Secret&& other) noexcept;
    Secret& operator=(Secret&& other) noexcept;
    Secret(const Secret&) = delete;
    Secret& operator=(const Secret&) = delete;
    ~Secret();

    Secret clone() const;

    size_t size() const { return size_; }

    bool empty() const { return size_ == 0; }

    ByteView reveal() const { return {reinterpret_cast<const char*>(data_), size_}; }

    uint8_t* reveal_mutable() { return data_; }

 private:
    uint8_t* data_ = nullptr;
    size_t size_ = 0;
};

// Overwrites and empties a buffer that held key text on its way from or to a file.
void wipe(Bytes& bytes);

// Reserves locked, undumpable memory for secrets; once, at start. False: the system did not allow
// locking.
bool init_secure_memory();

}  // namespace llmtrail
