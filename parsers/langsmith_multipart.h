// The multipart form of LangSmith's ingestion (`POST /runs/multipart`) as a log holds it: one text
// with boundaries, or parts by name. Used by langsmith.cpp; ingest thread; never fails.
#pragma once

#include <string>
#include <string_view>

#include "json_tree/json_tree.h"

namespace llmtrail::langsmith {

// "post.<id>.inputs" in its pieces; `event` is empty for any other name.
struct PartName {
    std::string_view event;  // post, patch, feedback or attachment
    std::string_view run;    // "post.<id>"
    std::string_view field;  // "inputs"; "" for the run itself
};

PartName part_name(std::string_view name);

bool is_multipart_text(std::string_view text);

// {"post.<id>": …, "post.<id>.inputs": …} of a form's text: parts that are JSON as they are, others
// as texts. `space` reads each part once, to know.
std::string parts_of_text(std::string_view form, JsonTree& space);

// The same of [{"name": …, "value": …}].
std::string parts_of_list(JsonValue list, JsonTree& space);

}  // namespace llmtrail::langsmith
