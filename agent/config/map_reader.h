// Reads one map of the configuration key by key: converts, checks the range, remembers which keys
// exist. finish() reports every key nobody asked for, with the nearest one that was. Each fault is
// one problem; a faulty or absent key leaves the caller's default as it is. One thread.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "config/config_tree.h"
#include "config/problems.h"
#include "config/secret_reference.h"

namespace llmtrail {

template <typename Value>
using ConfigChoices = std::span<const std::pair<std::string_view, Value>>;

class MapReader {
 public:
    // `what` names the map in messages: "source `app`", "`spool`". Null counts as an empty map.
    MapReader(const ConfigNode& node, std::string what, Problems& problems);

    // The value, when it is there and not null. Marks the key as known.
    const ConfigNode* find(std::string_view key);
    const ConfigNode* find_scalar(std::string_view key);
    bool has(std::string_view key) const;
    // Like find(), but the key must be there: finish() reports its absence at the map's place,
    // unless an unknown key of this map looks like a mistyping of it.
    const ConfigNode* need(std::string_view key, std::string_view hint);
    const ConfigNode* need_scalar(std::string_view key, std::string_view hint);

    void text(std::string_view key, std::string& out);
    void absolute_path(std::string_view key, std::string& out);
    void text_list(std::string_view key, std::vector<std::string>& out);
    void boolean(std::string_view key, bool& out);
    void integer(std::string_view key, uint64_t& out, uint64_t least, uint64_t most);
    void size(std::string_view key, uint64_t& out, uint64_t least, uint64_t most);
    void duration_ms(std::string_view key, int64_t& out, int64_t least, int64_t most);

    // Where a secret is. A value that says no such thing is not repeated: it may be one.
    void secret(std::string_view key, SecretReference& out);

    template <typename Value>
    void choice(std::string_view key, Value& out,
                std::type_identity_t<ConfigChoices<Value>> choices) {
        const ConfigNode* node = find_scalar(key);
        if (node == nullptr) {
            return;
        }
        std::vector<std::string> names;
        for (const auto& [name, value] : choices) {
            if (node->scalar == name) {
                out = value;
                return;
            }
            names.emplace_back(name);
        }
        refuse_choice(*node, names);
    }

    // A key of a later version: accepted when empty or equal to `accepted`, which is how this
    // version behaves.
    void later(std::string_view key, std::string_view accepted = {});
    // A key that has its place elsewhere: reported with `hint` when present.
    void misplaced(std::string_view key, std::string_view hint);

    void problem(const ConfigNode& at, std::string message, std::string hint = {});
    void problem_here(std::string message, std::string hint = {});  // at the map itself
    void finish();  // unknown keys, then missing ones

    const std::string& what() const { return what_; }

 private:
    bool is_known(std::string_view key) const;
    void refuse_choice(const ConfigNode& node, const std::vector<std::string>& names);
    void refuse_form(const ConfigNode& node, std::string_view form, std::string_view hint);
    void refuse_range(const ConfigNode& node, const std::string& least, const std::string& most);

    const ConfigNode& node_;
    std::string what_;
    Problems& problems_;
    std::vector<std::string> known_;   // may be suggested
    std::vector<std::string> silent_;  // already spoken of

    struct Missing {
        std::string key;
        std::string hint;
    };

    std::vector<Missing> missing_;
};

}  // namespace llmtrail
