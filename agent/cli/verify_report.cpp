#include "cli/verify_report.h"

#include "base/json_text.h"
#include "base/time.h"

namespace llmtrail {

namespace {

std::string counted(uint64_t count, std::string_view one) {
    return std::to_string(count) + " " + std::string(one) + (count == 1 ? "" : "s");
}

std::string location(const VerifyReport& report) {
    if (report.segment.empty()) {
        return "";
    }
    std::string text = report.segment + ", frame " + std::to_string(report.frame) +
                       ", byte offset " + std::to_string(report.offset);
    if (!report.section.empty()) {
        text += ", section " + report.section;
    }
    if (report.record) {
        text += ", record " + std::to_string(*report.record);
    }
    return text;
}

// What was not opened is said loudly: a verdict without it speaks of structure and signatures only.
std::string content_words(const VerifyReport& report) {
    if (report.content_checked) {
        return "opened and matched against its commitments";
    }
    if (report.unopened_segments == 0) {
        return report.segments > 0 && report.segments == report.pruned_segments
                   ? "pruned: leaves and seals are left"
                   : "NOT OPENED: structure, chain, tree and signatures only; give --key FILE or "
                     "--keys DIR";
    }
    std::string text = "NOT OPENED in full: " + counted(report.unopened_segments, "segment") +
                       ", the first is " + report.first_unopened + ";";
    for (Section section : kSections) {
        const SectionReach& reach = report.sections[static_cast<size_t>(section)];
        text += " " + std::string(section_name(section)) + " checked in " +
                std::to_string(reach.checked);
        text += reach.unchecked > 0 ? ", NOT in " + std::to_string(reach.unchecked) : "";
        text += section == Section::kOutput ? "" : ";";
    }
    return text;
}

// Segments and sections of an erased range.
std::string range_words(const ErasedRange& range) {
    std::string text = "segments " + std::to_string(range.segments.first) + "-" +
                       std::to_string(range.segments.last) + ",";
    for (Section section : kSections) {
        if ((range.section_mask & section_bit(section)) != 0) {
            text += " " + std::string(section_name(section));
        }
    }
    return text;
}

std::string unanchored_words(const VerifyReport& report, const AnchorWords& anchors) {
    if (!anchors.any_file) {
        return "no checkpoint kept off the host was given: that nothing was cut or rolled back "
               "is this host's word; give --anchor FILE";
    }
    if (report.anchors == 0) {
        return "no checkpoint in the files given is of this log";
    }
    std::string since = report.anchored_at ? format_iso_millis(*report.anchored_at) : "its start";
    return "since " + since + ": " + std::to_string(report.unanchored_leaves) + " leaves after it";
}

std::string anchor_words(const VerifyReport& report) {
    std::string text = counted(report.anchors, "kept checkpoint") + " agree; the newest, in " +
                       report.anchor_file + ", covers " + std::to_string(report.anchored_size) +
                       " leaves";
    return report.anchored_at ? text + ", until " + format_iso_millis(*report.anchored_at) : text;
}

class Lines {
 public:
    void line(std::string_view name, std::string_view value) {
        if (!value.empty()) {
            text.append(name).append(": ").append(value).append("\n");
        }
    }

    void count(std::string_view name, uint64_t value, bool even_none = false) {
        if (value > 0 || even_none) {
            line(name, std::to_string(value));
        }
    }

    std::string text;
};

void put_anchors(const VerifyReport& report, const AnchorWords& anchors, Lines& out) {
    if (report.unanchored) {
        out.line("UNANCHORED", unanchored_words(report, anchors));
    }
    if (report.anchors > 0) {
        out.line("anchors", anchor_words(report));
    }
    if (anchors.refused > 0) {
        out.line("WARNING", counted(anchors.refused, "checkpoint") +
                                " that this log's key did not sign, the first at " +
                                anchors.refused_place + ": not counted");
    }
    if (anchors.foreign > 0) {
        out.line("foreign checkpoints",
                 std::to_string(anchors.foreign) + ", the first of " + anchors.foreign_origin);
    }
}

class JsonObject {
 public:
    void text(std::string_view name, std::string_view value) {
        key(name);
        append_json_string(out_, value);
    }

    void number(std::string_view name, uint64_t value) {
        key(name);
        append_json_unsigned(out_, value);
    }

    void boolean(std::string_view name, bool value) {
        key(name);
        out_ += value ? "true" : "false";
    }

    void raw(std::string_view name, std::string_view json) {
        key(name);
        out_ += json;
    }

    std::string finish() { return out_ + "}"; }

 private:
    void key(std::string_view name) {
        out_ += out_.size() > 1 ? "," : "";
        append_json_string(out_, name);
        out_ += ':';
    }

