// `exchange`: one call to a model API as an application's own logger or a proxy writes it: an
// object with `request` and `response`, whatever stands around them (url, status, ts, client, …).
// The bodies may be JSON, JSON in a string, or the text of a stream; they are read by
// parsers/bodies. One record a document. Ingest thread; never fails.
#pragma once

#include <memory>

#include "parsers/parser.h"

namespace llmtrail {

std::unique_ptr<Parser> make_exchange_parser();

}  // namespace llmtrail
