// Embeddings, images, audio and moderation.
#include <algorithm>

#include "bodies/embedding.h"
#include "bodies/openai_parts.h"

namespace llmtrail::openai {

namespace {

void read_vector(JsonValue item, const BodyPlace& place, size_t index) {
    for (auto [key, value] : item.members()) {
        size_t length = key == "embedding" ? vector_length(value) : 0;
        if (length > 0) {
            fill_integer(place.record(), Field::kGenAiEmbeddingsDimensionCount,
                         static_cast<int64_t>(length));
        } else if (key != "index" || value.integer() != static_cast<int64_t>(index)) {
            if (key != "object" || value.text() != "embedding") {
                place.keep(key, value);
            }
        }
    }
}

void read_image(JsonValue item, const BodyPlace& place) {
    MessagesWriter& out = place.scratch().output;
    for (auto [key, value] : item.members()) {
        if (key == "url" && value.is_string()) {
            out.uri("image", value.text());
        } else if (key == "b64_json" && value.is_string()) {
            out.blob("image", {}, value.text());
        } else {
            place.keep(key, value);
        }
    }
}

void read_data(JsonValue data, const BodyPlace& place) {
    MessagesWriter& out = place.scratch().output;
    size_t index = 0;
    int64_t vectors = 0;
    for (JsonValue item : data.items()) {
        BodyPlace here = place.below(index);
        if (item["embedding"].exists()) {
            read_vector(item, here, index);
            ++vectors;
        } else if (item["url"].is_string() || item["b64_json"].is_string()) {
            if (!out.in_message()) {
                out.begin_message("assistant");
            }
            read_image(item, here);
            fill_text(place.record(), Field::kGenAiOutputType, "image");
        } else {
            here.keep(item);
        }
        ++index;
    }
    out.end_message();
    if (vectors > 0) {
        fill_integer(place.record(), Field::kGenAiEmbeddingsCount, vectors);
    }
}

bool is_toxic_category(std::string_view category) {
    return category.starts_with("harassment") || category.starts_with("hate") ||
           category.starts_with("violence");
}

// A score is looked for by name, so that rows are bounded; what is beyond stays as it was given.
constexpr size_t kModerationCategoriesMax = 64;

// {"flagged", "categories": {name: bool}, "category_scores": {name: 0..1}, …}
void read_moderation_result(JsonValue result, const BodyPlace& place) {
    JsonValue categories = result["categories"];
    JsonValue scores = result["category_scores"];
    bool rows = categories.is_object() && categories.size() <= kModerationCategoriesMax &&
                scores.size() <= kModerationCategoriesMax;
    for (auto [category, fired] : (rows ? categories : JsonValue()).members()) {
        GuardrailResult row;
        row.name = "moderation";
        row.target = "input";
        row.verdict = fired.boolean().value_or(false) ? "warn" : "allow";
        row.action = "none";
        row.category = category;
        row.score = scores[category].real();
        add_guardrail(place.scratch(), row);
        bool unit = row.score && *row.score >= 0 && *row.score <= 1;
        if (unit && is_toxic_category(category)) {
            double now = place.record().real(Field::kPromptToxicity).value_or(0.0);
            place.record().set_real(Field::kPromptToxicity, std::max(now, *row.score));
            place.record().set_text(Field::kPromptToxicityMethod, "moderation");
        }
    }
    for (auto [key, value] : result.members()) {
        if (!rows || (key != "categories" && key != "category_scores")) {
            place.keep(key, value);
        }
    }
    for (auto [category, score] : (rows ? scores : JsonValue()).members()) {
        if (!categories[category].exists() || !score.real()) {
            place.below("category_scores").keep(category, score);
        }
    }
}

bool is_audio_detail(std::string_view key) {
    return key == "segments" || key == "words" || key == "duration" || key == "language" ||
           key == "task";
}

}  // namespace

bool read_other_member(std::string_view key, JsonValue value, const BodyPlace& place) {
    if (key == "data" && value.is_array()) {
        read_data(value, place);
        return true;
    }
    if (key == "results" && value.is_array() && value.size() > 0 &&
        (*value.items().begin())["categories"].is_object()) {
        size_t index = 0;
        for (JsonValue result : value.items()) {
            read_moderation_result(result, place.below(index++));
        }
        return true;
    }
    if (key == "text" && value.is_string()) {
        MessagesWriter& out = place.scratch().output;
        out.begin_message("assistant");
        out.text(value.text());
        out.end_message();
        return true;
    }
    if (is_audio_detail(key)) {
        add_member(place.scratch().details, key, value);
        return true;
    }
    return false;
}

}  // namespace llmtrail::openai
