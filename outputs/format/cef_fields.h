// From the fields of a record to the pairs of a CEF event: what the catalogue's event column says,
// and the keys it marks "*", which are computed from several fields. Part of the CEF formatter
// (cef.cpp). Pure.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "format/cef_extension.h"
#include "format/formatter.h"
#include "record/audit_record.h"
#include "record/event_class.h"

namespace llmtrail {

// One row of the catalogue that goes straight to a key.
struct CefRoute {
    Field field;
    FieldType type;
    CefKeyId key;
    std::string_view label;
};

// The routes of the catalogue, in its order. Every key named there must stand in kCefKeys (checked
// at start).
std::vector<CefRoute> make_cef_routes();

// Texts made for one event; they stay in place until the next one.
struct CefScratch {
    std::string list;
    std::string sources;
    std::string guardrails;
    std::string context;

    void clear() {
        list.clear();
        sources.clear();
        guardrails.clear();
        context.clear();
    }
};

// The closed vocabulary of `act`; "" for classes that are not an action on a request.
std::string_view cef_action(uint16_t event_class);

// The record has the route's field.
void add_routed_field(CefExtension& extension, const AuditRecord& record, const CefRoute& route,
                      CefScratch& scratch);
void add_identity(CefExtension& extension, const AuditRecord& record);
void add_request_context(CefExtension& extension, const AuditRecord& record, CefScratch& scratch);
void add_guardrails(CefExtension& extension, const AuditRecord& record, CefScratch& scratch);
void add_sources(CefExtension& extension, const AuditRecord& record, CefScratch& scratch);
void add_previews(CefExtension& extension, const AuditRecord& record, const FormatOptions& options,
                  bool of_settings);

}  // namespace llmtrail
