#include <algorithm>
#include <array>
#include <numeric>
#include <utility>

#include "bodies/body.h"
#include "parsers/common_names.h"
#include "parsers/finishing_sink.h"
#include "parsers/parser.h"

namespace llmtrail {

namespace {

constexpr std::string_view kAuto = "auto";

// Levenshtein distance, for "did you mean".
size_t edit_distance(std::string_view a, std::string_view b) {
    std::vector<size_t> row(b.size() + 1);
    std::iota(row.begin(), row.end(), size_t{0});
    for (size_t i = 0; i < a.size(); ++i) {
        size_t diagonal = row[0];
        row[0] = i + 1;
        for (size_t j = 0; j < b.size(); ++j) {
            size_t replaced = diagonal + (a[i] == b[j] ? 0 : 1);
            diagonal = row[j + 1];
            row[j + 1] = std::min({replaced, row[j] + 1, diagonal + 1});
        }
    }
    return row.back();
}

std::string unknown_format(std::string_view format,
                           const std::vector<std::unique_ptr<Parser>>& parsers) {
    constexpr size_t kNameBytesMax = 40;
    std::string_view shown = format.substr(0, kNameBytesMax);
    std::string_view nearest = kAuto;
    for (const auto& parser : parsers) {
        if (edit_distance(shown, parser->name()) < edit_distance(shown, nearest)) {
            nearest = parser->name();
        }
    }
    std::string message = "unknown format '";
    message.append(shown).append("'; the nearest is '").append(nearest).append("'");
    return message;
}

std::string_view type_in_words(JsonType type) {
    switch (type) {
        case JsonType::kNull:
            return "null";
        case JsonType::kBoolean:
            return "a boolean";
        case JsonType::kInteger:
        case JsonType::kUnsigned:
        case JsonType::kReal:
            return "a number";
        case JsonType::kString:
            return "a string";
        case JsonType::kArray:
            return "an array";
        default:
            return "nothing";
    }
}

using FormatSet = uint8_t;  // a bit a format

// Top-level keys without any of which a document is not of the format: the parser of a format need
// not look for its keys one by one in an object that has none of them.
struct FormatKey {
    std::string_view format;
    FormatSet bit;
    std::string_view key;
};

constexpr auto kFormatKeys = std::to_array<FormatKey>({
    {"otlp", 1, "resourceSpans"},
    {"otlp", 1, "resource_spans"},
    {"otlp", 1, "resourceLogs"},
    {"otlp", 1, "resource_logs"},
    {"otlp", 1, "attributes"},
    {"bedrock", 2, "schemaType"},
    {"bedrock", 2, "message"},
    {"bedrock", 2, "logEvents"},
    {"bedrock", 2, "events"},
    {"exchange", 4, "response"},
});

// 0: told by no key, possible for any document.
FormatSet format_bit(std::string_view format) {
    for (const FormatKey& row : kFormatKeys) {
        if (row.format == format) {
            return row.bit;
        }
    }
    return 0;
}

// Most keys are told from those of the table by one bit.
constexpr uint64_t filter_bit(std::string_view key) {
    size_t first = key.empty() ? 0 : static_cast<uint8_t>(key.front());
    return uint64_t{1} << ((key.size() * 7 + first) % 64);
}

constexpr uint64_t kFormatFilter = [] {
    uint64_t filter = 0;
    for (const FormatKey& row : kFormatKeys) {
        filter |= filter_bit(row.key);
    }
    return filter;
}();

FormatSet formats_by_keys(JsonValue document) {
    FormatSet formats = 0;
    for (JsonMember member : document.members()) {
        if ((kFormatFilter & filter_bit(member.key)) == 0) {
            continue;
        }
        for (const FormatKey& row : kFormatKeys) {
            formats |= member.key == row.key ? row.bit : FormatSet{0};
        }
    }
    return formats;
}

}  // namespace

struct DocumentReader::State {
    struct Format {
        std::unique_ptr<Parser> parser;
        FormatSet bit;  // 0: not told by keys
    };

    std::vector<Format> formats;   // in the order in which `auto` asks
    Parser* configured = nullptr;  // null: auto
    std::vector<MapRule> map;
    int32_t default_utc_offset_seconds = 0;
    JsonTree tree;
    FinishingSink finishing;

