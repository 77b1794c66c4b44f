#include <algorithm>
#include <array>
#include <limits>
#include <numeric>
#include <utility>

#include "base/check.h"
#include "base/json_text.h"
#include "bodies/body.h"
#include "parsers/common_names.h"
#include "parsers/finishing_sink.h"
#include "parsers/parser.h"

namespace llmtrail {

namespace {

constexpr std::string_view kAuto = "auto";
constexpr size_t kQuotedBytesKept = size_t{1} << 20;  // of the longest line so far

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

std::string unknown_format(std::string_view format) {
    constexpr size_t kNameBytesMax = 40;
    std::string_view shown = format.substr(0, kNameBytesMax);
    std::string_view nearest = kAuto;
    for (const ParserFormat& known : parser_formats()) {
        if (edit_distance(shown, known.name) < edit_distance(shown, nearest)) {
            nearest = known.name;
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

bool says_something(JsonValue object) {
    for (JsonMember member : object.members()) {
        if (!member.value.carries_nothing()) {
            return true;
        }
    }
    return false;
}

using FormatSet = uint32_t;  // a bit a format

// Which formats the names of a document's members leave possible. A name's length, first and last
// byte choose a slot of the table: most members are put aside by one look, and the others are
// compared with the few names of their slot.
class FormatKeys {
 public:
    void add(FormatSet bit, std::span<const std::string_view> keys) {
        for (std::string_view key : keys) {
            uint16_t& first = slots_[slot_of(key)];
            keys_.push_back({key, bit, first});
            first = static_cast<uint16_t>(keys_.size());
        }
        if (keys.empty()) {
            any_object_ |= bit;
        }
    }

    FormatSet possible(JsonValue document) const {
        FormatSet formats = any_object_;
        for (JsonMember member : document.members()) {
            for (uint16_t at = slots_[slot_of(member.key)]; at != 0; at = keys_[at - 1].next) {
                const Key& key = keys_[at - 1];
                formats |= member.key == key.name ? key.bit : FormatSet{0};
            }
        }
        return formats;
    }

 private:
    struct Key {
        std::string_view name;
        FormatSet bit;
        uint16_t next;  // of the same slot, counted from 1; 0: none
    };

    static constexpr size_t kSlots = 1024;

    static size_t slot_of(std::string_view key) {
        if (key.empty()) {
            return 0;
        }
        size_t first = static_cast<uint8_t>(key.front());
        size_t last = static_cast<uint8_t>(key.back());
        return (key.size() * 193 + first * 17 + last) % kSlots;
    }

    std::array<uint16_t, kSlots> slots_{};  // counted from 1
    std::vector<Key> keys_;
    FormatSet any_object_ = 0;
};

}  // namespace

struct DocumentReader::State {
    explicit State(std::string_view format);

    struct Format {
        std::unique_ptr<Parser> parser;
        FormatSet bit;
    };

    std::vector<Format> formats;  // in the order in which `auto` asks
    FormatKeys keys;
    Parser* configured = nullptr;  // null: auto
    JsonTree tree;
    JsonTree text_tree;  // of a line that is no JSON
    std::string quoted;
    FinishingSink finishing;

    void read_one(JsonValue value, const ParseContext& context);
    void read_tree(JsonValue root, const ParseContext& context);
    void read_items(JsonValue array, const ParseContext& context,
                    std::string_view last_rejected_reason);
    bool read_text(std::string_view text, const ParseContext& context);
    void read_whole(const Document& document, const ParseContext& context);
    void read_head(const Document& document, const ParseContext& context, uint64_t size_bytes);
    Parser* parser_for(JsonValue value) const;
    Parser* parser_after(const Parser* last, JsonValue object) const;
    void keep_all(JsonValue object, const ParseContext& context);
};

Parser* DocumentReader::State::parser_for(JsonValue value) const {
    if (configured != nullptr) {
        return configured->accepts(value) ? configured : nullptr;
    }
    for (const Format& format : formats) {
        if (value.is_array() && format.parser->recognizes_array(value)) {
            return format.parser.get();
        }
    }
    return value.is_object() ? parser_after(nullptr, value) : nullptr;
}

// The first that recognizes the object, of those that `auto` asks after `last` (null: of all).
Parser* DocumentReader::State::parser_after(const Parser* last, JsonValue object) const {
    FormatSet possible = keys.possible(object);
    bool asked = last == nullptr;
    for (const Format& format : formats) {
        if (asked && (format.bit & possible) != 0 && format.parser->recognizes(object)) {
            return format.parser.get();
        }
        asked = asked || format.parser.get() == last;
    }
    return nullptr;
}

// What the configured parser has no record for.
void DocumentReader::State::keep_all(JsonValue object, const ParseContext& context) {
    finishing.start_parser(configured->name(), object, context);
    AuditRecord& record = finishing.begin();
    Unmapped unmapped;
    for (JsonMember member : object.members()) {
        unmapped.add({}, member.key, member.value);
    }
    record.set_text(Field::kEventKind, "other");
    unmapped.store(record);
    finishing.commit();
}

// A batch of none with something beside it is read by who comes next, so that nothing is lost.
void DocumentReader::State::read_one(JsonValue value, const ParseContext& context) {
    Parser* parser = parser_for(value);
    int64_t before = finishing.records();
    while (parser != nullptr) {
        finishing.start_parser(parser->name(), value, context);
        parser->parse(value, context, finishing);
        if (finishing.records() > before || !says_something(value)) {
            return;
        }
        if (configured != nullptr) {
            keep_all(value, context);
            return;
        }
        parser = parser_after(parser, value);
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

// What begins with a brace is meant as an object, if of another language, and no line of text; what
// begins with a bracket is one only where a parser knows its shape. The line is read as a JSON
// string, so that records hold UTF-8 alone.
bool DocumentReader::State::read_text(std::string_view text, const ParseContext& context) {
    if (text.empty() || text.starts_with('{')) {
        return false;
    }
    quoted.clear();
    append_json_string(quoted, text);
    auto line = text_tree.read(quoted, false);
    if (quoted.capacity() > kQuotedBytesKept) {
        quoted = std::string();
    }
    if (!line) {
        return false;
    }
    finishing.flag_oddities(text_tree.repairs(), false);
    bool any = configured != nullptr && !text.starts_with('[');
    for (const Format& format : formats) {
        Parser* parser = format.parser.get();
        if (configured != nullptr && configured != parser) {
            continue;
        }
        finishing.start_parser(parser->name(), JsonValue(), context);
        if (parser->parse_text(line->text(), any, context, finishing)) {
            return true;
        }
    }
    return false;
}

void DocumentReader::State::read_whole(const Document& document, const ParseContext& context) {
    auto root = tree.read(document.bytes, document.padded);
    if ((!root || !root->is_container()) && read_text(document.bytes, context)) {
        return;
    }
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
    if (root && root->is_container() && parser_for(*root) != nullptr) {
        finishing.reject_all(reason);
        read_one(*root, context);
    } else if (root && root->is_array()) {
        read_items(*root, context, reason);
    }
    if (!root && finishing.records() == 0) {
        finishing.reject_all(reason);
        read_text(document.bytes, context);
    }
    if (finishing.records() == 0) {
        finishing.reject(reason);
    }
}

DocumentReader::State::State(std::string_view format) {
    LLMTRAIL_CHECK(parser_formats().size() <= std::numeric_limits<FormatSet>::digits);
    for (const ParserFormat& known : parser_formats()) {
        std::unique_ptr<Parser> parser = known.make();
        configured = known.name == format ? parser.get() : configured;
        auto bit = FormatSet{1} << formats.size();
        keys.add(bit, parser->keys());
        formats.push_back({std::move(parser), bit});
    }
}

DocumentReader::DocumentReader(std::string_view format, std::vector<MapRule> map,
                               int32_t default_utc_offset_seconds)
    : format_(format),
      map_(std::move(map)),
      default_utc_offset_seconds_(default_utc_offset_seconds) {}

DocumentReader::~DocumentReader() = default;

Result<std::unique_ptr<DocumentReader>> DocumentReader::make(std::string_view format,
                                                             std::vector<MapRule> map,
                                                             int32_t default_utc_offset_seconds) {
    bool known = std::ranges::any_of(parser_formats(),
                                     [&](const ParserFormat& one) { return one.name == format; });
    if (!known && format != kAuto) {
        return fail(ErrorCode::kInvalidArgument, unknown_format(format));
    }
    return std::unique_ptr<DocumentReader>(
        new DocumentReader(format, std::move(map), default_utc_offset_seconds));
}

void DocumentReader::read(const Document& document, RecordSink& sink) {
    if (!state_) {
        state_ = std::make_unique<State>(format_);
    }
    ParseContext context{document.observed, map_, default_utc_offset_seconds_};
    uint64_t size_bytes = std::max<uint64_t>(document.full_size_bytes, document.bytes.size());
    state_->finishing.start_document(sink, format_, document.observed, size_bytes);
    if (document.truncated) {
        state_->read_head(document, context, size_bytes);
    } else {
        state_->read_whole(document, context);
    }
    state_->finishing.end_document();
}

}  // namespace llmtrail
