// C2SP signed notes (c2sp.org/signed-note): text, a blank line, signature lines. Made by the agent
// for checkpoints; read by the verifier, by the witness client and by tests. Pure, any thread.
// Parsing takes hostile bytes: kCorrupt for what is no note, kCrypto for a signature that is wrong
// or missing. Work and memory are bounded by the size of the input, which is at most
// kNoteBytesMax.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "crypto/signature.h"

namespace llmtrail {

inline constexpr size_t kNoteBytesMax = size_t{64} << 10;
inline constexpr size_t kNoteSignaturesMax = 64;
inline constexpr size_t kNoteKeyIdBytes = 4;

// The assigned signature types that exist here: they go into the key id, not into the line.
inline constexpr uint8_t kNoteTypeEd25519 = 0x01;      // over the text
inline constexpr uint8_t kNoteTypeCosignature = 0x04;  // a witness's, with its time

using NoteKeyId = std::array<char, kNoteKeyIdBytes>;  // big-endian, as in the line

struct NoteSignature {
    std::string name;
    NoteKeyId key_id{};
    Bytes signature;  // what follows the key id; at least one byte
};

struct SignedNote {
    std::string text;  // ends in a newline
    std::vector<NoteSignature> signatures;
};

// Not empty, UTF-8, without Unicode spaces, control characters and `+`.
bool is_note_name(std::string_view name);

// First four bytes of SHA-256(name || 0A || type || public key).
NoteKeyId note_key_id(std::string_view name, uint8_t type, const PublicKey& key);

// The text form of a key as others are told it: name+key id, hex+base64 of type and key.
struct VerifierKey {
    std::string name;
    uint8_t type = kNoteTypeEd25519;
    PublicKey key{};
};

Result<VerifierKey> parse_verifier_key(std::string_view text);  // kInvalidArgument
std::string verifier_key_text(const VerifierKey& key);

// `bytes` is exactly one note. Signatures are not checked.
Result<SignedNote> parse_signed_note(ByteView bytes);

// Signature lines alone, as a witness answers them: one or more, each with its newline.
Result<std::vector<NoteSignature>> parse_signature_lines(ByteView bytes);

// The text must end in a newline.
Bytes encode_signed_note(const SignedNote& note);
Bytes encode_signature_line(const NoteSignature& signature);

// Adds the Ed25519 signature of `name`.
void sign_note(SignedNote& note, std::string_view name, const SigningKey& key);

// At least one signature of this name and key, and all of them right; others are ignored. kCrypto.
Result<void> check_note_signature(const SignedNote& note, std::string_view name,
                                  const PublicKey& key);

// Views of the notes that stand in `bytes` one after another, blank lines between them allowed. A
// note begins with the first line that is neither blank nor a signature and ends with its last
// signature line; what has no signature line is returned too, and parse_signed_note() refuses it.
std::vector<ByteView> split_notes(ByteView bytes);

}  // namespace llmtrail
