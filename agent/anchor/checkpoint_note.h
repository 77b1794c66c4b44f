// Checkpoints as C2SP notes (c2sp.org/tlog-checkpoint): origin, tree size and root, signed by the
// identity key of the log. docs/checkpoints.md has the bytes. Made by the spool's writer; read by
// the verifier, the witness client and tests. Pure, any thread. Parsing takes hostile bytes.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "anchor/signed_note.h"
#include "crypto/digest.h"

namespace llmtrail {

// `origin`, and what a note says about it.
struct CheckpointBody {
    std::string origin;
    uint64_t tree_size = 0;
    Digest root{};

    bool operator==(const CheckpointBody&) const = default;
};

// "llmtrail/<log id, hex>": the origin line and the name of the key that signs.
std::string checkpoint_origin(ByteView log_id);

std::string encode_checkpoint_text(const CheckpointBody& body);

// kCorrupt. Extension lines after the third are accepted and ignored, as the specification says.
Result<CheckpointBody> decode_checkpoint_text(std::string_view text);

// The whole note, signed by the key whose name is the origin.
Bytes make_checkpoint_note(const CheckpointBody& body, const SigningKey& identity);

// From one note: parsed, of this origin and signed by this key. kCorrupt: no checkpoint; kNotFound:
// of another origin (another log's); kCrypto: not signed by this key.
Result<CheckpointBody> open_checkpoint_note(ByteView note, std::string_view origin,
                                            const PublicKey& identity);

}  // namespace llmtrail
