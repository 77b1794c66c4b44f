// llmtrail erase: destroys the keys of sections of closed segments, with the agent stopped
// (docs/retention.md). The ERASE frame and a record that tells of it are sealed first.
#include "cli/stopped_spool.h"

namespace llmtrail {

namespace {

ExitCode usage(std::string_view message, CommandSeams seams) {
    seams.talk.error(message);
    seams.talk.hint("llmtrail erase --help explains the options");
    return ExitCode::kUsage;
}

// 0: a name that is no section which can be erased.
uint8_t mask_of(const std::vector<std::string>& names) {
    unsigned mask = 0;
    for (const std::string& name : names) {
        unsigned bit = 0;
        for (Section section : {Section::kPrompt, Section::kSources, Section::kOutput}) {
            bit |= name == section_name(section) ? section_bit(section) : 0U;
        }
        if (bit == 0) {
            return 0;
        }
        mask |= bit;
    }
    return static_cast<uint8_t>(mask);
}

void explain(const Error& error, CommandSeams seams) {
    if (error.code == ErrorCode::kPermission) {
        seams.talk.hint("`llmtrail hold list` says which holds stand, `hold release` ends one");
    } else if (error.code == ErrorCode::kBusy) {
        seams.talk.hint("let the agent deliver them first, or take `required` from that output");
    } else if (error.code == ErrorCode::kInvalidArgument) {
        seams.talk.hint("only closed segments can be named; the newest is written to");
    }
}

}  // namespace

ExitCode erase_command(const EraseArguments& arguments, CommandSeams seams) {
    LoadedForCommand loaded = load_for_command(arguments.config, seams);
    if (!loaded.settings) {
        return loaded.exit_code;
    }
    SegmentRange range;
    if (!read_segment_range(arguments.segments, range)) {
        return usage("--segments takes A-B, the numbers of segments", seams);
    }
    EraseBody body;
    body.first_segment = range.first;
    body.last_segment = range.last;
    body.section_mask = mask_of(arguments.sections);
    body.basis = arguments.basis;
    body.approver = arguments.approver;
    if (body.section_mask == 0) {
        return usage("--section takes prompt, sources or output; the envelope cannot be erased",
                     seams);
    }
    if (!decode_erase(encode_erase(body))) {
        return usage("--basis and --approver are needed, of at most 1,024 bytes each", seams);
    }
    StoppedSpool spool = open_stopped_spool(*loaded.settings, seams);
    if (!spool.writer) {
        return spool.exit_code;
    }
    Result<uint64_t> erased = spool.writer->erase(body);
    Result<void> closed = spool.writer->close();
    if (!erased) {
        ExitCode code = seams.talk.refuse(erased.error());
        explain(erased.error(), seams);
        return erased.error().code == ErrorCode::kInvalidArgument ? ExitCode::kUsage : code;
    }
    if (!closed) {
        return seams.talk.refuse(closed.error());
    }
    auto written = seams.data.write("erased in " + segment_range_text(range) + ": " +
                                    std::to_string(*erased) + " segments had content\n");
    return written ? ExitCode::kOk : seams.talk.refuse(written.error());
}

}  // namespace llmtrail
