// Events to a syslog receiver over RELP, on TLS 1.3 or TCP: each event is a transaction that the
// receiver answers, so a confirmed event is `acknowledged`. docs/outputs.md, "RELP". Deliver
// thread.
#pragma once

#include <memory>

#include "outputs/output.h"
#include "outputs/outputs.h"

namespace llmtrail {

inline constexpr int64_t kRelpOpenMs = 20'000;    // until the receiver has opened or closed it
inline constexpr int64_t kRelpAnswerMs = 90'000;  // events wait and nothing is answered: it is dead
inline constexpr int64_t kRelpStuckMs = 2'000;    // all in flight are refused: it is in trouble

std::unique_ptr<Output> make_relp_output(const OutputPlan& plan, Network& network, Random& random);

}  // namespace llmtrail
