// The readers of one vendor's bodies as one value, and the table of all vendors, for parsers that
// choose among them. Constant; ingest thread.
#pragma once

#include <string_view>

#include "bodies/body.h"
#include "json_tree/json_tree.h"
#include "record/audit_record.h"

namespace llmtrail {

// Readers of one vendor's bodies (body.h).
struct BodyReaders {
    using Read = void (*)(JsonValue, std::string_view, BodyScratch&, AuditRecord&);
    std::string_view name;
    Read request = nullptr;
    Read response = nullptr;
    Read stream = nullptr;
};

namespace vendors {

extern const BodyReaders kOpenAi;  // its streams are judged as ended by their text
extern const BodyReaders kAnthropic;
extern const BodyReaders kCohere;
extern const BodyReaders kConverse;
extern const BodyReaders kGemini;
extern const BodyReaders kLlama;
extern const BodyReaders kOllama;
extern const BodyReaders kTgi;
extern const BodyReaders kTitan;

}  // namespace vendors

}  // namespace llmtrail
