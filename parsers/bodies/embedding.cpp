#include "bodies/embedding.h"

#include <algorithm>
#include <array>
#include <string>

#include "base/json_text.h"

namespace llmtrail {

namespace {

// Names under which an object holds vectors, one for each type of their numbers or just one.
constexpr auto kVectorNames = std::to_array<std::string_view>({
    "embedding",
    "embeddings",
    "values",
    "float",
    "int8",
    "uint8",
    "binary",
    "ubinary",
    "base64",
});
constexpr auto kPlainNames = std::to_array<std::string_view>({"embedding", "embeddings", "values"});

struct Vectors {
    size_t count = 0;
    size_t length = 0;

    // Lists add up; types of numbers are the same vectors again.
    void add(const Vectors& more, bool again) {
        count = again ? std::max(count, more.count) : count + more.count;
        length = length == 0 ? more.length : length;
    }
};

template <typename Names>
bool is_one_of(const Names& names, std::string_view name) {
    return std::find(names.begin(), names.end(), name) != names.end();
}

size_t base64_floats(std::string_view text) {
    constexpr size_t kFloatBytes = 4;
    while (text.ends_with('=')) {
        text.remove_suffix(1);
    }
    bool base64 = std::all_of(text.begin(), text.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '+' || c == '/';
    });
    size_t bytes = text.size() * 3 / 4;
    return base64 && bytes % kFloatBytes == 0 ? bytes / kFloatBytes : 0;
}

class VectorFinder {
 public:
    // Recursion goes no deeper than kJsonDepthMax.
    Vectors find(const BodyPlace& place, JsonValue value, bool texts) {
        size_t length = value.is_array() || texts ? vector_length(value) : 0;
        if (length > 0) {
            return {1, length};
        }
        Vectors found;
        size_t index = 0;
        for (JsonValue item : value.items()) {
            found.add(find(place.below(index++), item, texts), false);
        }
        for (JsonMember member : value.members()) {
            found.add(find_member(place, member), true);
        }
        if (!value.is_container()) {
            place.keep(value);
        }
        return found;
    }

    ArrayWriter types;  // names of types of numbers

 private:
    Vectors find_member(const BodyPlace& place, JsonMember member) {
        if (!is_one_of(kVectorNames, member.key)) {
            place.keep(member.key, member.value);
            return {};
        }
        bool base64 = member.key == "base64" || member.key == "embedding";
        Vectors found = find(place.below(member.key), member.value, base64);
        if (found.count > 0 && !is_one_of(kPlainNames, member.key)) {
            types.add_once(member.key);
        }
        return found;
    }
};

}  // namespace

size_t vector_length(JsonValue vector) {
    if (vector.is_string()) {
        return base64_floats(vector.text());
    }
    for (JsonValue item : vector.items()) {
        if (!item.is_number()) {
            return 0;
        }
    }
    return vector.is_array() ? vector.size() : 0;
}

void read_embeddings(const BodyPlace& place, JsonValue value) {
    VectorFinder finder;
    Vectors found = finder.find(place, value, false);
    if (found.count == 0) {
        return;
    }
    fill_integer(place.record(), Field::kGenAiEmbeddingsCount, static_cast<int64_t>(found.count));
    fill_integer(place.record(), Field::kGenAiEmbeddingsDimensionCount,
                 static_cast<int64_t>(found.length));
    if (finder.types.count() > 0) {
        std::string& details = place.scratch().details;
        details += details.empty() ? "" : ",";
        details.append("\"embedding_types\":").append(finder.types.json());
    }
}

}  // namespace llmtrail
