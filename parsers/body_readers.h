// The readers of one vendor's bodies as one value, for parsers that choose among vendors.
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

}  // namespace llmtrail
