// What a reload asks of the ingest worker: other sources and intervals, and a record that tells of
// it. Made by the main thread, taken by the ingest thread.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>

#include "config/settings.h"
#include "pipeline/document_read.h"
#include "pipeline/handover.h"
#include "pipeline/news_queue.h"

namespace llmtrail {

struct IngestChange {
    std::shared_ptr<const Settings> settings;   // null: the record alone
    std::set<std::string> sources;              // ids: added, changed, removed
    std::map<std::string, DocumentRead> reads;  // of those that are added or changed
    bool may_anchor = false;                    // AnchorPlan, with the outputs to come
    int64_t holder_interval_ms = 0;
    AgentNews news;  // never merged with others
};

struct IngestChanged {
    uint64_t start_index = 0;        // of outputs that are new
    uint64_t committed_records = 0;  // of this run, below it
    uint64_t told_end = 0;           // the record that tells of the change is below it
};

using IngestHandover = Handover<IngestChange, IngestChanged>;

}  // namespace llmtrail
