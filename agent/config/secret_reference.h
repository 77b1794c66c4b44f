// Where a secret is, as agent.yaml writes it: ${cred:NAME} (handed over by systemd), ${file:PATH},
// ${env:NAME}. A secret itself never stands there, so a reference may be shown. Pure, any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace llmtrail {

enum class SecretPlace : uint8_t { kCredential, kFile, kEnvironment };

struct SecretReference {
    SecretPlace place = SecretPlace::kCredential;
    std::string name;  // of the credential or variable, or an absolute path

    bool operator==(const SecretReference&) const = default;
};

inline constexpr size_t kSecretNameBytesMax = 4096;

std::optional<SecretReference> parse_secret_reference(std::string_view text);
std::string describe(const SecretReference& reference);  // as it is written

}  // namespace llmtrail
