#include "spool/verify.h"

#include "base/json_text.h"
#include "cli/commands.h"

namespace llmtrail {

namespace {

// The key directory that stands beside a spool laid out as the agent does; "" when there is none.
std::string keys_beside(const std::string& spool, FileSystem& files) {
    std::string directory = spool;
    while (directory.size() > 1 && directory.back() == '/') {
        directory.pop_back();
    }
    std::string keys = directory.substr(0, directory.rfind('/')) + "/keys";
    auto info = files.info(keys, true);
    return info && info->type == FileType::kDirectory ? keys : "";
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
        return "NOT OPENED: structure, chain, tree and signatures only; give --keys DIR";
    }
    return "NOT OPENED in " + std::to_string(report.unopened_segments) +
           " segments, the first is " + report.first_unopened + ": no key here opens them";
}

std::string as_text(const VerifyReport& report) {
    std::string text = std::string(verdict_name(report.verdict)) + "\n";
    auto line = [&text](std::string_view name, std::string_view value) {
        if (!value.empty()) {
            text.append(name).append(": ").append(value).append("\n");
        }
    };
    line("reason", report.reason);
    line("where", location(report));
    line("segments", std::to_string(report.segments));
    line("frames", std::to_string(report.frames));
    line("records", std::to_string(report.records));
    line("seals", std::to_string(report.seals));
    line("bytes", std::to_string(report.bytes));
    line("tree size", std::to_string(report.tree_size));
    line("root", report.root_hex);
    line("content", content_words(report));
    if (report.unknown_frames > 0) {
        line("frames of unknown types, counted and not interpreted",
             std::to_string(report.unknown_frames));
    }
    line("trust",
         report.trust_is_local
             ? "this host's own key: proves nothing against root on this host; give --trust FILE"
             : "the key given with --trust");
    return text;
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

    std::string finish() { return out_ + "}\n"; }

 private:
    void key(std::string_view name) {
        out_ += out_.size() > 1 ? "," : "";
        append_json_string(out_, name);
        out_ += ':';
    }

    std::string out_ = "{";
};

std::string as_json(const VerifyReport& report) {
    JsonObject json;
    json.text("verdict", verdict_name(report.verdict));
    json.text("reason", report.reason);
    if (!report.segment.empty()) {
        json.text("segment", report.segment);
        json.number("frame", report.frame);
        json.number("offset", report.offset);
    }
    if (!report.section.empty()) {
        json.text("section", report.section);
    }
    if (report.record) {
        json.number("record", *report.record);
    }
    json.number("segments", report.segments);
    json.number("unopened_segments", report.unopened_segments);
    json.number("unknown_frames", report.unknown_frames);
    json.number("frames", report.frames);
    json.number("records", report.records);
    json.number("seals", report.seals);
    json.number("bytes", report.bytes);
    json.number("tree_size", report.tree_size);
    json.text("root", report.root_hex);
    json.boolean("content_checked", report.content_checked);
    json.boolean("trust_is_local", report.trust_is_local);
    return json.finish();
}

}  // namespace

ExitCode verify_command(const VerifyArguments& arguments, CommandSeams seams) {
    VerifyOptions options;
    options.directory = absolute_path(arguments.spool);
    options.key_directory = arguments.keys.empty() ? keys_beside(options.directory, seams.files)
                                                   : absolute_path(arguments.keys);
    options.trust_file = arguments.trust.empty() ? "" : absolute_path(arguments.trust);
    options.live = arguments.live;
    VerifyReport report = verify_spool(options, seams.files);
    auto written = seams.data.write(arguments.json ? as_json(report) : as_text(report));
    if (!written) {
        return seams.talk.refuse(written.error());
    }
    return static_cast<ExitCode>(verdict_exit_code(report.verdict));
}

}  // namespace llmtrail
