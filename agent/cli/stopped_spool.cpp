#include "cli/stopped_spool.h"

#include <charconv>
#include <utility>

#include "pipeline/agent_record.h"
#include "pipeline/spool_options.h"
#include "pipeline/spool_words.h"
#include "record/record_codec.h"
#include "spool/recovery.h"

namespace llmtrail {

namespace {

// What this command makes must be the agent's, or the agent could not read it afterwards.
bool is_ours(const std::string& directory, CommandSeams seams, StoppedSpool& spool) {
    auto info = seams.files.info(directory, true);
    if (!info) {
        spool.exit_code = seams.talk.refuse(info.error());
        return false;
    }
    if (info->owner != seams.own_user) {
        seams.talk.error(directory + " belongs to user " + std::to_string(info->owner) +
                         ", and what this command writes there would not be the agent's");
        seams.talk.hint("run it as that user: sudo -u llmtrail llmtrail ...");
        spool.exit_code = ExitCode::kPermission;
        return false;
    }
    return true;
}

bool has_segments(const std::string& directory, CommandSeams seams, StoppedSpool& spool) {
    auto segments = list_segments(seams.files, directory);
    if (!segments) {
        spool.exit_code = seams.talk.refuse(segments.error());
        return false;
    }
    if (segments->empty()) {
        seams.talk.error("there is no segment in " + directory);
        seams.talk.hint("name the agent's configuration with --config FILE");
        spool.exit_code = ExitCode::kIo;
        return false;
    }
    return true;
}

bool read_number(std::string_view text, uint64_t& out) {
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
    return error == std::errc() && end == text.data() + text.size() && !text.empty();
}

}  // namespace

StoppedSpool open_stopped_spool(const Settings& settings, CommandSeams seams) {
    StoppedSpool spool;
    SpoolOptions options = spool_options(settings);
    if (!is_ours(options.directory, seams, spool) ||
        !has_segments(options.directory, seams, spool)) {
        return spool;
    }
    auto opened = SpoolWriter::open(options, {seams.files, seams.clock, seams.random});
    if (!opened) {
        spool.exit_code = seams.talk.refuse(opened.error());
        if (opened.error().code == ErrorCode::kBusy) {
            seams.talk.hint(
                "stop the agent, run this again, start it: systemctl stop llmtrail; sources keep "
                "what is written meanwhile");
        }
        return spool;
    }
    spool.writer = std::move(*opened);
    spool.writer->narrate(spool_narrator(seams.clock));
    const RecoveredSpool& recovered = spool.writer->recovered();
    if (!recovered.clean) {
        // The agent would have said so at its next start.
        append_agent_record(*spool.writer, kClassAgentUncleanStop,
                            "the previous run did not stop in order; torn bytes kept: " +
                                std::to_string(recovered.torn_bytes),
                            seams);
    }
    return spool;
}

void append_agent_record(SpoolWriter& writer, uint16_t event_class, std::string detail,
                         CommandSeams seams) {
    AuditRecord record;
    fill_agent_record(record, {event_class, "spool", std::move(detail), 1}, seams.clock.wall_now());
    std::array<Bytes, kSectionCount> sections;
    encode_record(record, sections);
    writer.append({sections[0], sections[1], sections[2], sections[3]});
}

bool read_segment_range(const std::string& text, SegmentRange& range) {
    size_t dash = text.find('-');
    std::string_view first = std::string_view(text).substr(0, dash);
    std::string_view last =
        dash == std::string::npos ? first : std::string_view(text).substr(dash + 1);
    return read_number(first, range.first) && read_number(last, range.last) &&
           range.first <= range.last && range.last < kWithoutEnd;
}

std::string who_runs(CommandSeams seams) {
    return "user " + std::to_string(seams.own_user);
}

}  // namespace llmtrail
