// The key table and the readers are one truth: what the one has the other takes, with the same
// defaults, limits and words, and every value reaches the flat values that a reload compares.
#include <doctest/doctest.h>

#include <algorithm>
#include <functional>

#include "config/values.h"
#include "key_case.h"

using namespace llmtrail;

namespace {

// What is no key by itself: it stands within a value.
bool is_inner(const KeyRow& row) {
    return row.key.starts_with("spool.recipients[]");
}

void for_each_key(const std::function<void(const KeyRow&, const std::string& type)>& check) {
    for (const KeyRow& row : all_keys()) {
        for (const std::string& type : types_of_list(list_of(row.key))) {
            if (!is_inner(row) && has_type(row, type)) {
                INFO(std::string(row.key), " of type ", type);
                check(row, type);
            }
        }
    }
}

// The value of the row's key in the only item there is.
std::string value_in(const Settings& settings, const KeyRow& row) {
    for (const EffectiveValue& value : effective_values(settings)) {
        if (table_key(value.key()) == row.key) {
            return value.value;
        }
    }
    return "(no such value)";
}

std::string unquoted(std::string value) {
    std::erase(value, '"');
    return value;
}

bool accepts(const KeyRow& row, const std::string& type, const std::string& value) {
    return load_text(config_with(row, type, value)).settings != nullptr;
}

}  // namespace

TEST_CASE("the readers take every key of the table, and its value reaches the settings") {
    for_each_key([](const KeyRow& row, const std::string& type) {
        LoadedSettings with = load_text(config_with(row, type, std::string(row.example)));
        REQUIRE_MESSAGE(with.settings, all_errors(with));
        if (row.form == KeyForm::kMap) {
            return;  // its values are keys of their own
        }
        bool fixed = row.key.ends_with("].type") || row.key.ends_with("].id");
        std::string value = unquoted(value_in(*with.settings, row));
        CHECK_MESSAGE((fixed || value == unquoted(std::string(row.example))), value);
        // Beside its companions it is required.
        bool adds_to_others =
            row.key.starts_with("spool.") || row.key.find("preview") != std::string_view::npos;
        bool of_a_pair = !adds_to_others && !companions(rest_of(row.key), type).empty();
        if (row.required || of_a_pair) {
            return;
        }
        LoadedSettings without = load_text(config_with(row, type, ""));
        REQUIRE_MESSAGE(without.settings, all_errors(without));
        std::vector<std::string> changed =
            changed_keys(effective_values(*without.settings), effective_values(*with.settings));
        CHECK(std::any_of(changed.begin(), changed.end(),
                          [&](const std::string& key) { return table_key(key) == row.key; }));
    });
}

TEST_CASE("what the table calls a default is what the readers fill in") {
    for_each_key([](const KeyRow& row, const std::string& type) {
        bool derived = row.key == "spool.dir" || row.form == KeyForm::kMap;
        if (row.required || derived || !companions(rest_of(row.key), type).empty()) {
            return;
        }
        LoadedSettings loaded = load_text(config_with(row, type, ""));
        REQUIRE_MESSAGE(loaded.settings, all_errors(loaded));
        std::string value = unquoted(value_in(*loaded.settings, row));
        if (value == "(no such value)") {
            CHECK(row.key.starts_with("outputs[].auth."));  // of the other kinds of identity
            return;
        }
        CHECK(value == row.default_value);
    });
}

TEST_CASE("required keys are required") {
    for_each_key([](const KeyRow& row, const std::string& type) {
        if (!row.required) {
            return;
        }
        std::string list = list_of(row.key);
        Keys keys = needed_keys(list, type);
        keys.erase(rest_of(row.key));
        CHECK_FALSE(load_text(list + ":\n  - " + flow_map(keys) + "\n").settings);
    });
}

TEST_CASE("the limits of the table are the limits of the readers, to the last one") {
    size_t checked = 0;
    for_each_key([&](const KeyRow& row, const std::string& type) {
        auto [least, most] = key_range(row);
        if (least.empty()) {
            return;
        }
        ++checked;
        CHECK(accepts(row, type, std::string(least)));
        CHECK(accepts(row, type, std::string(most)));
        if (row.form == KeyForm::kDuration) {
            int64_t low = parse_config_duration_ms(least).value();
            int64_t high = parse_config_duration_ms(most).value();
            CHECK((low == 0 || !accepts(row, type, std::to_string(low - 1) + "ms")));
            CHECK_FALSE(accepts(row, type, std::to_string(high + 1) + "ms"));
            return;
        }
        uint64_t low = parse_config_size(least).value();
        uint64_t high = parse_config_size(most).value();
        CHECK((low == 0 || !accepts(row, type, std::to_string(low - 1))));
        CHECK_FALSE(accepts(row, type, std::to_string(high + 1)));
    });
    CHECK(checked > 20);
}

