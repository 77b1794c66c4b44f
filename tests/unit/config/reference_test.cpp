// The tables of docs/config.md are made of the key table, between marks: LLMTRAIL_UPDATE_DOCS=1
// rewrites them.
#include <doctest/doctest.h>

#include <cstdlib>
#include <fstream>
#include <functional>

#include "config/config_schema.h"
#include "key_case.h"

using namespace llmtrail;

namespace {

constexpr std::string_view kBegin = "<!-- keys of ";
constexpr std::string_view kEnd = "<!-- end of keys -->";

bool is_of_tls(const KeyRow& row) {
    return row.key.starts_with("outputs[].tls.");
}

// Whether `row` stands in the table of that name: "the top", "sources[]", "outputs[]", "syslog",
// "tls of outputs[]", "spool".
bool stands_in(const KeyRow& row, const std::string& table) {
    bool output = row.key.starts_with("outputs[].");
    if (table == "the top") {
        return row.key.find('.') == std::string_view::npos;
    }
    if (table == "tls of outputs[]") {
        return is_of_tls(row);
    }
    if (table == "outputs[]") {
        return output && row.types.empty();
    }
    if (row.key.starts_with(table + ".")) {
        return true;
    }
    return output && !row.types.empty() && has_type(row, table) && !is_of_tls(row);
}

std::string value_column(const KeyRow& row) {
    std::string text(row.form == KeyForm::kChoice ? "" : form_name(row.form));
    if (row.form == KeyForm::kChoice) {
        for (std::string_view word : key_words(row.allowed)) {
            text += std::string(text.empty() ? "" : " ") + "`" + std::string(word) + "`";
        }
    } else if (!row.allowed.empty()) {
        text += ", " + std::string(row.allowed);
    }
    return text;
}

std::string default_column(const KeyRow& row) {
    if (row.required) {
        return "required";
    }
    return row.default_value.empty() ? "" : "`" + std::string(row.default_value) + "`";
}

std::string table_of(const std::string& name) {
    std::string out = "| key | value | default | reload | meaning |\n|---|---|---|---|---|\n";
    size_t rows = 0;
    for (const KeyRow& row : all_keys()) {
        if (!stands_in(row, name)) {
            continue;
        }
        ++rows;
        std::string_view key = row.key;
        for (std::string_view list :
             {"sources[].", "outputs[].", "anchors[].", "spool.", "keys.", "metrics."}) {
            key.remove_prefix(key.starts_with(list) ? list.size() : 0);
        }
        std::string meaning(row.meaning);
        if (name == "anchors[]" && !row.types.empty()) {
            meaning = "`" + std::string(row.types) + "`: " + meaning;
        }
        out += "| `" + std::string(key) + "` | " + value_column(row) + " | " + default_column(row) +
               " | " + (row.change == KeyChange::kLive ? "live" : "restart") + " | " + meaning +
               " |\n";
    }
    REQUIRE_MESSAGE(rows > 0, name);
    return out;
}

// The page with each marked table made anew.
std::string with_tables(const std::string& page, std::vector<std::string>& names) {
    std::string out;
    size_t at = 0;
    for (size_t begin = page.find(kBegin); begin != std::string::npos;
         begin = page.find(kBegin, at)) {
        size_t name_end = page.find(" -->\n", begin);
        names.push_back(page.substr(begin + kBegin.size(), name_end - begin - kBegin.size()));
        out += page.substr(at, name_end + 5 - at) + table_of(names.back());
        at = page.find(kEnd, begin);
        REQUIRE(at != std::string::npos);
    }
    return out + page.substr(at);
}

}  // namespace

TEST_CASE("the tables of docs/config.md are what the key table says, and have every key") {
    std::string page = read_project_file("docs/config.md");
    std::vector<std::string> names;
    std::string made = with_tables(page, names);
    if (std::getenv("LLMTRAIL_UPDATE_DOCS") != nullptr) {
        std::ofstream(std::string(LLMTRAIL_SOURCE_DIR) + "/docs/config.md", std::ios::binary)
            << made;
        page = made;
    }
    CHECK(page == made);
    for (const KeyRow& row : all_keys()) {
        CHECK_MESSAGE(std::any_of(names.begin(), names.end(),
                                  [&](const std::string& name) { return stands_in(row, name); }),
                      row.key);
        CHECK_FALSE(row.meaning.empty());
        CHECK_FALSE(row.example.empty());
    }
}
