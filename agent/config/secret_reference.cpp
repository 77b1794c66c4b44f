#include "config/secret_reference.h"

#include <algorithm>
#include <array>
#include <utility>

namespace llmtrail {

namespace {

constexpr std::array<std::pair<std::string_view, SecretPlace>, 3> kPlaces = {
    {{"cred", SecretPlace::kCredential},
     {"file", SecretPlace::kFile},
     {"env", SecretPlace::kEnvironment}}};

bool is_letter_or_digit(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

bool is_name(std::string_view name, SecretPlace place) {
    if (name.empty() || name.size() > kSecretNameBytesMax) {
        return false;
    }
    if (place == SecretPlace::kFile) {
        return name.front() == '/' &&
               std::all_of(name.begin(), name.end(), [](char c) { return c > ' ' && c != '\x7F'; });
    }
    bool dots = place == SecretPlace::kCredential;
    return name.front() != '.' && std::all_of(name.begin(), name.end(), [dots](char c) {
               return is_letter_or_digit(c) || c == '_' || (dots && (c == '.' || c == '-'));
           });
}

}  // namespace

std::optional<SecretReference> parse_secret_reference(std::string_view text) {
    if (!text.starts_with("${") || !text.ends_with('}')) {
        return std::nullopt;
    }
    text = text.substr(2, text.size() - 3);
    size_t colon = std::min(text.find(':'), text.size());
    auto place = std::find_if(kPlaces.begin(), kPlaces.end(), [&](const auto& known) {
        return known.first == text.substr(0, colon);
    });
    if (place == kPlaces.end() || colon == text.size() ||
        !is_name(text.substr(colon + 1), place->second)) {
        return std::nullopt;
    }
    return SecretReference{place->second, std::string(text.substr(colon + 1))};
}

std::string describe(const SecretReference& reference) {
    auto place = std::find_if(kPlaces.begin(), kPlaces.end(),
                              [&](const auto& known) { return known.second == reference.place; });
    return "${" + std::string(place->first) + ":" + reference.name + "}";
}

}  // namespace llmtrail
