#include "pipeline/reloads.h"

#include <algorithm>
#include <utility>

#include "pipeline/anchor_thread.h"

namespace llmtrail {

Reloads::Reloads(Parts parts, const Settings& settings, const std::vector<OutputTotals>& outputs)
    : parts_(std::move(parts)), settings_(&settings) {
    for (const OutputTotals& output : outputs) {
        acknowledges_[output.id] = output.confirmation == "acknowledged";
    }
    configuration_.generation = 1;
    configuration_.digest = parts_.seams.digest;
    configuration_.since = parts_.clock.wall_now();
    parts_.status.put_configuration(configuration_);
}

int Reloads::descriptor() const {
    bool can_ask = stage_ == Stage::kIdle && parts_.seams.requests != nullptr;
    return can_ask ? parts_.seams.requests->descriptor() : -1;
}

void Reloads::go_on() {
    for (bool goes_on = true; goes_on;) {
        goes_on = false;
        if (stage_ == Stage::kIngest) {
            if (std::optional<IngestChanged> changed = parts_.ingest.take_outcome()) {
                order_deliver(*changed);
                goes_on = true;
            }
        } else if (stage_ == Stage::kDeliver) {
            if (parts_.deliver.take_outcome()) {
                finish();
                goes_on = true;
            }
        } else {
            goes_on = begin_next();
        }
    }
}

bool Reloads::begin_next() {
    if (std::exchange(signalled_, false)) {
        begin("signal SIGHUP");
        return true;
    }
    caller_ = parts_.seams.requests ? parts_.seams.requests->accept() : nullptr;
    if (!caller_) {
        return false;
    }
    begin("user " + std::to_string(caller_->user()));
    return true;
}

void Reloads::begin(std::string asked_by) {
    int64_t now_us = parts_.clock.monotonic_now().value / 1000;
    parts_.tell_service_manager("RELOADING=1\nMONOTONIC_USEC=" + std::to_string(now_us));
    verdict_ = {};
    verdict_.asked_by = std::move(asked_by);
    verdict_.generation = configuration_.generation;
    verdict_.digest = verdict_.digest_before = configuration_.digest;
    next_.reset();
    change_ = {};
    made_ = {};
    bool may_ask = !caller_ || caller_->user() == 0 || caller_->user() == parts_.seams.own_user;
    if (may_ask) {
        read_and_try();
    } else {
        refuse(ReloadOutcome::kForbidden, {"only root and the agent's own user may ask for it"});
    }
    order_ingest();
}

void Reloads::read_and_try() {
    if (!parts_.seams.load) {
        refuse(ReloadOutcome::kRefused, {"this run was not started from a configuration file"});
        return;
    }
    LoadedSettings loaded = parts_.seams.load();
    verdict_.digest_read = loaded.digest;
    if (!loaded.settings) {
        std::vector<std::string> errors;
        std::transform(loaded.errors.begin(), loaded.errors.end(), std::back_inserter(errors),
                       [](const ConfigError& error) { return describe(error); });
        refuse(ReloadOutcome::kRefused, std::move(errors));
        return;
    }
    change_ = compare_settings(*settings_, *loaded.settings);
    if (!change_.restart.empty()) {
        verdict_.keys = change_.restart;
        refuse(ReloadOutcome::kRestartNeeded,
               {"only a start takes over: " + describe_keys(change_.restart)});
        return;
    }
    std::vector<std::string> errors;
    bool all_need_restart = true;
    for (ReloadProblem& problem :
         make_reload_parts(*settings_, *loaded.settings, change_, parts_.lanes, made_)) {
        all_need_restart = all_need_restart && problem.restart_needed;
        errors.push_back(std::move(problem.message));
    }
    if (!errors.empty()) {
        refuse(all_need_restart ? ReloadOutcome::kRestartNeeded : ReloadOutcome::kRefused,
               std::move(errors));
        return;
    }
    verdict_.keys = change_.keys;
    bool same = change_.keys.empty() && loaded.digest == configuration_.digest;
    verdict_.outcome = same ? ReloadOutcome::kUnchanged : ReloadOutcome::kAccepted;
    verdict_.generation += same ? 0 : 1;
    verdict_.digest = loaded.digest;
    next_ = std::move(loaded.settings);
}

void Reloads::refuse(ReloadOutcome outcome, std::vector<std::string> errors) {
    verdict_.outcome = outcome;
    verdict_.errors = std::move(errors);
}

void Reloads::order_ingest() {
    IngestChange order;
    order.news = reload_news(verdict_);
    if (verdict_.outcome == ReloadOutcome::kAccepted) {
        std::map<std::string, bool> acknowledges;
        bool any = false;
        for (const OutputSettings& output : next_->outputs) {
            auto made = made_.lanes.find(output.id);
            bool says_yes = made == made_.lanes.end() ? acknowledges_[output.id]
                                                      : made->second.output->confirmation() ==
                                                            Confirmation::kAcknowledged;
            acknowledges[output.id] = says_yes;
            any = any || says_yes;
        }
        acknowledges_ = std::move(acknowledges);
        order.settings = next_;
        order.sources = change_.sources;
        order.reads = std::move(made_.reads);
        order.may_anchor = any || !next_->anchors.empty();
        order.holder_interval_ms = any ? 0 : anchor_interval_ms(*next_);
    }
    stage_ = Stage::kIngest;
    parts_.ingest.put(std::move(order));
    parts_.flags.wake_ingest->wake();
}

void Reloads::order_deliver(const IngestChanged& changed) {
    if (verdict_.outcome != ReloadOutcome::kAccepted) {
        finish();
        return;
    }
    DeliverChange order;
    order.lanes = std::move(made_.lanes);
    for (const OutputSettings& output : next_->outputs) {
        order.order.push_back(output.id);
    }
    order.told_end = changed.told_end;
    order.start_index = changed.start_index;
    order.committed_before = changed.committed_records;
    order.make_lane = parts_.make_lane;
    stage_ = Stage::kDeliver;
    parts_.deliver.put(std::move(order));
    parts_.flags.wake_deliver->wake();
}

void Reloads::finish() {
    UnixNanos now = parts_.clock.wall_now();
    if (verdict_.outcome == ReloadOutcome::kAccepted) {
        loaded_ = std::move(next_);
        settings_ = loaded_.get();
        parts_.metrics.adopt(*settings_);
        parts_.status.put_spool_limits(
            {settings_->spool.max_size_bytes, settings_->spool.min_free_bytes});
        configuration_.generation = verdict_.generation;
        configuration_.digest = verdict_.digest;
        configuration_.since = now;
    }
    configuration_.last_verdict = outcome_word(verdict_.outcome);
    configuration_.last_at = now;
    configuration_.last_digest = verdict_.digest_read;
    configuration_.last_error = first_error(verdict_);
    parts_.status.put_configuration(configuration_);
    std::string words = reload_news(verdict_).detail;
    bool good = verdict_.errors.empty();
    if (good) {
        parts_.lanes.log.info({LogName{words}});
    } else {
        parts_.lanes.log.error({LogName{words}});
    }
    if (caller_) {
        caller_->answer(reload_json(verdict_));
        caller_.reset();
    }
    parts_.tell_service_manager("READY=1");
    stage_ = Stage::kIdle;
}

}  // namespace llmtrail
