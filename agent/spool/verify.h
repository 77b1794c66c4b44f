// Was anything altered, cut or lost? Reads a spool directory as a stranger would: files are hostile
// input, work and memory are bounded by their bytes, and every outcome is a verdict, never a crash.
// Used by `llmtrail verify`, by tests and fuzzers. docs/spool-format.md ("Verdicts") is the
// algorithm.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "anchor/anchor_file.h"
#include "base/result.h"
#include "base/section.h"
#include "base/time.h"
#include "crypto/digest.h"
#include "platform/file_system.h"
#include "spool/spool_key.h"
#include "spool/spool_state.h"

namespace llmtrail {

enum class Verdict : uint8_t { kClean, kOpenTail, kTornTail, kTampered, kCannotVerify };

std::string_view verdict_name(Verdict verdict);  // CLEAN OPEN_TAIL TORN_TAIL TAMPERED CANNOT_VERIFY
int verdict_exit_code(Verdict verdict);          // 0 3 4 5 6

// The longest checkpoint_interval that a configuration may have: more than this between the newest
// seal and the newest kept checkpoint, and the log is UNANCHORED.
inline constexpr int64_t kAnchorAgeMaxNanos = 900 * kNanosPerSecond;

struct VerifyOptions {
    std::string directory;
    std::string key_directory;  // empty: without keys (structure, chain, tree and signatures only)
    std::string trust_file;     // public identity key; empty: key_directory's own, which proves
                                // nothing against root
    bool live = false;          // a running agent holds the spool: its OPEN_TAIL is expected
    KeptCheckpoints kept;       // what anchor files hold, their signatures checked
    const SpoolKey* key = nullptr;  // null: the local keys of key_directory
};

// In how many segments a section was opened and matched, was not, was erased by a sealed ERASE.
struct SectionReach {
    uint64_t checked = 0;
    uint64_t unchecked = 0;
    uint64_t erased = 0;
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
    uint64_t recoveries = 0;       // generations that began after an end that was not in order
    uint64_t unknown_frames = 0;   // of types this version has no name for: hashed, not interpreted
    uint64_t pruned_segments = 0;  // of which a leaf file is left
    std::array<SectionReach, kSectionCount> sections;
    uint64_t unopened_segments = 0;   // keys were given, but not for all sections of these segments
    std::string first_unopened;       // file name of the first of them
    bool content_checked = false;     // all sections were opened and matched, or erased
    std::vector<ErasedRange> erased;  // what sealed ERASE frames say
    uint64_t unfinished_erasures = 0;  // segments whose keys for an erased section still stand
    std::string first_unfinished;
    uint64_t evidence_bytes = 0;  // of `segment`, from `offset` to its end
    std::string evidence_sha256;  // hex; empty when nothing was found
    bool trust_is_local = false;
    std::string root_hex;  // tree root of the last seal
    uint64_t tree_size = 0;
    UnixNanos sealed_at;  // when the last seal was made, as the log says; 0: no seal

    // Kept checkpoints that the log agrees with, and what they reach.
    uint64_t anchors = 0;
    uint64_t anchored_size = 0;            // tree size of the newest of them
    std::optional<UnixNanos> anchored_at;  // when the log says that its seal was made
    std::string anchor_file;               // where that one stood
    uint64_t unanchored_leaves = 0;        // after it
    bool unanchored = true;                // none, or none new enough
};

VerifyReport verify_spool(const VerifyOptions& options, FileSystem& files);

}  // namespace llmtrail