TEST_CASE("the words of a choice are those that the readers take") {
    for_each_key([](const KeyRow& row, const std::string& type) {
        if (row.form != KeyForm::kChoice || row.key.ends_with("].type")) {
            return;
        }
        std::string hint = "known values: ";
        for (std::string_view word : key_words(row.allowed)) {
            hint += std::string(word) + ", ";
            LoadedSettings loaded = load_text(config_with(row, type, std::string(word)));
            // Some words need others beside them; none is unknown.
            CHECK(all_errors(loaded).find("is no value of") == std::string::npos);
        }
        hint.resize(hint.size() - 2);
        LoadedSettings wrong = load_text(config_with(row, type, "qqqqqqqqqqqq"));
        auto told = [](const ConfigError& error) {
            return error.message.find("`qqqqqqqqqqqq`") != std::string::npos;
        };
        auto error = std::find_if(wrong.errors.begin(), wrong.errors.end(), told);
        REQUIRE_MESSAGE(error != wrong.errors.end(), all_errors(wrong));
        bool leef_elsewhere = row.key == "outputs[].format";  // LEEF is refused for HEC later
        CHECK((leef_elsewhere || error->hint == hint));
    });
}

TEST_CASE("a type that a row does not name refuses the key") {
    std::map<std::string, std::set<std::string>> taken_by;
    for (const KeyRow& row : all_keys()) {
        for (const std::string& type : types_of_list(list_of(row.key))) {
            if (has_type(row, type)) {
                taken_by[std::string(row.key)].insert(type);
            }
        }
    }
    for (const KeyRow& row : all_keys()) {
        for (const std::string& type : types_of_list(list_of(row.key))) {
            if (!is_inner(row) && taken_by[std::string(row.key)].count(type) == 0) {
                INFO(std::string(row.key), " of type ", type);
                CHECK_FALSE(accepts(row, type, std::string(row.example)));
            }
        }
    }
}

namespace {

// Names that stand directly below `place` in the table: "outputs[]." has "id", "tls", ...
std::set<std::string> names_below(const std::string& place, const std::string& type) {
    std::set<std::string> names;
    for (const KeyRow& row : all_keys()) {
        if (row.key.starts_with(place) && has_type(row, type)) {
            std::string_view rest = row.key.substr(place.size());
            names.insert(std::string(rest.substr(0, rest.find_first_of(".["))));
        }
    }
    return names;
}

// What the readers say they know beside an unknown key at `place`.
std::set<std::string> known_names(const std::string& text) {
    LoadedSettings loaded = load_text(text);
    constexpr std::string_view kKnown = "known keys: ";
    for (const ConfigError& error : loaded.errors) {
        if (error.message.starts_with("unknown key `qqqqqqqqqqqq`")) {
            REQUIRE_MESSAGE(error.hint.starts_with(kKnown), error.hint);
            REQUIRE(error.hint.find("...") == std::string::npos);
            std::string words = error.hint.substr(kKnown.size());
            std::erase(words, ',');
            std::vector<std::string_view> names = key_words(words);
            return {names.begin(), names.end()};
        }
    }
    FAIL(all_errors(loaded));
    return {};
}

}  // namespace

TEST_CASE("the readers know no key that the table has not") {
    std::set<std::pair<std::string, std::string>> places;  // and type
    for_each_key([&](const KeyRow& row, const std::string& type) {
        std::string place(row.key.substr(0, row.key.rfind('.') + 1));
        places.insert({place, type});
    });
    CHECK(places.size() > 20);
    for (const auto& [place, type] : places) {
        INFO(place, " of type ", type);
        std::string key = place + "qqqqqqqqqqqq";
        std::set<std::string> known = known_names(config_with(KeyRow{.key = key}, type, "x"));
        if (place.ends_with("].tls.") && type != "syslog") {
            known.erase("server_name");  // known, and refused: it is the host of the address
        }
        if (type == "sentinel") {
            known.erase("format");  // the columns are those of the stream
        }
        std::set<std::string> names = names_below(place, type);
        if (place == "outputs[].auth.") {  // a kind of identity knows its own
            CHECK(std::includes(names.begin(), names.end(), known.begin(), known.end()));
        } else {
            CHECK(known == names);
        }
    }
}

TEST_CASE("a key is found by its whole name, with ids, and by its end; a mistyped one is told") {
    CHECK(table_key("outputs.soc.tls.ca_file") == "outputs[].tls.ca_file");
    CHECK(table_key("spool.max_size") == "spool.max_size");
    CHECK(find_keys("outputs.soc.address").size() == 1);
    CHECK(find_keys("outputs[].address").size() == 1);
    CHECK(find_keys("address").at(0)->key == "outputs[].address");
    CHECK(find_keys("sources.app.map.user.id").at(0)->key == "sources[].map");
    CHECK(find_keys("outputs[].max_batch").size() == 2);
    CHECK(find_keys("state_dir").size() == 1);
    CHECK(find_keys("no_such_key").empty());
    CHECK(find_keys("").empty());
    CHECK(nearest_key("outputs.soc.adress") == "outputs[].address");
    CHECK(nearest_key("max_sise") == "max_size");
    CHECK(nearest_key("qqqqqqqqqqqq").empty());
}
