#include "config/map_reader.h"
#include "config/section_readers.h"
#include "config/values.h"

namespace llmtrail {

namespace {

constexpr size_t kTokensMax = 4;
constexpr std::string_view kTokenHint =
    "write ${cred:NAME}, ${file:PATH} or ${env:NAME}, and put the token there";

void read_url(MapReader& reader, OutputSettings& output) {
    constexpr std::string_view kHint = "url: https://splunk.example.com:8088";
    const ConfigNode* node = reader.need_scalar("url", kHint);
    if (node == nullptr) {
        return;
    }
    std::string_view url = node->scalar;
    if (url.starts_with("http://")) {
        reader.problem(*node, "`url` is not https: the token and the events would be sent in clear",
                       "HEC takes HTTPS when SSL is on in its global settings");
        return;
    }
    constexpr std::string_view kScheme = "https://";
    if (!url.starts_with(kScheme) || !is_plain_address(url.substr(kScheme.size()))) {
        reader.problem(*node, "`url` is no https address of a host and a port", std::string(kHint));
        return;
    }
    if (url.find("/services/") != std::string_view::npos) {
        reader.problem(*node, "`url` goes on behind the host",
                       "write it without /services/collector: the agent adds what it needs");
        return;
    }
    output.hec.url = url;
}

// Nothing of a value that is no reference is repeated: it is a secret.
void read_tokens(MapReader& reader, OutputSettings& output, Problems& problems) {
    const ConfigNode* node = reader.need("token", "token: ${cred:hec_token}");
    if (node == nullptr) {
        return;
    }
    std::vector<const ConfigNode*> items;
    if (node->kind == NodeKind::kList) {
        for (const ConfigNode& item : node->children) {
            items.push_back(&item);
        }
    } else {
        items.push_back(node);
    }
    for (const ConfigNode* item : items) {
        std::optional<SecretReference> reference;
        if (item->kind == NodeKind::kScalar) {
            reference = parse_secret_reference(item->scalar);
        }
        if (!reference) {
            problems.add(node->key_place, "`token` must say where the token is, not hold it",
                         std::string(kTokenHint));
            return;
        }
        output.hec.tokens.push_back(std::move(*reference));
    }
    if (output.hec.tokens.size() > kTokensMax) {
        problems.add(node->key_place, "more than four tokens",
                     "two are enough while one follows the other");
    }
}

}  // namespace

void read_splunk_hec(MapReader& reader, OutputSettings& output, Problems& problems) {
    read_url(reader, output);
    read_tokens(reader, output, problems);
    HecSettings& hec = output.hec;
    reader.boolean("ack", hec.acknowledged);
    reader.boolean("gzip", hec.gzip);
    reader.text("index", hec.index);
    reader.text("source", hec.source);
    reader.text("sourcetype", hec.sourcetype);
    uint64_t batch = hec.batch_bytes_max;
    reader.size("max_batch", batch, kBatchBytesLeast, kBatchBytesMost);
    hec.batch_bytes_max = batch;
    if (hec.sourcetype.empty()) {
        hec.sourcetype = output.format == EventFormat::kJson ? "llmtrail:json" : "cef";
    }
    if (const ConfigNode* format = reader.find("format");
        format != nullptr &&
        (output.format == EventFormat::kLeef || output.format == EventFormat::kLeef2)) {
        reader.problem(*format, "a HTTP Event Collector is not sent LEEF", "format: cef or json");
    }
}

}  // namespace llmtrail
