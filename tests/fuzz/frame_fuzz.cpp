// Hostile segments: the verifier gives a verdict for any bytes, and never CLEAN for bytes no writer
// made.
#include <cstdint>
#include <cstdlib>

#include "fakes/fake_disk.h"
#include "spool/verify.h"

using namespace llmtrail;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    FakeDisk disk;
    disk.put_file("/keys/identity.pub", "ed25519:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n",
                  0644);
    disk.put_file("/spool/seg-00000000000000000000.lsp",
                  ByteView(reinterpret_cast<const char*>(data), size));
    VerifyReport report =
        verify_spool({.directory = "/spool", .trust_file = "/keys/identity.pub"}, disk);
    if (report.verdict == Verdict::kClean) {
        std::abort();
    }
    return 0;
}
