// JSON as a flat list of leaves, the common form in which a source document and a record's JSON
// field are compared. Used by the coverage test alone, main thread. What is not JSON flattens to
// nothing.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "json_tree/json_tree.h"

namespace llmtrail::coverage {

// One scalar. Its text is the string itself, or how the number or boolean is written.
struct Scalar {
    std::string text;
    std::optional<double> number;
    bool is_string = false;

    // Equal numbers, equal texts, or the same text once written as a JSON string and once plain.
    bool same_as(const Scalar& other) const;
};

std::optional<Scalar> scalar_of(JsonValue value);  // null and containers: nothing

struct FlatLeaf {
    std::string path;  // members joined by '.', an array step is []
    std::string name;  // nearest member name, "" at the top of an array of scalars
    Scalar value;
    bool used = false;  // a source leaf has been counted against it
};

struct FlatContainer {
    std::string name;
    std::string canonical;  // compact JSON with sorted members
    bool used = false;
};

struct FlatJson {
    std::vector<FlatLeaf> leaves;
    std::vector<FlatContainer> containers;
};

// Strings that hold JSON objects or arrays are leaves and are entered as well.
FlatJson flatten_json(std::string_view json);

// "" unless the text is a JSON object or array.
std::string canonical_json(std::string_view text);

// "a.0.b[2].c" and "a[].b[].c" both become "a.b.c"; lower case, without the # of a bare number.
std::string plain_path(std::string_view path);

}  // namespace llmtrail::coverage
