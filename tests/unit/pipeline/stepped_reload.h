// A reload of an agent that is stepped by hand: what the main thread orders of ingest and deliver,
// in its order. The settings are taken as they are; whether they may be is Reloads' business.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "agent_rig.h"
#include "pipeline/settings_change.h"

namespace llmtrail {

inline SourceSettings source_named(const std::string& id) {
    SourceSettings source;
    source.id = id;
    source.paths = {"/logs/" + id + "*.jsonl"};
    return source;
}

inline OutputSettings output_named(const std::string& id) {
    OutputSettings output;
    output.id = id;
    return output;
}

class SteppedReload {
 public:
    // `words` stand in the record of the change. ingest() of `agent` must take a change.
    SteppedReload(Host& host, AgentLife& agent, const Settings& next, const std::string& words)
        : agent_(agent),
          next_(std::make_shared<const Settings>(next)),
          change_(compare_settings(host.settings, next)) {
        IngestChange order;
        order.settings = next_;
        order.sources = change_.sources;
        for (const SourceSettings& source : next.sources) {
            if (change_.sources.count(source.id) != 0) {
                order.reads.emplace(source.id, *document_read_of(source));
            }
        }
        order.may_anchor = true;
        order.news = {kClassConfigReloaded, "configuration", words, 1};
        agent_.ingest().begin_change(std::move(order));
        host.settings = next;
    }

    // After each step of the agent. True: answered, and every output is as the settings say.
    bool go_on() {
        if (std::optional<IngestChanged> changed = agent_.ingest().take_changed()) {
            order_deliver(*changed);
        }
        done_ = agent_.deliver().take_changed() || done_;
        return done_;
    }

 private:
    void order_deliver(const IngestChanged& changed) {
        DeliverChange order;
        for (const OutputSettings& output : next_->outputs) {
            order.order.push_back(output.id);
            if (change_.outputs.count(output.id) != 0) {
                order.lanes.emplace(output.id, agent_.parts_of(output.id));
            }
        }
        order.told_end = changed.told_end;
        order.start_index = changed.start_index;
        order.committed_before = changed.committed_records;
        order.make_lane = [this](LaneParts parts, uint64_t start, uint64_t first_new) {
            return agent_.make_lane(std::move(parts), start, first_new);
        };
        agent_.deliver().begin_change(std::move(order));
    }

    AgentLife& agent_;
    std::shared_ptr<const Settings> next_;
    SettingsChange change_;
    bool done_ = false;
};

}  // namespace llmtrail
