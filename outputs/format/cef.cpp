#include <array>
#include <charconv>

#include "format/cef_extension.h"
#include "format/cef_fields.h"
#include "format/formatter.h"

namespace llmtrail {

namespace {

// What is shortened first when an event is too long: response, prompt, sources. In events about
// settings cs3 and cs2 hold the new and the old value.
constexpr std::array kPreviewOrder = {cef_key("cs3"), cef_key("cs2"), cef_key("msg"),
                                      cef_key("cs5")};

constexpr std::string_view kHeaderStart = "CEF:0|llmtrail|agent|" LLMTRAIL_VERSION "|";

constexpr std::array kCommitmentKeys = {
    cef_key("llmtrailCommitEnvelope"), cef_key("llmtrailCommitPrompt"),
    cef_key("llmtrailCommitSources"), cef_key("llmtrailCommitOutput")};
static_assert(kCommitmentKeys.size() == kSectionCount);

void append_number(std::string& out, unsigned value) {
    std::array<char, 12> text;
    char* end = std::to_chars(text.data(), text.data() + text.size(), value).ptr;
    out.append(text.data(), static_cast<size_t>(end - text.data()));
}

class CefFormatter : public Formatter {
 public:
    explicit CefFormatter(FormatOptions options)
        : options_(std::move(options)), routes_(make_cef_routes()) {
        if (options_.event_bytes_max < kEventBytesMin) {
            options_.event_bytes_max = kEventBytesMin;
        }
    }

    void format(const AuditRecord& record, const SpoolReference& reference,
                std::string& out) override;

 private:
    void add_reference(const SpoolReference& reference);
    void add_fields(const AuditRecord& record, const EventClass& event_class,
                    const GuardrailSummary& guardrails);

    FormatOptions options_;
    std::vector<CefRoute> routes_;
    CefExtension extension_;
    CefScratch scratch_;
};

void CefFormatter::add_reference(const SpoolReference& reference) {
    extension_.add_text(cef_key("externalId"), {}, reference.event_id);
    extension_.add_text(cef_key("deviceExternalId"), {}, options_.host_id);
    extension_.add_text(cef_key("dvchost"), {}, options_.host_name);
    extension_.add_chain(cef_key("cs6"), "chain", reference.index, reference.leaf);
    for (size_t s = 0; s < kSectionCount; ++s) {
        extension_.add_hex(kCommitmentKeys[s], reference.commitments[s]);
    }
    if (reference.resent) {
        extension_.add_constant(cef_key("llmtrailResent"), "1");
    }
}

void CefFormatter::add_fields(const AuditRecord& record, const EventClass& event_class,
                              const GuardrailSummary& guardrails) {
    bool of_settings = event_class.id >= 400 && event_class.id < 500;
    extension_.add_constant(cef_key("cat"), event_class.category);
    extension_.add_constant(cef_key("act"), cef_action(event_class.id));
    if (of_settings) {
        extension_.add_text(cef_key("cs1"), "setting", record.text(Field::kConfigSetting));
        extension_.add_text(cef_key("llmtrailModel"), {}, record.text(Field::kGenAiRequestModel));
    }
    add_identity(extension_, record);
    if (guardrails.acted) {
        add_guardrails(extension_, record, scratch_);
    }
    for (const CefRoute& route : routes_) {
        bool model_of_settings = of_settings && route.field == Field::kGenAiRequestModel;
        if (record.has(route.field) && !model_of_settings) {
            add_routed_field(extension_, record, route, scratch_);
        }
    }
    add_request_context(extension_, record, scratch_);
    add_previews(extension_, record, options_, of_settings);
    add_sources(extension_, record, scratch_);
}

void CefFormatter::format(const AuditRecord& record, const SpoolReference& reference,
                          std::string& out) {
    GuardrailSummary guardrails = summarize_guardrails(record);
    const EventClass& event_class = event_class_of(record, guardrails);
    size_t start = out.size();
    out += kHeaderStart;
    append_number(out, event_class.id);
    out.push_back('|');
    out += event_class.name;
    out.push_back('|');
    append_number(out, event_class.severity);
    out.push_back('|');

    extension_.clear();
    add_fields(record, event_class, guardrails);
    add_reference(reference);
    extension_.fit(options_.event_bytes_max - (out.size() - start), kPreviewOrder.data(),
                   kPreviewOrder.size());
    extension_.write(out);
}

}  // namespace

std::unique_ptr<Formatter> make_cef_formatter(FormatOptions options) {
    return std::make_unique<CefFormatter>(std::move(options));
}

}  // namespace llmtrail
