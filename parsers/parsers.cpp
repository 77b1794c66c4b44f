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

// In the order in which `auto` asks. The formats before `exchange` know their documents by keys of
// their own, so that their order decides nothing; the last three are shapes.
std::vector<std::unique_ptr<Parser>> make_parsers() {
    std::vector<std::unique_ptr<Parser>> parsers;
    parsers.push_back(make_otlp_parser());
    parsers.push_back(make_bedrock_parser());
    parsers.push_back(make_cloudtrail_parser());
    parsers.push_back(make_openwebui_parser());
    parsers.push_back(make_azure_parser());
    parsers.push_back(make_vertex_parser());
    parsers.push_back(make_langfuse_parser());
    parsers.push_back(make_langsmith_parser());
    parsers.push_back(make_litellm_parser());
    parsers.push_back(make_kong_parser());
    parsers.push_back(make_envoy_parser());
    parsers.push_back(make_cloudflare_parser());
    parsers.push_back(make_portkey_parser());
    parsers.push_back(make_helicone_parser());
    parsers.push_back(make_nemo_parser());
    parsers.push_back(make_librechat_parser());
    parsers.push_back(make_dify_parser());
    parsers.push_back(make_openai_audit_parser());
    parsers.push_back(make_anthropic_activity_parser());
    parsers.push_back(make_m365_copilot_parser());
    parsers.push_back(make_server_log_parser());
    parsers.push_back(make_exchange_parser());
    parsers.push_back(make_body_parser());
    parsers.push_back(make_json_parser());
    return parsers;
}

}  // namespace llmtrail
