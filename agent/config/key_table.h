// The one table of the keys of agent.yaml: form, limits, default, meaning, and what a reload does
// with each. `check --explain`, docs/config.md and the JSON Schema are made of it, and the readers
// are held against it by tests. Items of a list stand as `[]`: "outputs[].tls.ca_file". Pure, any
// thread.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace llmtrail {

enum class KeyForm : uint8_t {
    kText,
    kPath,  // absolute
    kId,
    kSize,
    kDuration,
    kInteger,
    kBoolean,
    kChoice,
    kTexts,       // a list
    kTextOrList,  // one or a list
    kSecret,      // where a secret is: ${cred:NAME}
    kSecrets,     // one or a list of them
    kMap,         // of keys that are not in the table: fields of a record
    kMaps,        // a list of maps
};

// What a reload does with a changed value: takes it over, or refuses and says `restart needed`.
enum class KeyChange : uint8_t { kLive, kRestart };

struct KeyRow {
    std::string_view key;
    KeyForm form = KeyForm::kText;
    std::string_view allowed = {};        // "1KiB to 64MiB"; of kChoice its words
    std::string_view default_value = {};  // as it is written; empty: none
    bool required = false;
    std::string_view types = {};  // words: of outputs or anchors that take it; empty: all
    KeyChange change = KeyChange::kLive;
    std::string_view example = {};  // a value that is not the default
    std::string_view meaning = {};
};

std::span<const KeyRow> general_keys();  // all but those of outputs
std::span<const KeyRow> output_keys();

// Of both: whose key is `key`, written with [] or with ids, or with its last components alone:
// "outputs.soc.tls.ca_file", "tls.ca_file". More than one when types of outputs differ.
std::vector<const KeyRow*> find_keys(std::string_view key);

// The nearest known key to one that is none; "" when none is near.
std::string nearest_key(std::string_view key);

// "outputs.soc.tls.ca_file" as the table has it: "outputs[].tls.ca_file".
std::string table_key(std::string_view key);

// Words of `types` or `allowed`.
std::vector<std::string_view> key_words(std::string_view words);
bool has_type(const KeyRow& row, std::string_view type);

// The two ends of "LEAST to MOST"; empty when the row has no range.
std::pair<std::string_view, std::string_view> key_range(const KeyRow& row);

std::string_view form_name(KeyForm form);  // "size", "duration", "one of"

}  // namespace llmtrail
