// A role key: the private half of a recipient, kept off the host in a file under a passphrase
// (docs/spool-format.md, "Role key file"). Made by `keys new`; loaded by the commands that read a
// spool as a role. One thread. Errors: kCrypto for a wrong passphrase or a file that is none,
// kLimit for a file that asks for too much work or a passphrase out of bounds, kNotFound when a
// segment has no wrap for this key.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/result.h"
#include "base/role.h"
#include "crypto/scrypt.h"
#include "crypto/secret.h"
#include "crypto/x25519.h"
#include "platform/random.h"
#include "spool/key_file.h"

namespace llmtrail {

inline constexpr size_t kRoleKeyFileBytesMax = 4096;
inline constexpr size_t kPassphraseBytesLeast = 12;
inline constexpr size_t kPassphraseBytesMax = 1024;

class RoleKey {
 public:
    static Result<RoleKey> generate(Role role, Random& random);

    // From the bytes of a role key file. Takes about a third of a second and 128 MiB (scrypt).
    static Result<RoleKey> load(ByteView file, const Secret& passphrase);
    // The bytes of such a file. `cost` is scrypt's N as a power of two.
    Result<Bytes> protect(const Secret& passphrase, Random& random,
                          uint8_t cost = kScryptCost) const;

    Role role() const { return role_; }

    const X25519Public& public_key() const { return key_.public_key(); }

    Recipient recipient() const { return {role_, key_.public_key()}; }

    // The data keys that this key opens in a segment's key file; the others are empty. What was
    // wrapped decides, not the role: who was given less gets less. kCorrupt: not the key file of
    // this segment; kNotFound: nothing in it is for this key; kCrypto: a wrap does not open or
    // gives a key that the header does not commit to.
    Result<DataKeys> open_segment_keys(ByteView key_file, const SegmentHeader& header) const;

 private:
    RoleKey(Role role, X25519Key key) : role_(role), key_(std::move(key)) {}

    Role role_;
    X25519Key key_;
};

// Does this text begin like a role key file?
bool is_role_key_file(ByteView file);

// "x25519:<base64 of 32 bytes>", as in spool.recipients.
std::string recipient_key_text(const X25519Public& key);
std::optional<X25519Public> recipient_key_of(std::string_view text);

}  // namespace llmtrail
