// Deterministic bytes from a seed (SplitMix64). Never for anything but tests.
#pragma once

#include <cstdint>

#include "platform/random.h"

namespace llmtrail {

class FakeRandom : public Random {
 public:
    explicit FakeRandom(uint64_t seed) : state_(seed) {}

    Result<void> fill(void* bytes, size_t size) override {
        auto* out = static_cast<uint8_t*>(bytes);
        for (size_t i = 0; i < size; ++i) {
            out[i] = static_cast<uint8_t>(next() >> 24);
        }
        return {};
    }

    uint64_t next() {
        state_ += 0x9E3779B97F4A7C15ULL;
        uint64_t z = state_;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
        return z ^ (z >> 31);
    }

    uint64_t below(uint64_t bound) { return next() % bound; }

 private:
    uint64_t state_;
};

}  // namespace llmtrail