    std::string out_ = "{";
};

void put_place(const VerifyReport& report, JsonObject& json) {
    if (report.segment.empty()) {
        return;
    }
    json.text("segment", report.segment);
    json.number("frame", report.frame);
    json.number("offset", report.offset);
    if (!report.section.empty()) {
        json.text("section", report.section);
    }
    if (report.record) {
        json.number("record", *report.record);
    }
    if (!report.evidence_sha256.empty()) {
        json.text("evidence_sha256", report.evidence_sha256);
        json.number("evidence_bytes", report.evidence_bytes);
    }
}

std::string sections_json(const VerifyReport& report) {
    JsonObject sections;
    for (Section section : kSections) {
        const SectionReach& reach = report.sections[static_cast<size_t>(section)];
        JsonObject one;
        one.number("checked", reach.checked);
        one.number("unchecked", reach.unchecked);
        one.number("erased", reach.erased);
        sections.raw(section_name(section), one.finish());
    }
    return sections.finish();
}

std::string erased_json(const VerifyReport& report) {
    std::string list = "[";
    for (const ErasedRange& range : report.erased) {
        JsonObject one;
        one.number("first_segment", range.segments.first);
        one.number("last_segment", range.segments.last);
        std::string names;
        for (Section section : kSections) {
            if ((range.section_mask & section_bit(section)) != 0) {
                names += names.empty() ? "" : ",";
                append_json_string(names, section_name(section));
            }
        }
        one.raw("sections", "[" + names + "]");
        list += (list.size() > 1 ? "," : "") + one.finish();
    }
    return list + "]";
}

void put_anchors(const VerifyReport& report, const AnchorWords& anchors, JsonObject& json) {
    json.boolean("unanchored", report.unanchored);
    json.number("unanchored_leaves", report.unanchored_leaves);
    json.number("anchors", report.anchors);
    json.number("anchors_refused", anchors.refused);
    json.number("anchors_foreign", anchors.foreign);
    if (report.anchors > 0) {
        json.number("anchored_size", report.anchored_size);
        json.text("anchored_at", format_iso_nanos(*report.anchored_at));
        json.text("anchor_file", report.anchor_file);
    }
}

}  // namespace

int report_exit_code(const VerifyReport& report, const AnchorWords& anchors) {
    if (anchors.required && report.unanchored && report.verdict != Verdict::kTampered) {
        return verdict_exit_code(Verdict::kCannotVerify);
    }
    if (anchors.live && report.verdict == Verdict::kOpenTail) {
        return verdict_exit_code(Verdict::kClean);
    }
    return verdict_exit_code(report.verdict);
}

std::string report_text(const VerifyReport& report, const AnchorWords& anchors) {
    Lines out;
    out.text = std::string(verdict_name(report.verdict)) + "\n";
    put_anchors(report, anchors, out);
    out.line("reason", report.reason);
    out.line("where", location(report));
    if (!report.evidence_sha256.empty()) {
        out.line("evidence", "SHA-256 of the " + std::to_string(report.evidence_bytes) +
                                 " bytes from there to the file's end: " + report.evidence_sha256);
    }
    if (anchors.live && report.verdict == Verdict::kOpenTail) {
        out.line("live", "the open tail is accepted: an agent is said to hold the spool");
    }
    for (const ErasedRange& range : report.erased) {
        out.line("ERASED", range_words(range));
    }
    if (report.unfinished_erasures > 0) {
        out.line("WARNING", "keys of erased sections still stand in " +
                                counted(report.unfinished_erasures, "key file") +
                                ", the first is " + report.first_unfinished);
    }
    out.count("segments", report.segments, true);
    out.count("pruned segments, of which leaves and seals are left", report.pruned_segments);
    out.count("frames", report.frames, true);
    out.count("records", report.records, true);
    out.count("seals", report.seals, true);
    out.count("recoveries after an end that was not in order", report.recoveries);
    out.count("bytes", report.bytes, true);
    out.count("tree size", report.tree_size, true);
    out.line("root", report.root_hex);
    out.line("content", content_words(report));
    out.count("frames of unknown types, counted and not interpreted", report.unknown_frames);
    out.line(
        "trust",
        report.trust_is_local
            ? "this host's own key: proves nothing against root on this host; give --trust FILE"
            : "the key given with --trust");
    return out.text;
}

std::string report_json(const VerifyReport& report, const AnchorWords& anchors) {
    JsonObject json;
    json.text("verdict", verdict_name(report.verdict));
    json.text("reason", report.reason);
    put_place(report, json);
    put_anchors(report, anchors, json);
    json.number("segments", report.segments);
    json.number("pruned_segments", report.pruned_segments);
    json.number("unopened_segments", report.unopened_segments);
    json.raw("sections", sections_json(report));
    json.raw("erased", erased_json(report));
    json.number("unfinished_erasures", report.unfinished_erasures);
    json.number("unknown_frames", report.unknown_frames);
    json.number("frames", report.frames);
    json.number("records", report.records);
    json.number("seals", report.seals);
    json.number("recoveries", report.recoveries);
    json.number("bytes", report.bytes);
    json.number("tree_size", report.tree_size);
    json.text("root", report.root_hex);
    if (report.seals > 0) {
        json.text("sealed_at", format_iso_nanos(report.sealed_at));
    }
    json.boolean("content_checked", report.content_checked);
    json.boolean("trust_is_local", report.trust_is_local);
    return json.finish() + "\n";
}

}  // namespace llmtrail
