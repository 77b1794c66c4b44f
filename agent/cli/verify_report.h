// A verifier's report in words and as JSON. Pure. Nothing a spool says passes unescaped: what comes
// from it are numbers, names of files and digests.
#pragma once

#include <string>

#include "spool/verify.h"

namespace llmtrail {

// What anchor files held besides checkpoints that count, and how strict to be.
struct AnchorWords {
    bool any_file = false;
    uint64_t foreign = 0;
    uint64_t refused = 0;
    std::string foreign_origin;
    std::string refused_place;
    bool required = false;  // --require-anchor
    bool live = false;      // --live: an open tail is accepted
};

// The process's answer: UNANCHORED is CANNOT_VERIFY when an anchor is required and nothing worse
// was found; a live log's open tail is in order.
int report_exit_code(const VerifyReport& report, const AnchorWords& anchors);

std::string report_text(const VerifyReport& report, const AnchorWords& anchors);
std::string report_json(const VerifyReport& report, const AnchorWords& anchors);  // with newline

}  // namespace llmtrail
