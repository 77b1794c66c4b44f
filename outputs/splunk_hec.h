// Events to a Splunk HTTP Event Collector. With indexer acknowledgement an event is confirmed when
// an indexer says that it is stored (`acknowledged`), without it when the receiver has it in memory
// (`sent`). docs/outputs.md, "splunk_hec". Deliver thread.
#pragma once

#include <memory>

#include "http/http_client.h"
#include "outputs/output.h"
#include "outputs/outputs.h"

namespace llmtrail {

inline constexpr int kHecChannels = 4;              // requests at the same time
inline constexpr size_t kHecBatchesMax = 1'024;     // in hand, acknowledgements pending included
inline constexpr int64_t kHecAckPollFirstMs = 500;  // doubling, while nothing is acknowledged
inline constexpr int64_t kHecAckPollMsMax = 10'000;
inline constexpr int64_t kHecAckMs = 300'000;        // then a batch is sent again
inline constexpr int64_t kHecLostAnswerMs = 30'000;  // as that, when an answer about it was lost

// kUnsupported: no HTTP library is installed.
Result<std::unique_ptr<Output>> make_splunk_hec_output(const OutputPlan& plan, Random& random);

// With a client of its own, for tests.
std::unique_ptr<Output> make_splunk_hec_output(const OutputPlan& plan,
                                               std::unique_ptr<HttpClient> client, Random& random);

}  // namespace llmtrail
