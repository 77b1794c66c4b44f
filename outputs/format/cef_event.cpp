#include "format/cef_event.h"

#include <array>

namespace llmtrail {

namespace {

// What is shortened first when an event is too long: response, prompt, sources. In events about
// settings cs3 and cs2 hold the new and the old value.
constexpr std::array kPreviewOrder = {cef_key("cs3"), cef_key("cs2"), cef_key("msg"),
                                      cef_key("cs5")};

constexpr std::array kCommitmentKeys = {
    cef_key("llmtrailCommitEnvelope"), cef_key("llmtrailCommitPrompt"),
    cef_key("llmtrailCommitSources"), cef_key("llmtrailCommitOutput")};
static_assert(kCommitmentKeys.size() == kSectionCount);

}  // namespace

CefEvent::CefEvent(FormatOptions options)
    : options_(std::move(options)), routes_(make_cef_routes()) {
    if (options_.event_bytes_max < kEventBytesMin) {
        options_.event_bytes_max = kEventBytesMin;
    }
}

void CefEvent::add_reference(const SpoolReference& reference) {
    pairs_.add_text(cef_key("externalId"), {}, reference.event_id);
    pairs_.add_text(cef_key("deviceExternalId"), {}, options_.host_id);
    pairs_.add_text(cef_key("dvchost"), {}, options_.host_name);
    pairs_.add_chain(cef_key("cs6"), "chain", reference.index, reference.leaf);
    for (size_t s = 0; s < kSectionCount; ++s) {
        pairs_.add_hex(kCommitmentKeys[s], reference.commitments[s]);
    }
    if (reference.resent) {
        pairs_.add_constant(cef_key("llmtrailResent"), "1");
    }
}

void CefEvent::add_fields(const AuditRecord& record, const EventClass& event_class,
                          const GuardrailSummary& guardrails) {
    bool of_settings = event_class.id >= 400 && event_class.id < 500;
    pairs_.add_constant(cef_key("cat"), event_class.category);
    // What failed was neither edited nor changed.
    bool in_vain = event_class.id >= 300 && record.text(Field::kEventOutcome) == "failure";
    pairs_.add_constant(cef_key("act"), in_vain ? std::string_view() : cef_action(event_class.id));
    if (of_settings) {
        pairs_.add_text(cef_key("cs1"), "setting", record.text(Field::kConfigSetting));
        pairs_.add_text(cef_key("llmtrailModel"), {}, record.text(Field::kGenAiRequestModel));
    }
    add_identity(pairs_, record);
    if (guardrails.acted) {
        add_guardrails(pairs_, record, scratch_);
    }
    for (const CefRoute& route : routes_) {
        bool model_of_settings = of_settings && route.field == Field::kGenAiRequestModel;
        if (record.has(route.field) && !model_of_settings) {
            add_routed_field(pairs_, record, route, scratch_);
        }
    }
    add_request_context(pairs_, record, scratch_);
    add_previews(pairs_, record, options_, of_settings);
    add_sources(pairs_, record, scratch_);
}

const EventClass& CefEvent::fill(const AuditRecord& record, const SpoolReference& reference) {
    GuardrailSummary guardrails = summarize_guardrails(record);
    const EventClass& event_class = event_class_of(record, guardrails);
    pairs_.clear();
    add_fields(record, event_class, guardrails);
    add_reference(reference);
    return event_class;
}

void CefEvent::fit(size_t bytes_max) {
    pairs_.fit(bytes_max, kPreviewOrder.data(), kPreviewOrder.size());
}

}  // namespace llmtrail
