#include <algorithm>
#include <cstdint>

#include "format/cef_event.h"
#include "format/cef_numbers.h"
#include "format/formatter.h"
#include "format/leef_keys.h"

namespace llmtrail {

namespace {

constexpr std::string_view kHeaderStart = "LEEF:1.0|llmtrail|agent|" LLMTRAIL_VERSION "|";
constexpr char kSeparator = '\t';
constexpr std::string_view kBrokenBar = "\xC2\xA6";
constexpr unsigned kSeverityMin = 1;  // QRadar takes 1 to 10

// A value that is escaped for CEF, as LEEF has it, which knows no escapes: line breaks become
// blanks, and a pipe, at which some readers split even values, a broken bar.
void append_value(std::string& out, std::string_view escaped) {
    for (size_t at = 0; at < escaped.size(); ++at) {
        char c = escaped[at];
        if (c == '\\' && at + 1 < escaped.size()) {
            char next = escaped[++at];
            out.push_back(next == 'n' || next == 'r' ? ' ' : next);
        } else if (c == '|') {
            out += kBrokenBar;
        } else {
            out.push_back(c);
        }
    }
}

class LeefFormatter : public Formatter {
 public:
    explicit LeefFormatter(FormatOptions options) : event_(std::move(options)) {}

    void format(const AuditRecord& record, const SpoolReference& reference,
                std::string& out) override;

 private:
    void write_attributes(std::string& out, bool of_prompt) const;

    CefEvent event_;
};

// `of_prompt`: msg previews the prompt.
void LeefFormatter::write_attributes(std::string& out, bool of_prompt) const {
    const CefExtension& pairs = event_.pairs();
    bool prompt_twice = pairs.has_labelled("prompt");
    pairs.for_each([&](CefKeyId key, std::string_view label, std::string_view value) {
        bool prompt = of_prompt && key == cef_key("msg");
        if (prompt && prompt_twice) {
            return;
        }
        out.push_back(kSeparator);
        out += prompt ? "prompt" : leef_key(kCefKeys[key].name, label);
        out.push_back('=');
        append_value(out, value);
    });
    if (pairs.omitted() > 0) {
        out += "\tllmtrailOmitted=";
        append_unsigned(out, pairs.omitted());
    }
}

void LeefFormatter::format(const AuditRecord& record, const SpoolReference& reference,
                           std::string& out) {
    const EventClass& event_class = event_.fill(record, reference);
    bool of_prompt =
        record.text(Field::kEventKind) != "rejected" && record.text(Field::kEventKind) != "agent";
    size_t start = out.size();
    out += kHeaderStart;
    append_unsigned(out, event_class.id);
    out += "|sev=";
    append_unsigned(out, std::max<unsigned>(event_class.severity, kSeverityMin));
    out += "\tname=";
    out += event_class.name;
    size_t head = out.size();
    event_.fit_written(event_.event_bytes_max() - (head - start), [&] {
        out.resize(head);
        write_attributes(out, of_prompt);
        return out.size() - head;
    });
}

}  // namespace

std::unique_ptr<Formatter> make_leef_formatter(FormatOptions options) {
    return std::make_unique<LeefFormatter>(std::move(options));
}

}  // namespace llmtrail
