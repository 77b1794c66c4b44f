// Events to a syslog receiver over TLS 1.3 or TCP (RFC 5424, 5425, 6587). Syslog has no
// acknowledgement, so an event counts as `sent` when its bytes were written and the peer's kernel
// has acknowledged them, and what was confirmed lately is sent again after a break.
// docs/outputs.md, "What sent means". Deliver thread.
#pragma once

#include <memory>

#include "outputs/output.h"
#include "outputs/outputs.h"

namespace llmtrail {

// A TLS 1.3 receiver judges the client's certificate after the client believes the connection
// stands, and what is written until then is lost without an error. So nothing is confirmed earlier
// than this after the handshake.
inline constexpr int64_t kLateRejectionMs = 1'000;

std::unique_ptr<Output> make_syslog_output(const OutputPlan& plan, Network& network,
                                           Random& random);

}  // namespace llmtrail
