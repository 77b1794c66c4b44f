#include "odd_files.h"

#include <array>
#include <cstdio>

namespace llmtrail {

std::string put_odd(OddFiles& odd, const LogFiles& files, FakeRandom& random) {
    constexpr std::array<const char*, 4> kKinds = {"a folder", "a link", "a pipe", "unreadable"};
    auto kind = static_cast<size_t>(random.below(kKinds.size()));
    char name[40];
    std::snprintf(name, sizeof name, "seg-%020llu%s",
                  static_cast<unsigned long long>(random.below(6)),
                  std::array{".lsp", ".lsp", ".leaf", ".keys"}[random.below(4)]);
    bool taken = files.count(name) != 0;
    if (taken || kind != static_cast<size_t>(OddFile::kUnreadable)) {
        odd[name] = static_cast<OddFile>(kind);
    }
    return std::string(name) + (taken ? " is " : " appears as ") + kKinds[kind];
}

}  // namespace llmtrail
