#include <algorithm>
#include <cstdint>

#include "format/cef_event.h"
#include "format/cef_numbers.h"
#include "format/formatter.h"
#include "format/leef_keys.h"

namespace llmtrail {

namespace {

struct Dialect {
    std::string_view header_start;  // up to the event id
    std::string_view header_end;    // behind it
    char separator;
};

constexpr Dialect kLeef1 = {"LEEF:1.0|llmtrail|agent|" LLMTRAIL_VERSION "|", "|", '\t'};
constexpr Dialect kLeef2 = {"LEEF:2.0|llmtrail|agent|" LLMTRAIL_VERSION "|", "|^|", '^'};
constexpr std::string_view kBrokenBar = "\xC2\xA6";
constexpr std::string_view kSmallCircumflex = "\xCB\x86";
constexpr unsigned kSeverityMin = 1;  // QRadar takes 1 to 10

// A value that is escaped for CEF, as LEEF has it, which knows no escapes: line breaks become
// blanks, and a pipe, at which some readers split even values, a broken bar. A circumflex that
// would separate becomes a small one; a tab is a blank already.
void append_value(std::string& out, std::string_view escaped, char separator) {
    for (size_t at = 0; at < escaped.size(); ++at) {
        char c = escaped[at];
        if (c == '\\' && at + 1 < escaped.size()) {
            char next = escaped[++at];
            out.push_back(next == 'n' || next == 'r' ? ' ' : next);
        } else if (c == '|') {
            out += kBrokenBar;
        } else if (c == separator) {
            out += kSmallCircumflex;
        } else {
            out.push_back(c);
        }
    }
}

class LeefFormatter : public Formatter {
 public:
    LeefFormatter(FormatOptions options, const Dialect& dialect)
        : event_(std::move(options)), dialect_(dialect) {}

    void format(const AuditRecord& record, const SpoolReference& reference,
                std::string& out) override;

 private:
    void write_attributes(std::string& out, bool of_prompt) const;

    CefEvent event_;
    const Dialect& dialect_;
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
        out.push_back(dialect_.separator);
        out += prompt ? "prompt" : leef_key(kCefKeys[key].name, label);
        out.push_back('=');
        append_value(out, value, dialect_.separator);
    });
    if (pairs.omitted() > 0) {
        out.push_back(dialect_.separator);
        out += "llmtrailOmitted=";
        append_unsigned(out, pairs.omitted());
    }
}

void LeefFormatter::format(const AuditRecord& record, const SpoolReference& reference,
                           std::string& out) {
    const EventClass& event_class = event_.fill(record, reference);
    bool of_prompt =
        record.text(Field::kEventKind) != "rejected" && record.text(Field::kEventKind) != "agent";
    size_t start = out.size();
    out += dialect_.header_start;
    append_unsigned(out, event_class.id);
    out += dialect_.header_end;
    out += "sev=";
    append_unsigned(out, std::max<unsigned>(event_class.severity, kSeverityMin));
    out.push_back(dialect_.separator);
    out += "name=";
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
    return std::make_unique<LeefFormatter>(std::move(options), kLeef1);
}

std::unique_ptr<Formatter> make_leef2_formatter(FormatOptions options) {
    return std::make_unique<LeefFormatter>(std::move(options), kLeef2);
}

}  // namespace llmtrail
