// A tar archive (POSIX ustar) of small texts: `llmtrail diag` packs one. Pure. Names are ours, so
// one that ustar cannot carry is a mistake of the caller and ends the process.
#pragma once

#include <string>
#include <string_view>

#include "base/time.h"

namespace llmtrail {

inline constexpr size_t kTarNameBytesMax = 99;

class TarArchive {
 public:
    // Each member is a file of mode 0600, owned by root, of this time.
    explicit TarArchive(UnixNanos modified) : modified_(modified) {}

    void add(std::string_view name, std::string_view content);

    std::string take();  // with its end

 private:
    UnixNanos modified_;
    std::string out_;
};

}  // namespace llmtrail
