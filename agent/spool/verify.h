// Was anything altered, cut or lost? Reads a spool directory as a stranger would: files are hostile
// input, work and memory are bounded by their bytes, and every outcome is a verdict, never a crash.
// Used by `llmtrail verify`, by tests and fuzzers. docs/spool-format.md ("Verdicts") is the
// algorithm.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "spool/spool.h"

namespace llmtrail {

enum class Verdict : uint8_t { kClean, kOpenTail, kTornTail, kTampered, kCannotVerify };

std::string_view verdict_name(Verdict verdict);  // CLEAN OPEN_TAIL TORN_TAIL TAMPERED CANNOT_VERIFY
int verdict_exit_code(Verdict verdict);          // 0 3 4 5 6

struct VerifyOptions {
    std::string directory;
    std::string key_directory;  // empty: without keys (structure, chain, tree and signatures only)
    std::string trust_file;     // public identity key; empty: key_directory's own, which proves
                                // nothing against root
    bool live = false;          // a running agent holds the spool: its OPEN_TAIL is expected
};

struct VerifyReport {
    Verdict verdict = Verdict::kCannotVerify;
    std::string reason;              // one sentence, names what was found
    std::string segment;             // file name where it was found; empty when clean
    uint64_t frame = 0;              // ordinal within the segment
    uint64_t offset = 0;             // byte offset of that frame
    std::string section;             // when a tag or commitment of one section failed
    std::optional<uint64_t> record;  // when located to one
    uint64_t segments = 0;
    uint64_t frames = 0;
    uint64_t records = 0;
    uint64_t seals = 0;
    uint64_t bytes = 0;
    uint64_t unknown_frames = 0;  // of types this version has no name for: hashed, not interpreted
    uint64_t unopened_segments = 0;  // keys were given, but not for these segments
    std::string first_unopened;      // file name of the first of them
    bool content_checked = false;    // sections were opened and matched against their commitments
    bool trust_is_local = false;
    std::string root_hex;  // tree root of the last seal
    uint64_t tree_size = 0;
};

VerifyReport verify_spool(const VerifyOptions& options, FileSystem& files);

}  // namespace llmtrail
