// Reads records back from tests/golden/*/*/record.json, which has one field a line, so that the
// formatter is tested on what the parsers really make without linking them.
#pragma once

#include <string_view>
#include <vector>

#include "record/audit_record.h"

// Empty when the text is not of that form.
std::vector<llmtrail::AuditRecord> read_golden_records(std::string_view text);
