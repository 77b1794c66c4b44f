#include "format/cef_event.h"
#include "format/cef_numbers.h"
#include "format/formatter.h"

namespace llmtrail {

namespace {

constexpr std::string_view kHeaderStart = "CEF:0|llmtrail|agent|" LLMTRAIL_VERSION "|";

class CefFormatter : public Formatter {
 public:
    explicit CefFormatter(FormatOptions options) : event_(std::move(options)) {}

    void format(const AuditRecord& record, const SpoolReference& reference,
                std::string& out) override;

 private:
    CefEvent event_;
};

void CefFormatter::format(const AuditRecord& record, const SpoolReference& reference,
                          std::string& out) {
    const EventClass& event_class = event_.fill(record, reference);
    size_t start = out.size();
    out += kHeaderStart;
    append_unsigned(out, event_class.id);
    out.push_back('|');
    out += event_class.name;
    out.push_back('|');
    append_unsigned(out, event_class.severity);
    out.push_back('|');
    event_.fit(event_.event_bytes_max() - (out.size() - start));
    event_.pairs().write(out);
}

}  // namespace

std::unique_ptr<Formatter> make_cef_formatter(FormatOptions options) {
    return std::make_unique<CefFormatter>(std::move(options));
}

}  // namespace llmtrail
