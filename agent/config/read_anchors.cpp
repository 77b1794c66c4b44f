#include <algorithm>
#include <array>

#include "base/hex.h"
#include "config/choices.h"
#include "config/map_reader.h"
#include "config/section_readers.h"

namespace llmtrail {

namespace {

constexpr size_t kUrlBytesMax = 2048;
constexpr size_t kPolicyBytesMax = 128;
constexpr size_t kVerifierKeyBytes = 33;  // type and Ed25519 key
constexpr size_t kNoteKeyIdDigits = 8;
constexpr char kCosignatureType = 4;

constexpr std::array<std::string_view, 9> kAnchorKeys = {
    "id", "type", "url", "allow_http", "interval", "ca_file", "policy", "key", "tls"};

// False: the anchor's other keys cannot be checked.
bool read_type(MapReader& reader, AnchorSettings& anchor) {
    const ConfigNode* node = reader.need_scalar("type", "type: timestamp or type: witness");
    reader.choice("type", anchor.type, kAnchorTypeChoices);
    auto is_written = [node](const auto& type) {
        return node != nullptr && type.first == node->scalar;
    };
    if (std::any_of(kAnchorTypeChoices.begin(), kAnchorTypeChoices.end(), is_written)) {
        return true;
    }
    for (std::string_view key : kAnchorKeys) {
        reader.find(key);
    }
    reader.finish();
    return false;
}

// Nothing but scheme, host, port and path, in printable ASCII.
bool is_plain_url(std::string_view url, std::string_view scheme) {
    if (!url.starts_with(scheme) || url.size() > kUrlBytesMax) {
        return false;
    }
    std::string_view rest = url.substr(scheme.size());
    bool printable = std::all_of(rest.begin(), rest.end(), [](char c) {
        return c > ' ' && c < '\x7F' && c != '@' && c != '#' && c != '?' && c != '\\';
    });
    return printable && !rest.empty() && rest.front() != '/' && rest.front() != ':';
}

void read_url(MapReader& reader, AnchorSettings& anchor) {
    const ConfigNode* node = reader.need_scalar("url", "url: https://HOST/PATH");
    if (node == nullptr) {
        return;
    }
    anchor.url = node->scalar;
    while (anchor.type == AnchorType::kWitness && anchor.url.ends_with('/')) {
        anchor.url.pop_back();
    }
    if (is_plain_url(anchor.url, "https://") ||
        (anchor.allow_http && is_plain_url(anchor.url, "http://"))) {
        return;
    }
    if (is_plain_url(anchor.url, "http://")) {
        reader.problem(*node, "`" + anchor.url + "` is not https",
                       "where the holder has nothing else, add allow_http: true: what it answers "
                       "is signed, but anybody on the way can withhold it");
        return;
    }
    reader.problem(*node, "`" + anchor.url + "` is no URL of a host and a path",
                   "write url: https://HOST/PATH, without user, query and fragment");
}

bool is_oid(std::string_view text) {
    bool digit_before = false;
    size_t dots = 0;
    for (char c : text) {
        if (c == '.' ? !digit_before : c < '0' || c > '9') {
            return false;
        }
        dots += c == '.' ? 1U : 0U;
        digit_before = c != '.';
    }
    return digit_before && dots >= 2 && text.size() <= kPolicyBytesMax;
}

void read_timestamp(MapReader& reader, AnchorSettings& anchor) {
    anchor.interval_ms = kTimestampIntervalMs;
    reader.need_scalar("ca_file", "ca_file: /etc/llmtrail/tsa-ca.pem, what its signer leads to");
    reader.absolute_path("ca_file", anchor.ca_file);
    reader.text("policy", anchor.policy);
    const ConfigNode* policy = reader.find("policy");
    if (policy != nullptr && !is_oid(anchor.policy)) {
        reader.problem(*policy, "`" + anchor.policy + "` is no object identifier",
                       "write it as policy: 1.2.3.4");
    }
    reader.misplaced("key", "it belongs to an anchor of type: witness");
}

// NAME+KEYID+BASE64; whether the id belongs to the key is checked when the thread starts.
bool is_witness_key(std::string_view text) {
    size_t first = text.find('+');
    size_t second = first == text.npos ? text.npos : text.find('+', first + 1);
    if (first == 0 || second == text.npos || second - first - 1 != kNoteKeyIdDigits) {
        return false;
    }
    auto raw = from_base64(text.substr(second + 1));
    return raw && raw->size() == kVerifierKeyBytes && raw->front() == kCosignatureType;
}

void read_witness(MapReader& reader, AnchorSettings& anchor) {
    const ConfigNode* node =
        reader.need_scalar("key", "key: NAME+KEYID+BASE64, as it publishes it");
    if (node != nullptr) {
        anchor.key = node->scalar;
        if (!is_witness_key(anchor.key)) {
            reader.problem(*node, "`" + anchor.key + "` is no key of a witness",
                           "write name+key id+base64 of type 4, as the witness publishes it");
        }
    }
    reader.misplaced("ca_file", "for https write tls: {ca_file: ...}; a witness signs with `key`");
    reader.misplaced("policy", "it belongs to an anchor of type: timestamp");
}

void read_anchor(const ConfigNode& item, Settings& settings, std::vector<std::string>& taken,
                 Problems& problems) {
    MapReader reader(item, item_name("anchor", item), problems);
    AnchorSettings anchor;
    read_id(reader, anchor.id, taken);
    if (!read_type(reader, anchor)) {
        return;
    }
    reader.boolean("allow_http", anchor.allow_http);
    read_url(reader, anchor);
    if (anchor.type == AnchorType::kTimestamp) {
        read_timestamp(reader, anchor);
    } else {
        read_witness(reader, anchor);
    }
    reader.duration_ms("interval", anchor.interval_ms, 0, kAnchorIntervalMsMost);
    if (const ConfigNode* tls = reader.find("tls")) {
        MapReader tls_reader(*tls, "`tls` of " + reader.what(), problems);
        tls_reader.absolute_path("ca_file", anchor.tls_ca_file);
        tls_reader.finish();
    }
    reader.finish();
    settings.anchors.push_back(std::move(anchor));
}

}  // namespace

void read_anchors(const ConfigNode& list, Settings& settings, Problems& problems) {
    if (list.kind != NodeKind::kList) {
        problems.add(list.shown_place(), "`anchors` takes a list",
                     "begin each anchor with `- id: NAME`");
        return;
    }
    std::vector<std::string> taken;
    for (const ConfigNode& item : list.children) {
        read_anchor(item, settings, taken, problems);
    }
}

}  // namespace llmtrail
