#include <array>
#include <optional>

#include "cli/commands.h"
#include "crypto/secret.h"
#include "pipeline/agent_record.h"
#include "pipeline/output_parts.h"
#include "platform/posix.h"
#include "platform/wait.h"
#include "spool/batch.h"

namespace llmtrail {

namespace {

constexpr int64_t kConfirmMs = 30'000;
constexpr int64_t kFarewellMs = 2'000;  // for the connection to end in order
constexpr int64_t kWaitMsMax = 1'000;

// One output beside the daemon, until its event is confirmed.
class Trial {
 public:
    Trial(Output& output, const OutputEvent& event, Clock& clock)
        : output_(output), event_(event), clock_(clock) {}

    Result<void> deliver();
    void end();

 private:
    // True: confirmed. The first failure ends the trial: the daemon would try again, a person wants
    // to see it.
    Result<bool> turn();

    void wait() const {
        OutputWait wait = output_.wait();
        std::array entries{WaitEntry{wait.descriptor, wait.wants}};
        (void)wait_for(entries,
                       wait.timer_ms < 0 ? kWaitMsMax : std::min(wait.timer_ms, kWaitMsMax));
    }

    Output& output_;
    const OutputEvent& event_;
    Clock& clock_;
    bool offered_ = false;
};

Result<bool> Trial::turn() {
    output_.work(clock_.monotonic_now());
    RefusedEvent refused;
    if (output_.take_refused(refused)) {
        return fail(ErrorCode::kInvalidArgument, "its receiver refused it: " + refused.reason);
    }
    if (output_.health() == OutputHealth::kBackingOff) {
        return fail(output_.last_error());
    }
    uint64_t from = 0;
    if (output_.take_rewind(from)) {
        return fail(ErrorCode::kNetwork, "whether it arrived is not known: the answer was lost");
    }
    if (offered_) {
        return output_.confirmed_end() > event_.index;
    }
    offered_ = output_.offer(event_);
    if (offered_) {
        output_.work(clock_.monotonic_now());
    }
    return false;
}

Result<void> Trial::deliver() {
    MonotonicNanos deadline = clock_.monotonic_now().after_millis(kConfirmMs);
    for (;;) {
        Result<bool> confirmed = turn();
        if (!confirmed) {
            return fail(std::move(confirmed.error()));
        }
        if (*confirmed) {
            return {};
        }
        if (clock_.monotonic_now() >= deadline) {
            return fail(ErrorCode::kTimeout,
                        "not confirmed within " + std::to_string(kConfirmMs / 1000) + " s");
        }
        wait();
    }
}

void Trial::end() {
    MonotonicNanos deadline = clock_.monotonic_now().after_millis(kFarewellMs);
    while (!output_.finish() && clock_.monotonic_now() < deadline) {
        wait();
        output_.work(clock_.monotonic_now());
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

// A search that finds the event, in the receiver's own words where there are some.
std::string search_for(const OutputSettings& output, const std::string& event_id) {
    if (output.type == OutputType::kSentinel) {
        std::string_view stream = output.sentinel.stream;
        bool common = stream.ends_with("-CommonSecurityLog");
        std::string table(common ? "CommonSecurityLog" : stream.substr(stream.find('-') + 1));
        return table + " | where " + (common ? "ExtID" : "EventUid") + " == \"" + event_id + "\"";
    }
    if (output.type == OutputType::kSplunkHec) {
        std::string index = output.hec.index.empty() ? "*" : output.hec.index;
        return "index=" + index + " \"" + event_id + "\"";
    }
    switch (output.format) {
        case EventFormat::kCef:
            return "externalId=" + event_id;
        case EventFormat::kLeef:
        case EventFormat::kLeef2:
            return "eventUid=" + event_id;
        case EventFormat::kJson:
            break;
    }
    return "\"event.id\":\"" + event_id + "\"";
}

class TestEvent {
 public:
    TestEvent(const Settings& settings, std::string event_id, CommandSeams seams)
        : event_id_(std::move(event_id)),
          seams_(seams),
          names_(host_names(settings, seams.files)),
          network_(make_posix_network()) {}

    // An error: the reader of stdout has gone.
    Result<void> send_to(const OutputSettings& settings);

    bool all_confirmed() const { return all_confirmed_; }

 private:
    Result<Confirmation> try_output(const OutputSettings& settings);
    std::string text_for(const OutputSettings& settings, AuditRecord& record) const;

    std::string event_id_;
    CommandSeams seams_;
    HostNames names_;
    std::unique_ptr<Network> network_;
    bool all_confirmed_ = true;
};

// It stands in no log: its leaf is zeros, as in `parse`.
std::string TestEvent::text_for(const OutputSettings& settings, AuditRecord& record) const {
    fill_agent_record(
        record,
        {kClassTestEvent, settings.id, "sent by `llmtrail test-event`; it stands in no log", 1},
        seams_.clock.wall_now());
    const Digest none{};
    SpoolReference reference{.index = 0, .leaf = view(none), .event_id = event_id_};
    reference.commitments.fill(view(none));
    std::string text;
    make_formatter(settings, names_)->format(record, reference, text);
    return text;
}

Result<Confirmation> TestEvent::try_output(const OutputSettings& settings) {
    // Made here, a file would belong to whoever runs this, and the agent could not write to it.
    if (settings.type == OutputType::kFile && !seams_.files.info(settings.path, true)) {
        return fail(ErrorCode::kNotFound,
                    "`" + settings.path + "` is not there: the agent makes it when it starts");
    }
    auto output = make_output(plan_of(settings, names_, seams_.files), *network_, seams_.files,
                              seams_.random);
    if (!output) {
        return fail(std::move(output.error()));
    }
    AuditRecord record;
    std::string text = text_for(settings, record);
    const EventClass& event_class = event_class_of(record);
    OutputEvent event{.index = 0,
                      .event_id = event_id_,
                      .text = text,
                      .syslog_severity = event_class.syslog_severity,
                      .event_time_ns = record.integer(Field::kEventTime).value_or(0),
                      .event_class = event_class.id};
    Trial trial(**output, event, seams_.clock);
    Result<void> delivered = trial.deliver();
    if (!delivered) {
        return fail(std::move(delivered.error()));
    }
    trial.end();
    return (*output)->confirmation();
}

Result<void> TestEvent::send_to(const OutputSettings& settings) {
    Result<Confirmation> confirmed = try_output(settings);
    std::string line = "output " + settings.id + ": ";
    if (confirmed) {
        line += confirmed_words(*confirmed) + "; find it: " + search_for(settings, event_id_);
    } else {
        line += "not delivered";
        all_confirmed_ = false;
        seams_.talk.error("output `" + settings.id + "`: " + confirmed.error().message);
        seams_.talk.hint("`llmtrail check --connect` goes step by step");
    }
    Result<void> written = seams_.data.write(line + "\n");
    return written ? seams_.data.flush() : written;
}

Result<std::string> random_event_id(Random& random) {
    Digest digest{};
    if (Result<void> filled = random.fill(digest.data(), digest.size()); !filled) {
        return fail(std::move(filled.error()));
    }
    return event_id_of(digest);
}

}  // namespace

ExitCode test_event_command(const TestEventArguments& arguments, CommandSeams seams) {
    LoadedForCommand loaded = load_for_command(arguments.config, seams);
    if (!loaded.settings) {
        return loaded.exit_code;
    }
    std::vector<const OutputSettings*> wanted;
    for (const OutputSettings& output : loaded.settings->outputs) {
        if (arguments.output.empty() || output.id == arguments.output) {
            wanted.push_back(&output);
        }
    }
    if (wanted.empty()) {
        seams.talk.error(arguments.output.empty()
                             ? "no output is configured"
                             : "no output `" + arguments.output + "` is configured");
        seams.talk.hint("`llmtrail check` lists the outputs");
        return arguments.output.empty() ? ExitCode::kConfig : ExitCode::kUsage;
    }
    (void)init_secure_memory();  // tokens are shown to receivers; unlocked they still work
    Result<std::string> event_id = random_event_id(seams.random);
    if (!event_id) {
        return seams.talk.refuse(event_id.error());
    }
    Result<void> written = seams.data.write("test event " + *event_id + "\n");
    TestEvent test(*loaded.settings, *event_id, seams);
    for (size_t i = 0; written && i < wanted.size(); ++i) {
        written = test.send_to(*wanted[i]);
    }
    if (!written) {
        return seams.talk.refuse(written.error());
    }
    return test.all_confirmed() ? ExitCode::kOk : ExitCode::kIo;
}

}  // namespace llmtrail
