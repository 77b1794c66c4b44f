#include "pipeline/host_identity.h"

#include "base/hex.h"
#include "crypto/digest.h"

namespace llmtrail {

static constexpr size_t kMachineIdBytesMax = 256;
static constexpr size_t kMachineIdDigits =
    32;  // machine-id(5): else there is none yet, and many hosts would say so alike
static constexpr size_t kHostIdBytes = 8;

std::string host_id_of(const std::string& configured, const std::string& host_name,
                       FileSystem& files) {
    if (!configured.empty() && configured != "auto") {
        return configured;
    }
    Result<Bytes> machine_id = files.read_file("/etc/machine-id", kMachineIdBytesMax);
    Sha256 hash;
    hash.update("llmtrail host id v1")
        .update(machine_id && machine_id->size() >= kMachineIdDigits ? *machine_id : host_name);
    Digest digest = hash.finish();
    return to_hex(view(digest).substr(0, kHostIdBytes));
}

}  // namespace llmtrail
