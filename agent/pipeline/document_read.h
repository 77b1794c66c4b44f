// How documents of a source become records: by the parsers, as the source is configured. Tests put
// their own in its place. Called by the ingest thread; errors are those of the configuration.
#pragma once

#include <functional>

#include "config/settings.h"
#include "parsers/parser.h"

namespace llmtrail {

using DocumentRead = std::function<void(const DocumentReader::Document&, RecordSink&)>;
using MakeDocumentRead = std::function<Result<DocumentRead>(const SourceSettings&)>;

Result<DocumentRead> document_read_of(const SourceSettings& settings);

}  // namespace llmtrail
