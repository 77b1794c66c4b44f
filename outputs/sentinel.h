// Events to Microsoft Sentinel through the Logs Ingestion API of Azure Monitor. An event is
// confirmed when the API says 204: it has accepted the batch (`acknowledged`). docs/outputs.md,
// "sentinel". Deliver thread.
#pragma once

#include <memory>

#include "http/http_client.h"
#include "outputs/output.h"
#include "outputs/outputs.h"

namespace llmtrail {

inline constexpr int kIngestRequestsMax = 4;        // at the same time
inline constexpr size_t kIngestBatchesMax = 1'024;  // in hand
inline constexpr size_t kSuspectsMax = 4;           // events refused one after the other

// kUnsupported: no HTTP library is installed. kConfig: an address that is not https.
Result<std::unique_ptr<Output>> make_sentinel_output(const OutputPlan& plan, FileSystem& files,
                                                     Random& random);

// With a client of its own, for tests.
std::unique_ptr<Output> make_sentinel_output(const OutputPlan& plan,
                                             std::unique_ptr<HttpClient> client, FileSystem& files,
                                             Random& random);

}  // namespace llmtrail
