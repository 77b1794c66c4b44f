#include "cli/first_config.h"

#include <algorithm>
#include <array>
#include <functional>

#include "cli/shipped_files.h"
#include "config/effective_values.h"
#include "config/nearest_name.h"
#include "config/values.h"

namespace llmtrail {

namespace {

constexpr std::string_view kMainFile = "conf/agent.yaml";
constexpr std::string_view kOutputFolder = "conf/outputs/";
constexpr std::string_view kYamlSuffix = ".yaml";
constexpr std::string_view kFillIn = "# fill in";
constexpr std::string_view kTls = "    tls:";
constexpr std::string_view kHeader =
    "# Written by `llmtrail init`. What is not commented is in use; behind the mark every key "
    "shows "
    "its default.\n";

std::string lower(std::string_view text) {
    std::string out;
    for (char c : text) {
        out += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    }
    return out;
}

void for_each_line(std::string_view text, const std::function<void(std::string_view)>& take) {
    while (!text.empty()) {
        size_t end = std::min(text.find('\n'), text.size());
        take(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
}

// The value behind `key: ` in `block`, with the comment behind it. False: the block has no such
// key.
bool set_value(std::string& block, const std::string& key, const std::string& yaml) {
    size_t at = block.find(key + ": ");
    if (at == std::string::npos) {
        return false;
    }
    at += key.size() + 2;
    size_t line_end = std::min(block.find('\n', at), block.size());
    size_t comment = std::min(block.find("  #", at), line_end);
    size_t brace = std::min(block.find('}', at), comment);
    block.replace(brace, line_end - brace, brace < comment ? "}" : "");
    block.replace(at, brace - at, yaml);
    return true;
}

// "chatapp" of /var/log/chatapp/*.jsonl: the last name on the way that says something.
std::string source_id_of(const std::string& glob, const std::vector<std::string>& taken) {
    constexpr std::array<std::string_view, 4> kEverywhere = {"", "log", "logs", "var"};
    auto is_glob = [](std::string_view text) {
        return text.find_first_of("*?[") != std::string_view::npos;
    };
    std::string name = "app";
    for (size_t at = 0, end = 0; end != std::string::npos; at = end + 1) {
        end = glob.find('/', at);
        std::string part = glob.substr(at, end == std::string::npos ? end : end - at);
        part = end == std::string::npos ? part.substr(0, part.find('.')) : part;
        bool says_nothing =
            std::find(kEverywhere.begin(), kEverywhere.end(), part) != kEverywhere.end();
        name = is_glob(part) || says_nothing ? name : lower(part);
    }
    name.resize(std::min(name.size(), kConfigIdBytesMax - 4));
    for (char& c : name) {
        c = is_config_id(std::string_view(&c, 1)) ? c : '-';
    }
    std::string id = name;
    for (int number = 2; std::find(taken.begin(), taken.end(), id) != taken.end(); ++number) {
        id = name + "-" + std::to_string(number);
    }
    return id;
}

std::string source_blocks(const InitArguments& arguments, FirstConfig& config) {
    std::string out = arguments.sources.empty() ? "" : "sources:\n";
    for (const std::string& glob : arguments.sources) {
        config.source_ids.push_back(source_id_of(glob, config.source_ids));
        out += "  - id: " + config.source_ids.back() + "\n    paths: [" + yaml_scalar(glob) + "]\n";
    }
    return out.empty() ? out : out + "\n";
}

// "" of none.
std::string yaml_list(const std::vector<std::string>& texts) {
    std::string out;
    for (const std::string& text : texts) {
        out += (out.empty() ? "[" : ", ") + yaml_scalar(text);
    }
    return out.empty() ? out : out + "]";
}

struct Option {
    std::string_view flag;
    std::string key;
    std::string yaml;  // "": not given
    bool used = false;
};

std::vector<Option> given_options(const InitArguments& arguments) {
    auto scalar = [](const std::string& text) { return text.empty() ? "" : yaml_scalar(text); };
    std::vector<Option> all = {{"--address", "address", scalar(arguments.address)},
                               {"--url", "url", scalar(arguments.url)},
                               {"--path", "path", scalar(arguments.path)},
                               {"--endpoint", "endpoint", scalar(arguments.endpoint)},
                               {"--rule-id", "rule_id", scalar(arguments.rule_id)},
                               {"--broker", "brokers", yaml_list(arguments.brokers)},
                               {"--topic", "topic", scalar(arguments.topic)},
                               {"--ca-file", "ca_file", scalar(arguments.ca_file)}};
    std::erase_if(all, [](const Option& option) { return option.yaml.empty(); });
    return all;
}

// One output's block of conf/outputs, its comments first.
std::string output_block(std::string_view shipped, std::vector<Option>& options,
                         FirstConfig& config) {
    size_t head_end = shipped.find("outputs:\n");
    std::string block(shipped.substr(head_end + std::string_view("outputs:\n").size()));
    bool has_ca_file = false;
    for (Option& option : options) {
        bool set = set_value(block, option.key, option.yaml);
        has_ca_file = has_ca_file || (set && option.key == "ca_file");
        option.used = option.used || set;
    }
    size_t id_at = block.find("id: ") + 4;
    std::string id = block.substr(id_at, block.find('\n', id_at) - id_at);
    std::string missing;
    for_each_line(block, [&](std::string_view line) {
        if (line.find(kFillIn) != std::string_view::npos) {
            std::string_view key = line.substr(line.find_first_not_of(' '));
            missing.append(missing.empty() ? "" : ", ").append(key.substr(0, key.find(':')));
        }
    });
    config.output_ids.push_back(id);
    if (!missing.empty()) {
        config.unfinished.push_back("output `" + id + "`: " + missing);
    }
    std::string out;
    for_each_line(shipped.substr(0, head_end),
                  [&](std::string_view line) { out.append("  ").append(line).append("\n"); });
    for_each_line(block, [&](std::string_view line) {
        bool off = !missing.empty() || (line.starts_with(kTls) && !has_ca_file);
        out.append(off ? "# " : "").append(line).append("\n");
    });
    return out;
}

Result<std::string> output_blocks(const InitArguments& arguments, FirstConfig& config) {
    std::vector<std::string> types;
    std::vector<std::string_view> texts;
    for (const ShippedFile& file : shipped_files()) {
        if (file.name.starts_with(kOutputFolder)) {
            std::string_view type = file.name.substr(kOutputFolder.size());
            types.emplace_back(type.substr(0, type.size() - kYamlSuffix.size()));
            texts.push_back(file.text);
        }
    }
    std::vector<Option> options = given_options(arguments);
    std::string out = arguments.outputs.empty() ? "" : "outputs:\n";
    for (const std::string& type : arguments.outputs) {
        auto found = std::find(types.begin(), types.end(), type);
        if (found == types.end()) {
            return fail(ErrorCode::kInvalidArgument,
                        "`" + type + "` is no type of output: " + name_hint(type, types, "types"));
        }
        if (std::count(arguments.outputs.begin(), arguments.outputs.end(), type) > 1) {
            return fail(ErrorCode::kInvalidArgument,
                        "`--output " + type + "` stands there twice: add the second by hand");
        }
        out += output_block(texts[static_cast<size_t>(found - types.begin())], options, config);
    }
    for (const Option& option : options) {
        if (!option.used) {
            return fail(ErrorCode::kInvalidArgument,
                        std::string(option.flag) + " belongs to no output that was asked for");
        }
    }
    return out.empty() ? out : out + "\n";
}

}  // namespace

std::string_view shipped_config() {
    for (const ShippedFile& file : shipped_files()) {
        if (file.name == kMainFile) {
            return file.text;
        }
    }
    return {};
}

bool is_only_comments(std::string_view yaml) {
    bool only = true;
    for_each_line(yaml, [&](std::string_view line) {
        size_t first = line.find_first_not_of(" \t\r");
        only = only && (first == std::string_view::npos || line[first] == '#');
    });
    return only;
}

Result<FirstConfig> first_config(const InitArguments& arguments) {
    FirstConfig config;
    std::string sources = source_blocks(arguments, config);
    Result<std::string> outputs = output_blocks(arguments, config);
    if (!outputs) {
        return fail(std::move(outputs.error()));
    }
    config.text = kHeader;
    for_each_line(shipped_config(), [&](std::string_view line) {
        if (line == "# sources:") {
            config.text += sources;
        } else if (line == "# outputs:") {
            config.text += *outputs;
        }
        config.text.append(line).append("\n");
    });
    return config;
}

}  // namespace llmtrail
