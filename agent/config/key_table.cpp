#include "config/key_table.h"

#include <algorithm>

#include "config/nearest_name.h"

namespace llmtrail {

namespace {

constexpr std::string_view kListMark = "[]";

// Below these names stand items that have ids.
bool is_list_of_items(std::string_view name) {
    return name == "sources" || name == "outputs" || name == "anchors";
}

bool is_or_ends_with(std::string_view key, std::string_view wanted) {
    return key == wanted || (key.size() > wanted.size() && key.ends_with(wanted) &&
                             key[key.size() - wanted.size() - 1] == '.');
}

void add_matches(std::span<const KeyRow> rows, std::string_view wanted,
                 std::vector<const KeyRow*>& found) {
    for (const KeyRow& row : rows) {
        bool below_map = row.form == KeyForm::kMap && wanted.starts_with(row.key) &&
                         wanted.size() > row.key.size() && wanted[row.key.size()] == '.';
        if (below_map || is_or_ends_with(row.key, wanted)) {
            found.push_back(&row);
        }
    }
}

std::string last_component(std::string_view key) {
    return std::string(key.substr(key.rfind('.') + 1));
}

}  // namespace

std::string table_key(std::string_view key) {
    std::string_view first = key.substr(0, key.find_first_of(".["));
    if (!is_list_of_items(first) || first.size() == key.size() || key[first.size()] == '[') {
        return std::string(key);
    }
    size_t id_end = key.find('.', first.size() + 1);
    std::string rest(id_end == std::string_view::npos ? "" : key.substr(id_end));
    return std::string(first) + std::string(kListMark) + rest;
}

std::vector<const KeyRow*> find_keys(std::string_view key) {
    std::vector<const KeyRow*> found;
    for (const std::string& wanted : {table_key(key), std::string(key)}) {
        if (found.empty() && !wanted.empty()) {
            add_matches(general_keys(), wanted, found);
            add_matches(output_keys(), wanted, found);
        }
    }
    // A whole key is meant by itself, not the ends of others.
    auto is_whole = [&](const KeyRow* row) { return row->key == table_key(key); };
    if (std::any_of(found.begin(), found.end(), is_whole)) {
        std::erase_if(found, [&](const KeyRow* row) { return !is_whole(row); });
    }
    return found;
}

std::string nearest_key(std::string_view key) {
    std::vector<std::string> names;
    for (std::span<const KeyRow> rows : {general_keys(), output_keys()}) {
        for (const KeyRow& row : rows) {
            names.emplace_back(row.key);
        }
    }
    std::string nearest = nearest_name(table_key(key), names);
    if (nearest.empty()) {
        std::transform(names.begin(), names.end(), names.begin(),
                       [](const std::string& name) { return last_component(name); });
        nearest = nearest_name(last_component(key), names);
    }
    return nearest;
}

std::vector<std::string_view> key_words(std::string_view words) {
    std::vector<std::string_view> found;
    while (!words.empty()) {
        size_t end = std::min(words.find(' '), words.size());
        found.push_back(words.substr(0, end));
        words.remove_prefix(std::min(end + 1, words.size()));
    }
    return found;
}

bool has_type(const KeyRow& row, std::string_view type) {
    std::vector<std::string_view> types = key_words(row.types);
    return types.empty() || std::find(types.begin(), types.end(), type) != types.end();
}

std::pair<std::string_view, std::string_view> key_range(const KeyRow& row) {
    constexpr std::string_view kTo = " to ";
    size_t at = row.form == KeyForm::kChoice ? std::string_view::npos : row.allowed.find(kTo);
    if (at == std::string_view::npos) {
        return {};
    }
    return {row.allowed.substr(0, at), row.allowed.substr(at + kTo.size())};
}

std::string_view form_name(KeyForm form) {
    switch (form) {
        case KeyForm::kText:
            return "text";
        case KeyForm::kPath:
            return "absolute path";
        case KeyForm::kId:
            return "id";
        case KeyForm::kSize:
            return "size";
        case KeyForm::kDuration:
            return "duration";
        case KeyForm::kInteger:
            return "number";
        case KeyForm::kBoolean:
            return "true or false";
        case KeyForm::kChoice:
            return "one of";
        case KeyForm::kTexts:
            return "list";
        case KeyForm::kTextOrList:
            return "text or list";
        case KeyForm::kSecret:
            return "where a secret is";
        case KeyForm::kSecrets:
            return "where a secret is, or a list";
        case KeyForm::kMap:
            return "map";
        case KeyForm::kMaps:
            return "list of maps";
    }
    return "";
}

}  // namespace llmtrail
