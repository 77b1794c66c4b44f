#include "parsers/anthropic_activity.h"
#include "parsers/azure.h"
#include "parsers/bedrock.h"
#include "parsers/body.h"
#include "parsers/cloudflare.h"
#include "parsers/cloudtrail.h"
#include "parsers/dify.h"
#include "parsers/envoy.h"
#include "parsers/exchange.h"
#include "parsers/helicone.h"
#include "parsers/json.h"
#include "parsers/kong.h"
#include "parsers/langfuse.h"
#include "parsers/langsmith.h"
#include "parsers/librechat.h"
#include "parsers/litellm.h"
#include "parsers/m365_copilot.h"
#include "parsers/nemo.h"
#include "parsers/openai_audit.h"
#include "parsers/openwebui.h"
#include "parsers/otlp.h"
#include "parsers/parser.h"
#include "parsers/portkey.h"
#include "parsers/server_log.h"
#include "parsers/vertex.h"

namespace llmtrail {

namespace {

// The formats before `exchange` know their documents by keys of their own, so that their order
// decides nothing but for a document that holds the keys of two; the last three are shapes.
constexpr ParserFormat kFormats[] = {
    {"otlp", make_otlp_parser},
    {"bedrock", make_bedrock_parser},
    {"cloudtrail", make_cloudtrail_parser},
    {"openwebui", make_openwebui_parser},
    {"azure", make_azure_parser},
    {"vertex", make_vertex_parser},
    {"langfuse", make_langfuse_parser},
    {"langsmith", make_langsmith_parser},
    {"litellm", make_litellm_parser},
    {"kong", make_kong_parser},
    {"envoy", make_envoy_parser},
    {"cloudflare", make_cloudflare_parser},
    {"portkey", make_portkey_parser},
    {"helicone", make_helicone_parser},
    {"nemo", make_nemo_parser},
    {"librechat", make_librechat_parser},
    {"dify", make_dify_parser},
    {"openai_audit", make_openai_audit_parser},
    {"anthropic_activity", make_anthropic_activity_parser},
    {"m365_copilot", make_m365_copilot_parser},
    {"server_log", make_server_log_parser},
    {"exchange", make_exchange_parser},
    {"body", make_body_parser},
    {"json", make_json_parser},
};

}  // namespace

std::span<const ParserFormat> parser_formats() {
    return kFormats;
}

}  // namespace llmtrail
