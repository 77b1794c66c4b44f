// The endpoint a call went to, from its URL: server.address, server.port, url.path, and the
// provider by host or, where a path belongs to one API only, by path. User names, passwords,
// queries and fragments are dropped: they carry keys. Pure but for the record; ingest thread.
#pragma once

#include <string_view>

#include "record/audit_record.h"

namespace llmtrail {

// "https://api.openai.com/v1/chat/completions?x=1", "/v1/messages" or "host:port/path". Fields that
// are set stay. False: no URL; nothing was set.
bool set_endpoint(AuditRecord& record, std::string_view url);

// OpenTelemetry's name of the provider at `host`, "" when unknown.
std::string_view provider_by_host(std::string_view host);

// The same by path, for hosts of the operator's own.
std::string_view provider_by_path(std::string_view path);

}  // namespace llmtrail
