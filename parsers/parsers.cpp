#include "parsers/bedrock.h"
#include "parsers/exchange.h"
#include "parsers/json.h"
#include "parsers/otlp.h"
#include "parsers/parser.h"

namespace llmtrail {

// In the order in which `auto` asks. Each but the last knows its documents by keys of their own.
std::vector<std::unique_ptr<Parser>> make_parsers() {
    std::vector<std::unique_ptr<Parser>> parsers;
    parsers.push_back(make_otlp_parser());
    parsers.push_back(make_bedrock_parser());
    parsers.push_back(make_exchange_parser());
    parsers.push_back(make_json_parser());
    return parsers;
}

}  // namespace llmtrail
