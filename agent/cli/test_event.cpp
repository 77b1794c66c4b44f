#include "cli/output_beside.h"
#include "crypto/secret.h"
#include "pipeline/agent_record.h"
#include "platform/posix.h"
#include "spool/batch.h"

namespace llmtrail {

namespace {

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

    std::string event_id_;
    CommandSeams seams_;
    HostNames names_;
    std::unique_ptr<Network> network_;
    bool all_confirmed_ = true;
};

// It stands in no log: its leaf is zeros, as in `parse`.
Result<Confirmation> TestEvent::try_output(const OutputSettings& settings) {
    auto output = make_output_beside(settings, names_, *network_, seams_);
    if (!output) {
        return fail(std::move(output.error()));
    }
    AuditRecord record;
    fill_agent_record(
        record,
        {kClassTestEvent, settings.id, "sent by `llmtrail test-event`; it stands in no log", 1},
        seams_.clock.wall_now());
    const Digest none{};
    SpoolReference reference{.index = 0, .leaf = view(none), .event_id = event_id_};
    reference.commitments.fill(view(none));
    std::string text;
    OutputEvent event = event_of(record, reference, *make_formatter(settings, names_), text);
    Result<void> delivered = deliver_once(**output, event, seams_.clock);
    if (!delivered) {
        return fail(std::move(delivered.error()));
    }
    end_beside(**output, seams_.clock);
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
