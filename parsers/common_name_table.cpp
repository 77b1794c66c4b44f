#include "parsers/common_name_table.h"

#include <algorithm>
#include <array>

#include "parsers/common_name_rows.h"

namespace llmtrail {

namespace {

// One name of one row.
struct NameEntry {
    std::string_view key;
    uint16_t row = 0;  // its number in kNameRows, from 1; 0: no entry

    constexpr const NameRow& meaning() const { return kNameRows[row - 1U]; }
};

template <typename Visitor>
constexpr void for_each_name(const NameRow& row, Visitor&& visit) {
    std::string_view names = row.names;
    while (!names.empty()) {
        size_t end = std::min(names.find(' '), names.size());
        visit(names.substr(0, end));
        names.remove_prefix(std::min(end + 1, names.size()));
    }
}

constexpr size_t kSlots = 2048;  // a power of two, several times the number of names

constexpr size_t slot_of(NameScope scope, std::string_view key) {
    uint64_t hash = 0xcbf29ce484222325ULL ^ static_cast<uint64_t>(scope);
    for (char c : key) {
        hash = (hash ^ static_cast<uint8_t>(c)) * 0x100000001b3ULL;
    }
    return static_cast<size_t>((hash ^ (hash >> 29)) & (kSlots - 1));
}

struct NameIndex {
    std::array<NameEntry, kSlots> slots{};
    size_t names = 0;
    bool repeated = false;
};

// Names by hash, open addressing. Built by the compiler.
constexpr NameIndex kIndex = [] {
    NameIndex index;
    for (size_t row = 0; row < kNameRows.size(); ++row) {
        for_each_name(kNameRows[row], [&](std::string_view key) {
            NameScope scope = kNameRows[row].scope;
            size_t slot = slot_of(scope, key);
            while (index.slots[slot].row != 0) {
                const NameEntry& other = index.slots[slot];
                index.repeated =
                    index.repeated || (other.key == key && other.meaning().scope == scope);
                slot = (slot + 1) & (kSlots - 1);
            }
            index.slots[slot] = NameEntry{key, static_cast<uint16_t>(row + 1)};
            ++index.names;
        });
    }
    return index;
}();

static_assert(kIndex.names * 4 < kSlots);
static_assert(!kIndex.repeated,
              "a name stands twice in one scope: its second meaning would never be asked for");

constexpr std::array<std::string_view, 20> kSecretNames = {
    "accesskey",   "accesstoken",        "apikey",       "authorization",
    "bearertoken", "clientsecret",       "cookie",       "credentials",
    "idtoken",     "passphrase",         "passwd",       "password",
    "privatekey",  "proxyauthorization", "refreshtoken", "secret",
    "secretkey",   "setcookie",          "token",        "xapikey",
};

static_assert(std::is_sorted(kSecretNames.begin(), kSecretNames.end()));

}  // namespace

NormalizedKey::NormalizedKey(std::string_view key) {
    if (key.size() > kGivenBytesMax) {
        return;
    }
    for (char c : key) {
        if (c == '_' || c == '-' || c == '.' || c == ' ') {
            continue;
        }
        if (size_ == kBytesMax) {
            size_ = 0;
            return;
        }
        bytes_[size_++] = c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
    }
}

bool names_contain(std::string_view names, std::string_view name) {
    if (name.empty()) {
        return false;
    }
    for (size_t at = names.find(name); at != std::string_view::npos;
         at = names.find(name, at + 1)) {
        size_t end = at + name.size();
        if ((at == 0 || names[at - 1] == ' ') && (end == names.size() || names[end] == ' ')) {
            return true;
        }
    }
    return false;
}

const NameRow* find_common_name(NameScope scope, std::string_view normalized_key) {
    for (size_t slot = slot_of(scope, normalized_key); kIndex.slots[slot].row != 0;
         slot = (slot + 1) & (kSlots - 1)) {
        const NameEntry& entry = kIndex.slots[slot];
        if (entry.key == normalized_key && entry.meaning().scope == scope) {
            return &entry.meaning();
        }
    }
    return nullptr;
}

bool is_secret_name(std::string_view normalized_key) {
    return std::binary_search(kSecretNames.begin(), kSecretNames.end(), normalized_key);
}

}  // namespace llmtrail
