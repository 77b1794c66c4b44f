#include "config/yaml_reader.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <exception>
#include <istream>
#include <streambuf>
#include <utility>

#include "base/utf8.h"

namespace llmtrail {

namespace {

// Leaves yaml-cpp's parser from inside an event; caught in read_yaml().
struct Refused : std::exception {
    Refused(YAML::Mark where, std::string what_is_wrong, std::string what_to_do)
        : mark(where), message(std::move(what_is_wrong)), hint(std::move(what_to_do)) {}

    YAML::Mark mark;
    std::string message;
    std::string hint;
};

class TreeBuilder : public YAML::EventHandler {
 public:
    TreeBuilder(int file, Problems& problems) : file_(file), problems_(problems) {}

    ConfigNode take() { return std::move(root_); }

    void OnDocumentStart(const YAML::Mark& mark) override {
        if (documents_++ > 0) {
            throw Refused(mark, "a second YAML document begins here",
                          "one file holds one document: remove `---`");
        }
    }

    void OnDocumentEnd() override {}

    void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
        add(make(NodeKind::kNull, mark, "", anchor));
    }

    void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
        throw Refused(mark, "YAML aliases are not accepted",
                      "write the value out where it is needed");
    }

    void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  const std::string& value) override {
        ConfigNode node = make(NodeKind::kScalar, mark, tag, anchor);
        node.scalar = value;
        add(std::move(node));
    }

    void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                         YAML::EmitterStyle::value) override {
        open(make(NodeKind::kList, mark, tag, anchor), mark);
    }

    void OnSequenceEnd() override { close(); }

    void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                    YAML::EmitterStyle::value) override {
        open(make(NodeKind::kMap, mark, tag, anchor), mark);
    }

    void OnMapEnd() override { close(); }

 private:
    struct Open {
        ConfigNode node;
        bool key_read = false;  // maps: the key of the next value is known
        std::string key;
        ConfigPlace key_place;
    };

    ConfigPlace place(const YAML::Mark& mark) const {
        return {file_, mark.line + 1, mark.column + 1};
    }

    ConfigNode make(NodeKind kind, const YAML::Mark& mark, std::string_view tag,
                    YAML::anchor_t anchor) const {
        if (anchor != YAML::NullAnchor) {
            throw Refused(mark, "YAML anchors are not accepted",
                          "write the value out where it is needed");
        }
        if (!tag.empty() && tag != "?" && tag != "!") {
            throw Refused(mark, "YAML tags are not accepted", "remove the `!` and what follows it");
        }
        ConfigNode node;
        node.kind = kind;
        node.place = place(mark);
        return node;
    }

    void open(ConfigNode node, const YAML::Mark& mark) {
        if (stack_.size() == kConfigDepthMax) {
            throw Refused(mark, "nested deeper than " + std::to_string(kConfigDepthMax) + " levels",
                          "");
        }
        if (waits_for_key()) {
            refuse_key(mark);
        }
        stack_.push_back({std::move(node), false, {}, {}});
    }

    void close() {
        ConfigNode node = std::move(stack_.back().node);
        stack_.pop_back();
        add(std::move(node));
    }

    bool waits_for_key() const {
        return !stack_.empty() && stack_.back().node.kind == NodeKind::kMap &&
               !stack_.back().key_read;
    }

    [[noreturn]] static void refuse_key(const YAML::Mark& mark) {
        throw Refused(mark, "a key must be plain text", "write `key: value`");
    }

    void add(ConfigNode node) {
        if (stack_.empty()) {
            root_ = std::move(node);
            return;
        }
        Open& parent = stack_.back();
        if (waits_for_key()) {
            if (node.kind != NodeKind::kScalar || node.scalar.empty()) {
                refuse_key(YAML::Mark(mark_of(node)));
            }
            parent.key_read = true;
            parent.key = std::move(node.scalar);
            parent.key_place = node.place;
            return;
        }
        if (parent.node.kind == NodeKind::kMap) {
            parent.key_read = false;
            node.key = std::exchange(parent.key, {});
            node.key_place = parent.key_place;
            if (const ConfigNode* first = parent.node.member(node.key)) {
                problems_.add(node.key_place, "`" + node.key + "` is set twice",
                              "first at line " + std::to_string(first->key_place.line) +
                                  "; keep one of them");
                return;
            }
        }
        parent.node.children.push_back(std::move(node));
    }

    static YAML::Mark mark_of(const ConfigNode& node) {
        YAML::Mark mark;
        mark.line = node.place.line - 1;
        mark.column = node.place.column - 1;
        return mark;
    }

    int file_;
    Problems& problems_;
    std::vector<Open> stack_;
    ConfigNode root_;
    int documents_ = 0;
};

class ViewBuffer : public std::streambuf {
 public:
    explicit ViewBuffer(std::string_view text) {
        char* begin = const_cast<char*>(text.data());  // streambuf's interface; nothing writes
        setg(begin, begin, begin + text.size());
    }
};

// yaml-cpp takes some control bytes for ends of the file: nothing but text reaches it.
bool is_clean_text(std::string_view text, int file, Problems& problems) {
    int line = 1;
    size_t line_begin = 0;
    for (size_t i = 0; i < text.size(); ++i) {
        auto byte = static_cast<unsigned char>(text[i]);
        if (byte == '\n') {
            ++line;
            line_begin = i + 1;
        } else if ((byte < 0x20 && byte != '\t' && byte != '\r') || byte == 0x7F) {
            problems.add({file, line, static_cast<int>(i - line_begin) + 1},
                         "a control character stands here",
                         "configuration is plain text: remove it");
            return false;
        }
    }
    if (!is_valid_utf8(text)) {
        problems.add({file, 0, 0}, "this file is not valid UTF-8", "save it as UTF-8");
        return false;
    }
    return true;
}

}  // namespace

std::optional<ConfigNode> read_yaml(std::string_view text, int file, Problems& problems) {
    if (!is_clean_text(text, file, problems)) {
        return std::nullopt;
    }
    auto place = [file](const YAML::Mark& mark) {
        return mark.is_null() ? ConfigPlace{file, 0, 0}
                              : ConfigPlace{file, mark.line + 1, mark.column + 1};
    };
    try {
        ViewBuffer buffer(text);
        std::istream stream(&buffer);
        YAML::Parser parser(stream);
        TreeBuilder builder(file, problems);
        while (parser.HandleNextDocument(builder)) {
        }
        return builder.take();
    } catch (const Refused& refused) {
        problems.add(place(refused.mark), refused.message, refused.hint);
    } catch (const YAML::Exception& error) {
        problems.add(place(error.mark), "not valid YAML: " + error.msg,
                     "check the indentation (spaces, no tabs), colons, brackets and quotes on this "
                     "line and the one before");
    } catch (const std::exception& error) {
        problems.add({file, 0, 0}, std::string("not readable as YAML: ") + error.what());
    }
    return std::nullopt;
}

}  // namespace llmtrail
