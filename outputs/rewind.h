// Where an output wants its events offered again from, after a break: the earliest of the places
// that were named since it was last asked. Deliver thread.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <utility>

namespace llmtrail {

class Rewind {
 public:
    void to(std::optional<uint64_t> index) {
        if (index) {
            from_ = std::min(from_.value_or(*index), *index);
        }
    }

    bool pending() const { return from_.has_value(); }

    // Output::take_rewind()
    bool take(uint64_t& from_index) {
        from_index = from_.value_or(from_index);
        return std::exchange(from_, std::nullopt).has_value();
    }

 private:
    std::optional<uint64_t> from_;
};

}  // namespace llmtrail
