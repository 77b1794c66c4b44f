#include <algorithm>
#include <array>

#include "config/choices.h"
#include "config/map_reader.h"
#include "config/nearest_name.h"
#include "config/section_readers.h"

namespace llmtrail {

namespace {

constexpr size_t kOutputsMost = 48;  // the deliver thread waits for all of them at once

// Keys of one type of output: elsewhere they are out of place.
struct TypeKeys {
    OutputType type;
    std::string_view name;
    std::vector<std::string_view> keys;
};

const std::vector<TypeKeys>& type_keys() {
    static const std::vector<TypeKeys> keys = {
        {OutputType::kSyslog, "syslog", {"address", "transport", "framing", "facility"}},
        {OutputType::kFile, "file", {"path", "allow_plaintext"}},
        {OutputType::kSplunkHec,
         "splunk_hec",
         {"url", "token", "ack", "index", "source", "sourcetype", "gzip", "max_batch"}},
        {OutputType::kSentinel, "sentinel", {"endpoint", "rule_id", "stream", "auth", "max_batch"}},
        {OutputType::kKafka, "kafka", {"brokers", "topic", "user", "password", "max_queue"}},
    };
    return keys;
}

constexpr std::array<std::string_view, 8> kCommonKeys = {"id",       "type", "format",  "max_event",
                                                         "required", "tls",  "preview", "only"};

bool takes_key(OutputType type, std::string_view key) {
    const auto& all = type_keys();
    auto own = std::find_if(all.begin(), all.end(),
                            [type](const TypeKeys& keys) { return keys.type == type; });
    return std::find(own->keys.begin(), own->keys.end(), key) != own->keys.end();
}

void refuse_keys_of_others(MapReader& reader, OutputType type) {
    for (const TypeKeys& other : type_keys()) {
        for (std::string_view key : other.keys) {
            if (!takes_key(type, key)) {
                reader.misplaced(key,
                                 "it belongs to an output of type: " + std::string(other.name));
            }
        }
    }
    if (type == OutputType::kFile) {
        reader.misplaced("tls", "it belongs to an output of type: syslog");
    }
}

// False: the output's other keys cannot be checked.
bool read_type(MapReader& reader, OutputSettings& output) {
    const ConfigNode* node =
        reader.need_scalar("type", "type: syslog, file, splunk_hec, sentinel or kafka");
    reader.choice("type", output.type, kOutputTypeChoices);
    auto is_written = [node](const auto& type) {
        return node != nullptr && type.first == node->scalar;
    };
    if (std::any_of(kOutputTypeChoices.begin(), kOutputTypeChoices.end(), is_written)) {
        return true;
    }
    for (std::string_view key : kCommonKeys) {
        reader.find(key);
    }
    for (const TypeKeys& type : type_keys()) {
        for (std::string_view key : type.keys) {
            reader.find(key);
        }
    }
    reader.finish();
    return false;
}

void read_file(MapReader& reader, OutputSettings& output) {
    reader.need_scalar("path", "path: /var/log/llmtrail/events.cef");
    reader.absolute_path("path", output.path);
    reader.boolean("allow_plaintext", output.allow_plaintext);
}

void read_preview(MapReader& output_reader, OutputSettings& output, Problems& problems) {
    const ConfigNode* node = output_reader.find("preview");
    if (node == nullptr) {
        return;
    }
    MapReader reader(*node, "`preview` of " + output_reader.what(), problems);
    uint64_t prompt = 0;
    uint64_t response = 0;
    reader.integer("prompt", prompt, 0, kPreviewCharactersMost);
    reader.integer("response", response, 0, kPreviewCharactersMost);
    reader.finish();
    output.preview_prompt_characters = prompt;
    output.preview_response_characters = response;
    if (output.type == OutputType::kFile && prompt + response > 0 && !output.allow_plaintext) {
        reader.problem_here(
            "`preview` would put text of prompts and answers into a clear file on this host",
            "set allow_plaintext: true to accept that, or remove `preview`");
    }
}

void read_classes(MapReader& reader, const ConfigVocabulary& vocabulary, OnlySettings& only) {
    std::vector<std::string> texts;
    reader.text_list("classes", texts);
    const std::vector<uint16_t>& known = vocabulary.classes;
    for (const std::string& text : texts) {
        bool digits = text.size() <= 4 && std::all_of(text.begin(), text.end(),
                                                      [](char c) { return c >= '0' && c <= '9'; });
        int number = digits ? std::stoi(text) : 0;
        auto id = static_cast<uint16_t>(number);
        if (number == 0 ||
            (!known.empty() && std::find(known.begin(), known.end(), id) == known.end())) {
            reader.problem(*reader.find("classes"), "`" + text + "` is no event class",
                           "docs/outputs.md lists them: classes: [100, 605]");
            continue;
        }
        only.classes.push_back(id);
    }
}

void read_only(MapReader& output_reader, const ConfigVocabulary& vocabulary, OutputSettings& output,
               Problems& problems) {
    const ConfigNode* node = output_reader.find("only");
    if (node == nullptr) {
        return;
    }
    MapReader reader(*node, "`only` of " + output_reader.what(), problems);
    reader.text_list("kinds", output.only.kinds);
    for (const std::string& kind : output.only.kinds) {
        if (std::find(vocabulary.kinds.begin(), vocabulary.kinds.end(), kind) ==
            vocabulary.kinds.end()) {
            reader.problem(*reader.find("kinds"), "`" + kind + "` is no kind of event",
                           name_hint(kind, vocabulary.kinds, "known kinds"));
        }
    }
    read_classes(reader, vocabulary, output.only);
    uint64_t severity = 0;
    reader.integer("min_severity", severity, 0, 10);
    output.only.min_severity = static_cast<uint8_t>(severity);
    reader.finish();
}

OutputSettings read_output(const ConfigNode& item, const ConfigVocabulary& vocabulary,
                           std::vector<std::string>& ids, Problems& problems) {
    OutputSettings output;
    MapReader reader(item, item_name("output", item), problems);
    if (item.kind != NodeKind::kMap) {
        return output;
    }
    read_id(reader, output.id, ids);
    if (!read_type(reader, output)) {
        return output;  // its other keys belong to a type this version does not know
    }
    reader.choice("format", output.format, kFormatChoices);
    uint64_t max_event = output.max_event_bytes;
    reader.size("max_event", max_event, kMaxEventBytesLeast, kMaxEventBytesMost);
    output.max_event_bytes = max_event;
    reader.boolean("required", output.required);
    switch (output.type) {
        case OutputType::kSyslog:
            read_syslog(reader, output, problems);
            break;
        case OutputType::kFile:
            read_file(reader, output);
            break;
        case OutputType::kSplunkHec:
            read_splunk_hec(reader, output, problems);
            read_tls(reader, output, problems);
            break;
        case OutputType::kSentinel:
            read_sentinel(reader, output, problems);
            read_tls(reader, output, problems);
            break;
        case OutputType::kKafka:
            read_kafka(reader, output, problems);
            break;
    }
    refuse_keys_of_others(reader, output.type);
    read_preview(reader, output, problems);
    read_only(reader, vocabulary, output, problems);
    reader.finish();
    return output;
}

}  // namespace

void read_outputs(const ConfigNode& list, const ConfigVocabulary& vocabulary, Settings& settings,
                  Problems& problems) {
    if (list.kind != NodeKind::kList) {
        problems.add(list.shown_place(), "`outputs` takes a list",
                     "begin each output with `- id: NAME`");
        return;
    }
    if (list.children.size() > kOutputsMost) {
        problems.add(list.shown_place(), "more than " + std::to_string(kOutputsMost) + " outputs",
                     "");
        return;
    }
    std::vector<std::string> ids;
    for (const ConfigNode& item : list.children) {
        settings.outputs.push_back(read_output(item, vocabulary, ids, problems));
    }
}

}  // namespace llmtrail
