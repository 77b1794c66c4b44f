// Proof files: whatever decodes, encodes to the same text; checking one never crashes, and none
// holds under a key that signed nothing.
#include <cstdint>

#include "base/check.h"
#include "query/proof.h"

using namespace llmtrail;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    ByteView text(reinterpret_cast<const char*>(data), size);
    Result<Proof> proof = decode_proof(text);
    if (proof) {
        LLMTRAIL_CHECK(encode_proof(*proof) == text);
    }
    static const PublicKey trusted =
        SigningKey::from_seed(Secret::copy_of(Bytes(kSigningSeedBytes, 9)))->public_key();
    LLMTRAIL_CHECK(check_proof(text, trusted).verdict != ProofVerdict::kHolds);
    return 0;
}
