// Who may open the spool: `recipients` of `spool` (public keys by role) and the section `keys`
// (where this host's own key comes from).
#include <algorithm>
#include <optional>

#include "base/hex.h"
#include "config/map_reader.h"
#include "config/nearest_name.h"
#include "config/section_readers.h"

namespace llmtrail {

namespace {

constexpr size_t kRecipientsMost = 64;
constexpr size_t kLocalKeysMost = 8;
constexpr size_t kCredentialNameBytesMost = 255;
constexpr std::string_view kRecipientKeyWord = "x25519:";
constexpr std::string_view kIdentityKeyWord = "ed25519:";
constexpr std::string_view kCredential = "credential:";

void read_role(MapReader& reader, Role& role) {
    const ConfigNode* node = reader.need_scalar(
        "role", "role: auditor, analyst, prompt_engineer or model_administrator");
    if (node == nullptr) {
        return;
    }
    std::optional<Role> found = role_of(node->scalar);
    if (found) {
        role = *found;
        return;
    }
    std::vector<std::string> names;
    for (Role each : kRoles) {
        names.emplace_back(role_name(each));
    }
    reader.problem(*node, "`" + node->scalar + "` is not a role",
                   name_hint(node->scalar, names, "roles"));
}

void read_key(MapReader& reader, Recipient& recipient) {
    constexpr std::string_view kHint =
        "llmtrail keys new --role ROLE --out FILE prints the line to put here";
    const ConfigNode* node = reader.need_scalar("key", kHint);
    if (node == nullptr) {
        return;
    }
    std::string_view text = node->scalar;
    if (text.starts_with(kIdentityKeyWord)) {
        reader.problem(*node, "that is a key for signatures, nothing can be wrapped for it",
                       std::string(kHint));
        return;
    }
    std::optional<Bytes> raw;
    if (text.starts_with(kRecipientKeyWord)) {
        raw = from_base64(text.substr(kRecipientKeyWord.size()));
    }
    bool usable = raw && raw->size() == recipient.public_key.size() &&
                  raw->find_first_not_of('\0') != Bytes::npos;
    if (!usable) {
        // Not repeated: it may be the private half by mistake.
        reader.problem(*node, "that is not a public key (x25519: and base64 of 32 bytes)",
                       std::string(kHint));
        return;
    }
    std::copy(raw->begin(), raw->end(), recipient.public_key.begin());
}

bool is_credential_name(std::string_view name) {
    auto allowed = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '.' || c == '_' || c == '-';
    };
    return !name.empty() && name.size() <= kCredentialNameBytesMost && name != "." &&
           name != ".." && std::all_of(name.begin(), name.end(), allowed);
}

void read_local_key(MapReader& reader, const ConfigNode& node, std::vector<std::string>& local) {
    std::string_view text = node.scalar;
    bool right = node.kind == NodeKind::kScalar &&
                 (text == "auto" || (text.starts_with(kCredential) &&
                                     is_credential_name(text.substr(kCredential.size()))));
    if (!right) {
        reader.problem(node, "that is no place of a local key",
                       "write auto, or credential:NAME for LoadCredentialEncrypted=NAME");
    } else if (std::find(local.begin(), local.end(), text) != local.end()) {
        reader.problem(node, "`" + node.scalar + "` stands here twice");
    } else {
        local.push_back(node.scalar);
    }
}

}  // namespace

void read_recipients(MapReader& spool_reader, SpoolSettings& spool, Problems& problems) {
    const ConfigNode* list = spool_reader.find("recipients");
    if (list == nullptr) {
        return;
    }
    if (list->kind != NodeKind::kList) {
        spool_reader.problem(*list, "`recipients` is a list",
                             "write - {role: auditor, key: \"x25519:...\"} below it");
        return;
    }
    if (list->children.size() > kRecipientsMost) {
        spool_reader.problem(*list, "more than " + std::to_string(kRecipientsMost) + " recipients");
        return;
    }
    for (const ConfigNode& item : list->children) {
        MapReader reader(item, "recipient", problems);
        Recipient recipient;
        read_role(reader, recipient.role);
        read_key(reader, recipient);
        bool known = std::any_of(
            spool.recipients.begin(), spool.recipients.end(), [&](const Recipient& other) {
                return other.role == recipient.role && other.public_key == recipient.public_key;
            });
        if (known && problems.empty()) {
            reader.problem_here("the same key stands here twice for one role");
        }
        spool.recipients.push_back(recipient);
        reader.finish();
    }
}

void read_keys(const ConfigNode& map, Settings& settings, Problems& problems) {
    MapReader reader(map, "`keys`", problems);
    const ConfigNode* local = reader.find("local");
    reader.finish();
    if (local == nullptr) {
        return;
    }
    settings.local_keys.clear();
    if (local->kind == NodeKind::kList) {
        for (const ConfigNode& item : local->children) {
            read_local_key(reader, item, settings.local_keys);
        }
    } else {
        read_local_key(reader, *local, settings.local_keys);
    }
    if (settings.local_keys.size() > kLocalKeysMost) {
        reader.problem(*local, "more than " + std::to_string(kLocalKeysMost) + " local keys");
    }
    if (settings.local_keys.empty() && problems.empty()) {
        reader.problem(*local, "no local key is named, so nothing could be written",
                       "write auto, or credential:NAME");
    }
}

}  // namespace llmtrail
