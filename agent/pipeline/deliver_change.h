// What a reload asks of the deliver worker: other outputs, handed over whole. Made by the main
// thread, taken by the deliver thread.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "pipeline/handover.h"
#include "pipeline/lane.h"

namespace llmtrail {

struct DeliverChange {
    std::map<std::string, LaneParts> lanes;  // of outputs that are new or changed, by id
    std::vector<std::string> order;          // ids of all outputs from now on
    // Outputs that go are still offered the records below it, the one that tells of the change
    // among them.
    uint64_t told_end = 0;
    // New ones begin here: records below it and of this run are so many.
    uint64_t start_index = 0;
    uint64_t committed_before = 0;
    std::function<std::unique_ptr<Lane>(LaneParts parts, uint64_t start_index,
                                        uint64_t first_new_index)>
        make_lane;
};

struct DeliverChanged {};  // every output is as the settings say

using DeliverHandover = Handover<DeliverChange, DeliverChanged>;

}  // namespace llmtrail
