// gzip around one request body (RFC 1952), at the level that costs least. Pure, any thread; its
// state is kept between bodies. kInternal: no memory.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

namespace llmtrail {

class Gzip {
 public:
    Gzip();
    ~Gzip();
    Gzip(const Gzip&) = delete;
    Gzip& operator=(const Gzip&) = delete;

    Result<std::string> pack(std::string_view text);

 private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace llmtrail
