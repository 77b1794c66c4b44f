// The traces that Langfuse keeps of real frameworks' runs, against the chat messages that Langfuse
// itself makes of them (*.chatml.json): each record must hold the same messages, roles and tool
// calls. Where Langfuse finds no chat, nothing is asked for. The samples are not part of the
// repository: without them the test is skipped.
#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <memory>

#include "json_tree/json_tree.h"
#include "record_list.h"

using namespace llmtrail;
namespace fs = std::filesystem;

namespace {

constexpr size_t kPairs = 10;

// Where the record rightly differs from what Langfuse makes of it: why.
struct Disagreement {
    std::string_view file;
    std::string_view observation;
    std::string_view side;
    std::string_view reason;
};

constexpr Disagreement kDisagreements[] = {
    {"agno-2025-06-11", "b38a82eaa62b551e", "input",
     "messages printed by Python: Langfuse drops their texts, the record keeps them"},
};

const Disagreement* disagreement(std::string_view file, std::string_view id,
                                 std::string_view side) {
    const auto* row = std::find_if(
        std::begin(kDisagreements), std::end(kDisagreements), [&](const Disagreement& one) {
            return file == one.file && id == one.observation && side == one.side;
        });
    return row == std::end(kDisagreements) ? nullptr : row;
}

std::string file_text(const fs::path& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

// A text that is JSON as compact JSON, so that {"a": 1} and {"a":1} are one.
std::string normal(std::string_view text) {
    JsonTree tree;
    auto read = tree.read(text, false);
    return read && read->is_container() ? read->json() : std::string(text);
}

std::string normal(JsonValue value) {
    return value.is_string() ? normal(value.text()) : value.exists() ? value.json() : "";
}

struct Call {
    std::string id;
    std::string name;
    std::string arguments;

    bool operator==(const Call&) const = default;
};

struct Said {
    std::string role;
    std::string text;
    std::vector<Call> calls;
    bool result = false;  // of a tool
};

std::string content_text(JsonValue content, std::string_view role) {
    if (!content.is_array() || role == "tool") {
        return normal(content);
    }
    std::string text;
    for (JsonValue part : content.items()) {
        text += text.empty() ? "" : "\n";
        text += part["text"].text();
    }
    return text;
}

// Messages of chatml; what has no role is looked for as a whole, see all_texts_in().
std::vector<Said> expected_of(JsonValue messages) {
    std::vector<Said> all;
    for (JsonValue message : messages.items()) {
        if (!message["role"].is_string()) {
            continue;
        }
        Said said;
        said.role = message["role"].text();
        JsonValue content = message["content"];
        said.text =
            content.exists() ? content_text(content, said.role) : normal(message["json"]["text"]);
        for (JsonValue call : message["tool_calls"].items()) {
            said.calls.push_back({std::string(call["id"].text()), std::string(call["name"].text()),
                                  normal(call["arguments"])});
        }
        all.push_back(std::move(said));
    }
    return all;
}

// Results of tools are messages of their own, as Langfuse has them.
void add_message(JsonValue message, std::vector<Said>& all) {
    Said said;
    said.role = message["role"].text();
    bool more = false;
    for (JsonValue part : message["parts"].items()) {
        std::string_view type = part["type"].text();
        if (type == "tool_call_response") {
            all.push_back({said.role, normal(part["response"]), {}, true});
            continue;
        }
        more = true;
        if (type == "tool_call") {
            said.calls.push_back({std::string(part["id"].text()), std::string(part["name"].text()),
                                  normal(part["arguments"])});
        } else {
            said.text += said.text.empty() ? "" : "\n";
            said.text += part["content"].text();
        }
    }
    if (more || message["parts"].size() == 0) {
        said.text = normal(std::string_view(said.text));
        all.push_back(std::move(said));
    }
}

std::vector<Said> recorded_in(JsonValue record, std::string_view side) {
    std::vector<Said> all;
    if (side == "input") {
        for (JsonValue part : record["gen_ai.system_instructions"].items()) {
            all.push_back({"system", std::string(part["content"].text()), {}, false});
        }
    }
    std::string field = "gen_ai." + std::string(side) + ".messages";
    for (JsonValue message : record[field].items()) {
        add_message(message, all);
    }
    return all;
}

void collect_texts(JsonValue value, std::vector<std::string>& texts) {
    if (value.is_string()) {
        texts.push_back(normal(value.text()));
    }
    for (JsonMember member : value.members()) {
        collect_texts(member.value, texts);
    }
    for (JsonValue item : value.items()) {
        collect_texts(item, texts);
    }
}

bool all_texts_in(JsonValue part, const std::vector<std::string>& recorded) {
    std::vector<std::string> wanted;
    collect_texts(part, wanted);
    return std::all_of(wanted.begin(), wanted.end(), [&](const std::string& text) {
        return std::any_of(recorded.begin(), recorded.end(), [&](const std::string& one) {
            return one.find(text) != std::string::npos;
        });
    });
}

struct Totals {
    size_t pairs = 0;
    size_t messages = 0;
    size_t calls = 0;
    size_t tools = 0;
    size_t others = 0;
    size_t excused = 0;
};

void check_tools(JsonValue messages, JsonValue record, Totals& totals) {
    for (JsonValue message : messages.items()) {
        for (JsonValue tool : message["tools"].items()) {
            CAPTURE(tool["name"].text());
            std::string name = "\"" + std::string(tool["name"].text()) + "\"";
            CHECK(record["gen_ai.tool.definitions"].json().find(name) != std::string::npos);
            ++totals.tools;
        }
    }
}

void check_side(JsonValue messages, JsonValue record, std::string_view side, Totals& totals) {
    std::vector<Said> expected = expected_of(messages);
    std::vector<Said> recorded = recorded_in(record, side);
    if (!expected.empty()) {
        CHECK(recorded.size() == expected.size());
    }
    for (size_t i = 0; i < std::min(expected.size(), recorded.size()); ++i) {
        CAPTURE(i);
        bool role = expected[i].role == recorded[i].role ||
                    (expected[i].role == "tool" && recorded[i].result);
        CHECK(role);
        CHECK(expected[i].text == recorded[i].text);
        CHECK(expected[i].calls == recorded[i].calls);
        ++totals.messages;
        totals.calls += expected[i].calls.size();
    }
    std::vector<std::string> texts;
    collect_texts(record, texts);
    for (JsonValue message : messages.items()) {
        if (!message["role"].exists()) {
            CHECK(all_texts_in(message["json"], texts));
            ++totals.others;
        }
    }
    check_tools(messages, record, totals);
}

void check_pair(const fs::path& trace, const std::string& name, Totals& totals) {
    JsonTree chat_tree;
    std::string chat_text = file_text(trace.parent_path() / (name + ".chatml.json"));
    auto chat = chat_tree.read(chat_text, false);
    REQUIRE(chat);
    std::map<std::string, std::unique_ptr<JsonTree>> trees;
    std::map<std::string, JsonValue> records;
    for (const std::string& text : read_records(file_text(trace))) {
        auto tree = std::make_unique<JsonTree>();
        auto record = tree->read(text, false);
        REQUIRE(record);
        CHECK((*record)["event.provider"].text() == "langfuse");
        CHECK((*record)["event.kind"].text() != "rejected");
        std::string id((*record)["span.id"].text());
        if (!(*record)["gen_ai.evaluation.name"].exists() || !records.contains(id)) {
            records[id] = *record;
        }
        trees[id + std::to_string(trees.size())] = std::move(tree);
    }
    for (auto [id, sides] : chat->members()) {
        CAPTURE(id);
        REQUIRE(records.contains(std::string(id)));
        for (auto [side, found] : sides.members()) {
            CAPTURE(side);
            if (disagreement(name, id, side) != nullptr) {
                ++totals.excused;
            } else if (found["success"].boolean() == true) {
                check_side(found["data"], records[std::string(id)], side, totals);
            }
        }
    }
    ++totals.pairs;
}

}  // namespace

TEST_CASE("Langfuse traces hold the messages, roles and tool calls that Langfuse finds in them") {
    fs::path folder = fs::path(LLMTRAIL_SAMPLES_DIR) / "langfuse-export";
    if (!fs::exists(folder)) {
        MESSAGE("SKIPPED: no samples at " << folder.string());
        return;
    }
    constexpr std::string_view kSuffix = ".trace.json";
    Totals totals;
    for (const auto& entry : fs::directory_iterator(folder)) {
        std::string file = entry.path().filename().string();
        if (file.ends_with(kSuffix)) {
            std::string name = file.substr(0, file.size() - kSuffix.size());
            CAPTURE(name);
            check_pair(entry.path(), name, totals);
        }
    }
    CHECK(totals.pairs == kPairs);
    CHECK(totals.messages > 90);
    CHECK(totals.calls > 20);
    CHECK(totals.tools > 50);
    CHECK(totals.excused == std::size(kDisagreements));
    MESSAGE("compared " << totals.messages << " messages, " << totals.calls << " tool calls, "
                        << totals.tools << " tool definitions, " << totals.others << " others");
}
