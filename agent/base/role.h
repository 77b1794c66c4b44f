// The four roles, which sections each of them opens, and the public key of somebody who has one
// (docs/spool-format.md, "Sections and roles"). Pure, any thread.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/section.h"

namespace llmtrail {

enum class Role : uint8_t { kAnalyst, kPromptEngineer, kModelAdministrator, kAuditor };

inline constexpr std::array<Role, 4> kRoles = {Role::kAnalyst, Role::kPromptEngineer,
                                               Role::kModelAdministrator, Role::kAuditor};

// As written in agent.yaml, in key files and in wraps.
constexpr std::string_view role_name(Role role) {
    switch (role) {
        case Role::kAnalyst:
            return "analyst";
        case Role::kPromptEngineer:
            return "prompt_engineer";
        case Role::kModelAdministrator:
            return "model_administrator";
        case Role::kAuditor:
            return "auditor";
    }
    return "";
}

constexpr std::optional<Role> role_of(std::string_view name) {
    for (Role role : kRoles) {
        if (role_name(role) == name) {
            return role;
        }
    }
    return std::nullopt;
}

constexpr bool role_opens(Role role, Section section) {
    switch (role) {
        case Role::kAnalyst:
            return section == Section::kEnvelope || section == Section::kOutput;
        case Role::kPromptEngineer:
            return section != Section::kSources;
        case Role::kModelAdministrator:
            return section == Section::kEnvelope;
        case Role::kAuditor:
            return true;
    }
    return false;
}

inline constexpr size_t kRecipientKeyBytes = 32;

// Somebody for whom the data keys of every new segment are wrapped.
struct Recipient {
    Role role = Role::kAuditor;
    std::array<char, kRecipientKeyBytes> public_key{};  // X25519
};

}  // namespace llmtrail