    void read_one(JsonValue value, const ParseContext& context);
    void read_tree(JsonValue root, const ParseContext& context);
    void read_items(JsonValue array, const ParseContext& context,
                    std::string_view last_rejected_reason);
    void read_whole(const Document& document, const ParseContext& context);
    void read_head(const Document& document, const ParseContext& context, uint64_t size_bytes);
    Parser* parser_for(JsonValue value) const;
};

Parser* DocumentReader::State::parser_for(JsonValue value) const {
    if (configured != nullptr) {
        return configured->recognizes(value) ? configured : nullptr;
    }
    FormatSet possible = formats_by_keys(value);
    for (const Format& format : formats) {
        bool asked = format.bit == 0 || (format.bit & possible) != 0;
        if (asked && format.parser->recognizes(value)) {
            return format.parser.get();
        }
    }
    return nullptr;
}

void DocumentReader::State::read_one(JsonValue value, const ParseContext& context) {
    Parser* parser = parser_for(value);
    if (parser != nullptr) {
        finishing.start_parser(parser->name(), value, context);
        parser->parse(value, context, finishing);
        return;
    }
    if (!value.is_object()) {
        finishing.reject("not an object: " + std::string(type_in_words(value.type())));
    } else {
        std::string reason = "not a document of format ";
        finishing.reject(reason.append(configured == nullptr ? kAuto : configured->name()));
    }
}

// An array that no parser knows as a whole is a list of documents.
void DocumentReader::State::read_tree(JsonValue root, const ParseContext& context) {
    if (!root.is_array() || parser_for(root) != nullptr) {
        read_one(root, context);
        return;
    }
    read_items(root, context, "");
}

// With a reason, the last item was cut.
void DocumentReader::State::read_items(JsonValue array, const ParseContext& context,
                                       std::string_view last_rejected_reason) {
    size_t left = array.size();
    for (JsonValue item : array.items()) {
        if (--left == 0 && !last_rejected_reason.empty()) {
            finishing.reject_all(last_rejected_reason);
        }
        read_one(item, context);
    }
}

void DocumentReader::State::read_whole(const Document& document, const ParseContext& context) {
    auto root = tree.read(document.bytes, document.padded);
    if (root) {
        finishing.flag_oddities(tree.repairs(), tree.has_duplicate_keys());
        read_tree(*root, context);
    } else if (root.error().code == ErrorCode::kLimit) {
        finishing.reject(root.error().message);
    } else {
        finishing.reject("not JSON: " + root.error().message);
    }
}

// The head of a document that was too long is read as far as it goes: who asked, when and which
// model mostly stand there. The records say that they are not whole, and why.
void DocumentReader::State::read_head(const Document& document, const ParseContext& context,
                                      uint64_t size_bytes) {
    std::string reason = "truncated: the document has " + std::to_string(size_bytes) +
                         " bytes, the first " + std::to_string(document.bytes.size()) +
                         " were read";
    finishing.flag("truncated_document");
    auto root = tree.read_head(document.bytes);
    if (root) {
        finishing.flag_oddities(tree.repairs(), tree.has_duplicate_keys());
    }
    if (root && root->is_object() && parser_for(*root) != nullptr) {
        finishing.reject_all(reason);
        read_one(*root, context);
    } else if (root && root->is_array() && parser_for(*root) == nullptr) {
        read_items(*root, context, reason);
    }
    if (finishing.records() == 0) {
        finishing.reject(reason);
    }
}

DocumentReader::DocumentReader(std::unique_ptr<State> state) : state_(std::move(state)) {}

DocumentReader::~DocumentReader() = default;

Result<std::unique_ptr<DocumentReader>> DocumentReader::make(std::string_view format,
                                                             std::vector<MapRule> map,
                                                             int32_t default_utc_offset_seconds) {
    auto state = std::make_unique<State>();
    auto parsers = make_parsers();
    bool known = std::any_of(parsers.begin(), parsers.end(),
                             [&](const auto& parser) { return parser->name() == format; });
    if (!known && format != kAuto) {
        return fail(ErrorCode::kInvalidArgument, unknown_format(format, parsers));
    }
    for (auto& parser : parsers) {
        state->configured = parser->name() == format ? parser.get() : state->configured;
        FormatSet bit = format_bit(parser->name());
        state->formats.push_back({std::move(parser), bit});
    }
    state->map = std::move(map);
    state->default_utc_offset_seconds = default_utc_offset_seconds;
    return std::unique_ptr<DocumentReader>(new DocumentReader(std::move(state)));
}

void DocumentReader::read(const Document& document, RecordSink& sink) {
    ParseContext context{document.observed, state_->map, state_->default_utc_offset_seconds};
    uint64_t size_bytes = std::max<uint64_t>(document.full_size_bytes, document.bytes.size());
    std::string_view format = state_->configured != nullptr ? state_->configured->name() : kAuto;
    state_->finishing.start_document(sink, format, document.observed, size_bytes);
    if (document.truncated) {
        state_->read_head(document, context, size_bytes);
    } else {
        state_->read_whole(document, context);
    }
    state_->finishing.end_document();
}

}  // namespace llmtrail
