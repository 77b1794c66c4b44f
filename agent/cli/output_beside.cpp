#include "cli/output_beside.h"

#include <algorithm>
#include <array>

#include "platform/wait.h"

namespace llmtrail {

namespace {

constexpr int64_t kConfirmMs = 30'000;
constexpr int64_t kFarewellMs = 2'000;  // for the connection to end in order
constexpr int64_t kWaitMsMax = 1'000;

void wait_for_output(const Output& output) {
    OutputWait wait = output.wait();
    std::array entries{WaitEntry{wait.descriptor, wait.wants}};
    (void)wait_for(entries, wait.timer_ms < 0 ? kWaitMsMax : std::min(wait.timer_ms, kWaitMsMax));
}

// True: confirmed.
Result<bool> turn(Output& output, const OutputEvent& event, bool& offered, MonotonicNanos now) {
    output.work(now);
    RefusedEvent refused;
    if (output.take_refused(refused)) {
        return fail(ErrorCode::kInvalidArgument, "its receiver refused it: " + refused.reason);
    }
    if (output.health() == OutputHealth::kBackingOff) {
        return fail(output.last_error());
    }
    uint64_t from = 0;
    if (output.take_rewind(from)) {
        const std::string& why = output.last_error().message;
        return fail(ErrorCode::kNetwork, "whether it arrived is not known: " +
                                             (why.empty() ? "the answer was lost" : why));
    }
    if (offered) {
        return output.confirmed_end() > event.index;
    }
    offered = output.offer(event);
    if (offered) {
        output.work(now);
    }
    return false;
}

}  // namespace

Result<std::unique_ptr<Output>> make_output_beside(const OutputSettings& settings,
                                                   const HostNames& names, Network& network,
                                                   CommandSeams seams) {
    if (settings.type == OutputType::kFile && !seams.files.info(settings.path, true)) {
        return fail(ErrorCode::kNotFound,
                    "`" + settings.path + "` is not there: the agent makes it when it starts");
    }
    return make_output(plan_of(settings, names, seams.files), network, seams.files, seams.random);
}

Result<void> deliver_once(Output& output, const OutputEvent& event, Clock& clock) {
    MonotonicNanos deadline = clock.monotonic_now().after_millis(kConfirmMs);
    bool offered = false;
    for (;;) {
        Result<bool> confirmed = turn(output, event, offered, clock.monotonic_now());
        if (!confirmed) {
            return fail(std::move(confirmed.error()));
        }
        if (*confirmed) {
            return {};
        }
        if (clock.monotonic_now() >= deadline) {
            return fail(ErrorCode::kTimeout,
                        "not confirmed within " + std::to_string(kConfirmMs / 1000) + " s");
        }
        wait_for_output(output);
    }
}

void end_beside(Output& output, Clock& clock) {
    MonotonicNanos deadline = clock.monotonic_now().after_millis(kFarewellMs);
    while (!output.finish() && clock.monotonic_now() < deadline) {
        wait_for_output(output);
        output.work(clock.monotonic_now());
    }
}

std::string confirmed_words(Confirmation confirmation) {
    switch (confirmation) {
        case Confirmation::kAcknowledged:
            return "acknowledged by its receiver";
        case Confirmation::kSent:
            return "sent: only the receiver knows whether it took it";
        case Confirmation::kSynced:
            return "written to disk";
    }
    return {};
}

OutputEvent event_of(const AuditRecord& record, const SpoolReference& reference,
                     Formatter& formatter, std::string& text) {
    text.clear();
    formatter.format(record, reference, text);
    const EventClass& event_class = event_class_of(record);
    return {.index = reference.index,
            .event_id = reference.event_id,
            .text = text,
            .syslog_severity = event_class.syslog_severity,
            .event_time_ns = record.integer(Field::kEventTime).value_or(0),
            .event_class = event_class.id,
            .resent = reference.resent};
}

}  // namespace llmtrail
