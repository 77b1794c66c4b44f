// Pieces of the nemo parser; included by nemo*.cpp alone. Each reads one form of document at
// `place` and gives every leaf of it a place.
#pragma once

#include <string_view>

#include "bodies/body_place.h"
#include "json_tree/json_tree.h"
#include "parsers/parser.h"

namespace llmtrail::nemo {

inline constexpr std::string_view kProvider = "nemo-guardrails";

// One rail that ran. `stop`: true, it ended the interaction; absent, the source does not say.
struct Rail {
    std::string_view type;  // input, output, dialog, retrieval, …
    std::string_view name;
    JsonValue stop;
};

// False: it guards nothing (it writes the answer), and was not added.
bool add_rail(BodyScratch& scratch, const Rail& rail);

// Seconds as event.duration; else kept.
void fill_seconds(const BodyPlace& place, std::string_view key, JsonValue value);

// Tokens of all model calls of one interaction.
class TokenSums {
 public:
    void add(JsonValue input, JsonValue output, JsonValue total);
    void store(AuditRecord& record) const;

    size_t calls() const { return calls_; }

 private:
    static void add_to(int64_t& sum, JsonValue count);

    int64_t input_ = 0;
    int64_t output_ = 0;
    int64_t total_ = 0;
    size_t calls_ = 0;
};

bool is_trace(JsonValue document);
// False: the trace does not say which rails ended the interaction.
bool read_trace(JsonValue document, const BodyPlace& place);

// The log and where it stands; absent: no generation.
JsonValue log_of(JsonValue document);
void read_generation(JsonValue document, const BodyPlace& place, const ParseContext& context);

bool is_outcome(JsonValue document);  // of Guardrails AI
void read_outcome(JsonValue document, const BodyPlace& place, const ParseContext& context);

}  // namespace llmtrail::nemo
