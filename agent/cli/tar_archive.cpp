#include "cli/tar_archive.h"

#include <array>
#include <cstdint>
#include <utility>

#include "base/check.h"

namespace llmtrail {

namespace {

constexpr size_t kBlockBytes = 512;
constexpr size_t kChecksumAt = 148;
constexpr size_t kChecksumBytes = 8;

using Block = std::array<char, kBlockBytes>;

void put_text(Block& block, size_t at, std::string_view text) {
    text.copy(block.data() + at, text.size());
}

// Octal digits with leading zeros; the byte behind them stays 0.
void put_octal(Block& block, size_t at, size_t digits, uint64_t value) {
    for (size_t i = digits; i > 0; --i, value >>= 3U) {
        block[at + i - 1] = static_cast<char>('0' + (value & 7U));
    }
}

}  // namespace

void TarArchive::add(std::string_view name, std::string_view content) {
    LLMTRAIL_CHECK(!name.empty() && name.size() <= kTarNameBytesMax);
    Block block{};
    put_text(block, 0, name);
    put_octal(block, 100, 7, 0600);
    put_octal(block, 108, 7, 0);
    put_octal(block, 116, 7, 0);
    put_octal(block, 124, 11, content.size());
    put_octal(block, 136, 11, static_cast<uint64_t>(modified_.value / kNanosPerSecond));
    put_text(block, 156, "0");
    put_text(block, 257, std::string_view("ustar\00000", 8));
    put_text(block, 265, "root");
    put_text(block, 297, "root");
    put_text(block, kChecksumAt, std::string(kChecksumBytes, ' '));
    uint64_t sum = 0;
    for (char c : block) {
        sum += static_cast<unsigned char>(c);
    }
    put_octal(block, kChecksumAt, 6, sum);
    block[kChecksumAt + 6] = '\0';
    out_.append(block.data(), block.size());
    out_.append(content);
    out_.append((kBlockBytes - content.size() % kBlockBytes) % kBlockBytes, '\0');
}

std::string TarArchive::take() {
    out_.append(2 * kBlockBytes, '\0');
    return std::move(out_);
}

}  // namespace llmtrail
