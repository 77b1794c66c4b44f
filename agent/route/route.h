// Which output wants which record. Pure, deliver thread.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "record/audit_record.h"
#include "record/event_class.h"

namespace llmtrail {

// All given conditions must hold; an empty list is no condition. Without any, everything but kind
// `other` is wanted: documents that are no LLM records are sealed, and sent only on request.
struct RouteOptions {
    std::vector<std::string> kinds;
    std::vector<uint16_t> classes;
    uint8_t min_severity = 0;  // CEF 0..10
};

class Route {
 public:
    explicit Route(RouteOptions options);

    bool wants(const AuditRecord& record, const EventClass& event_class) const;

 private:
    RouteOptions options_;
    bool wants_other_;
};

}  // namespace llmtrail
