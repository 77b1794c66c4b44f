// Asks a receiver, without sending it an event: is it found by its name, does it answer, is its
// certificate one to trust, does it take our credentials. For `llmtrail check --connect`; blocks
// its thread, at most kProbeMs for one output. Nothing of it throws; what went wrong stands in the
// result.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "outputs/outputs.h"
#include "platform/clock.h"

namespace llmtrail {

inline constexpr int64_t kProbeMs = 10'000;

struct ProbeSeams {
    Network& network;
    FileSystem& files;
    Random& random;
    Clock& clock;
};

struct ProbeStep {
    std::string name;  // "name", "connection", "TLS 1.3", "health", "token"
    std::string told;  // our own words, but for the subject of a certificate
};

struct ProbeFailure {
    std::string step;
    Error error;
    std::string hint;  // what to do
};

struct ProbeResult {
    std::vector<ProbeStep> passed;  // in the order in which they were taken
    std::optional<ProbeFailure> failure;
};

// An output to a file has nothing to ask and passes.
ProbeResult probe_output(const OutputPlan& plan, ProbeSeams seams);

}  // namespace llmtrail
