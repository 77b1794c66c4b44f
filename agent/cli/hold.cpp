// llmtrail hold: legal holds (docs/retention.md). `add` and `release` write a sealed record and the
// hold itself in one frame, with the agent stopped; `list` only reads, whether it runs or not.
#include <algorithm>

#include "base/utf8.h"
#include "cli/stopped_spool.h"
#include "pipeline/agent_record.h"
#include "pipeline/spool_options.h"
#include "spool/read_state.h"

namespace llmtrail {

namespace {

constexpr int64_t kSecondsPerDay = 86'400;

std::string age_text(UnixNanos since, UnixNanos now) {
    return std::to_string((now.value - since.value) / kNanosPerSecond / kSecondsPerDay) + " days";
}

std::string described(const LegalHold& hold, UnixNanos now) {
    return hold.id + ": " + segment_range_text(hold.segments) + ", for " +
           age_text(hold.since, now) + ", by " + hold.by + ": " + hold.reason;
}

ExitCode list_holds(const Settings& settings, CommandSeams seams) {
    auto state = read_spool_state(spool_options(settings), seams.files);
    if (!state) {
        return seams.talk.refuse(state.error());
    }
    std::string text;
    for (const LegalHold& hold : state->holds) {
        text += terminal_safe(described(hold, seams.clock.wall_now())) + "\n";
    }
    auto written = seams.data.write(text);
    return written ? ExitCode::kOk : seams.talk.refuse(written.error());
}

ExitCode usage(std::string_view message, CommandSeams seams) {
    seams.talk.error(message);
    seams.talk.hint("llmtrail hold --help explains the options");
    return ExitCode::kUsage;
}

// The change, its record and a seal; then the spool is closed in order.
Result<void> write_change(SpoolWriter& writer, const HoldArguments& arguments,
                          const std::optional<LegalHold>& hold, CommandSeams seams) {
    Result<void> done = writer.stage_hold(arguments.id, hold);
    if (!done) {
        return done;
    }
    std::string who = arguments.by.empty() ? who_runs(seams) : arguments.by;
    std::string detail =
        hold ? "legal hold `" + arguments.id + "` set on " + segment_range_text(hold->segments)
             : "legal hold `" + arguments.id + "` released";
    append_agent_record(writer, kClassLegalHold, detail + " by " + who + ": " + arguments.reason,
                        seams);
    auto committed = writer.commit({});
    if (!committed) {
        return fail(committed.error());
    }
    return writer.seal(SealReason::kForced);
}

}  // namespace

ExitCode hold_command(const HoldArguments& arguments, CommandSeams seams) {
    LoadedForCommand loaded = load_for_command(arguments.config, seams);
    if (!loaded.settings) {
        return loaded.exit_code;
    }
    if (arguments.action == HoldAction::kList) {
        return list_holds(*loaded.settings, seams);
    }
    if (!is_hold_id(arguments.id)) {
        return usage("a hold is named by 1 to 64 of a-z, 0-9, `_` and `-`", seams);
    }
    if (arguments.reason.empty() || arguments.reason.size() > kRemovalTextBytesMax ||
        arguments.by.size() > kRemovalTextBytesMax) {
        return usage("--reason is needed, of at most 1,024 bytes; --by has at most as many", seams);
    }
    std::optional<LegalHold> hold;
    if (arguments.action == HoldAction::kAdd) {
        hold = LegalHold{arguments.id,
                         {0, kWithoutEnd},
                         seams.clock.wall_now(),
                         arguments.reason,
                         arguments.by.empty() ? who_runs(seams) : arguments.by};
        if (!arguments.segments.empty() &&
            !read_segment_range(arguments.segments, hold->segments)) {
            return usage("--segments takes A-B, the numbers of segments", seams);
        }
    }
    StoppedSpool spool = open_stopped_spool(*loaded.settings, seams);
    if (!spool.writer) {
        return spool.exit_code;
    }
    Result<void> changed = write_change(*spool.writer, arguments, hold, seams);
    Result<void> closed = spool.writer->close();
    if (!changed || !closed) {
        return seams.talk.refuse(changed ? closed.error() : changed.error());
    }
    auto written = seams.data.write(hold ? described(*hold, seams.clock.wall_now()) + "\n"
                                         : arguments.id + ": released\n");
    return written ? ExitCode::kOk : seams.talk.refuse(written.error());
}

}  // namespace llmtrail
