#include <utility>

#include "cli/commands.h"
#include "cli/source_choice.h"
#include "crypto/secret.h"
#include "log/log.h"
#include "pipeline/pipeline.h"
#include "platform/local_listener.h"
#include "platform/posix.h"
#include "platform/service_manager.h"
#include "platform/watchdog.h"

namespace llmtrail {

// Null: the agent works on without; the log says why.
static std::unique_ptr<LocalListener> listen_for(std::string_view command,
                                                 const std::string& socket, uint32_t mode,
                                                 Log& log) {
    auto listener = listen_locally(socket, mode);
    if (!listener) {
        log.warn({"`llmtrail ", LogName{command}, "` cannot ask: ", listener.error()});
        return nullptr;
    }
    return std::move(*listener);
}

// Lines of their own: the workers' warnings come between them.
static void tell_progress(const AgentStatus& status, Log& log) {
    uint64_t records = 0;
    uint64_t lag_bytes = 0;
    for (const SourceStatus& source : status.intake.sources) {
        records += source.totals.records + source.totals.rejected;
        lag_bytes += source.lag_bytes;
    }
    log.info({"records read: ", records, ", bytes still to read: ", lag_bytes});
    for (const OutputStatus& output : status.outputs) {
        log.info({"output ", LogName{output.totals.id}, ": confirmed ", output.totals.confirmed,
                  ", pending ", output.totals.pending});
    }
}

ExitCode run_command(const RunArguments& arguments, CommandSeams seams) {
    WorkerPulses pulses;
    auto signals = make_signal_source();  // before any thread is started
    if (signals) {
        signals = with_watchdog(std::move(*signals), service_manager_socket(),
                                watchdog_interval_ms(), [&pulses] { return pulses.look(); });
    }
    if (!signals) {
        return seams.talk.refuse(signals.error());
    }
    LoadedForCommand loaded = load_for_command(arguments.config, seams);
    if (!loaded.settings) {
        return loaded.exit_code;
    }
    if (arguments.once && loaded.settings->sources.empty()) {
        return refuse_without_sources(seams.talk);
    }
    auto log = make_stderr_log(LogLevel::kInfo);
    if (loaded.settings->sources.empty()) {
        log->info({"idle: no source is configured; ", kAddSourceHint});
    }
    if (!init_secure_memory()) {
        log->warn({"keys cannot be locked into memory: raise LimitMEMLOCK, or swap may hold them"});
    }
    auto watch = make_posix_file_watch();
    auto network = make_posix_network();
    RunOptions options;
    options.once = arguments.once;
    options.deadline_ms = arguments.deadline_seconds * 1000;
    if (arguments.once && seams.talk.is_terminal()) {
        options.progress = [&log](const AgentStatus& status) { tell_progress(status, *log); };
    }
    std::unique_ptr<LocalListener> status;
    std::unique_ptr<LocalListener> requests;
    if (!arguments.once) {
        const std::string& socket = loaded.settings->status_socket;
        status = listen_for("status", socket, kGroupMayConnect, *log);
        requests = listen_for("reload", reload_socket(socket), kOwnerMayConnect, *log);
    }
    ReloadSeams reload{.load =
                           [&] {
                               return load_settings(absolute_path(arguments.config),
                                                    config_vocabulary(), seams.files,
                                                    seams.own_user);
                           },
                       .digest = loaded.digest,
                       .requests = requests.get(),
                       .own_user = seams.own_user};
    auto report =
        run_pipeline(*loaded.settings, options,
                     PipelineSeams{seams.files, *watch, seams.clock, seams.random, *network,
                                   **signals, *log, pulses, reload, status.get()});
    if (!report) {
        seams.talk.refuse(report.error());
        seams.talk.hint(report.error().code == ErrorCode::kBusy
                            ? "stop that process first, or give this one its own state_dir"
                            : "`llmtrail check` says what this host lacks");
        return exit_code_of(report.error().code);
    }
    if (auto written = seams.data.write(describe(report->ledger)); !written) {
        return seams.talk.refuse(written.error());
    }
    if (!arguments.once) {
        return report->failed ? ExitCode::kIo : ExitCode::kOk;
    }
    if (!report->ledger.everything_readable()) {
        for (const SourceTotals& source : report->ledger.sources) {
            if (source.unreadable_files > 0) {
                seams.talk.error("source " + source.id +
                                 ": files or folders that could not be read: " +
                                 std::to_string(source.unreadable_files));
            }
        }
        seams.talk.hint("the warnings above name them; `llmtrail check` says what blocks the way");
        return ExitCode::kIo;
    }
    if (report->failed || !report->complete) {
        seams.talk.error("not everything that was read was delivered and confirmed");
        seams.talk.hint("it is in the spool: run again, or give it longer with --deadline");
        return ExitCode::kIo;
    }
    return ExitCode::kOk;
}

}  // namespace llmtrail
