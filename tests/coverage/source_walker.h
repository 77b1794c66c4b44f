// Lists every leaf of a source document, by generalised path (README.md, "Paths"). Written apart
// from the parsers: it reads JSON and knows where each format nests JSON in strings, and nothing of
// what parsers make of it. Main thread; a document that is not JSON gives no records.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "flat_json.h"

namespace llmtrail::coverage {

enum class SourceFormat {
    kPlain,     // JSON as it stands
    kExchange,  // a request and its answer
    kBody,      // a request or an answer alone, or a list of them
    kOtlp,
    kLangfuse,
    kLangsmith,
};

struct SourceLeaf {
    std::string path;
    std::string name;   // nearest member name or attribute key
    std::string group;  // pieces of one streamed text share it
    Scalar value;
    bool shared = false;  // of a resource or scope: counted with its first record only
};

struct SourceRecord {
    std::vector<SourceLeaf> leaves;
    std::string native_id;  // of the record made of it, where their order is not the source's
};

// One entry per record that the document has to give, in source order.
std::vector<SourceRecord> walk_source(SourceFormat format, std::string_view document);

}  // namespace llmtrail::coverage
