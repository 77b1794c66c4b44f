// Lists the leaves of one JSON value under a path (README.md, "Paths"). Used by source_walker.cpp
// alone, main thread. What is not JSON is a leaf of text.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "json_tree/json_tree.h"
#include "source_walker.h"

namespace llmtrail::coverage {

enum class InnerJson { kLeave, kEnter };  // JSON that stands in a text

class LeafWalker {
 public:
    explicit LeafWalker(std::vector<SourceLeaf>& leaves, InnerJson inner = InnerJson::kLeave)
        : leaves_(leaves), inner_(inner) {}

    void leaf(const std::string& path, const std::string& name, const std::string& group,
              Scalar value);

    void walk(JsonValue value, const std::string& path, const std::string& name,
              const std::string& group);

    // The members of an object but for those of `without`.
    void walk_except(JsonValue object, const std::string& path,
                     std::initializer_list<std::string_view> without);

    // A request or an answer of an API: JSON, a text of JSON, server-sent events or a plain text.
    void body(JsonValue value, const std::string& path);

    // OTLP's list of keys and values.
    void attributes(JsonValue list, const std::string& path);

    // OTLP's AnyValue: {"stringValue":…}, {"kvlistValue":{"values":[…]}},
    // {"arrayValue":{"values":[…]}}
    void any_value(JsonValue any, const std::string& path, const std::string& name);

 private:
    void walk_array(JsonValue value, const std::string& path, const std::string& name,
                    const std::string& group);
    bool walk_inner(const std::string& text, const std::string& path, const std::string& name,
                    const std::string& group);
    void answer(JsonValue value, const std::string& path);
    void events(std::string_view text, const std::string& path);
    void lines(std::string_view text, const std::string& path);
    void event(std::string& name, std::string& data, const std::string& path);

    std::vector<SourceLeaf>& leaves_;
    InnerJson inner_;
};

}  // namespace llmtrail::coverage
