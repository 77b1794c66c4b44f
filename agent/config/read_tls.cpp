#include <algorithm>

#include "config/map_reader.h"
#include "config/section_readers.h"

namespace llmtrail {

namespace {

constexpr size_t kPinDigits = 43;  // of base64 for 32 bytes, and one `=`
constexpr size_t kPinsMax = 16;
constexpr int64_t kReconnectAfterMsLeast = 60'000;
constexpr int64_t kReconnectAfterMsMost = int64_t{7} * 86'400'000;

bool is_pin(std::string_view text) {
    if (!text.starts_with(kPinPrefix) || !text.ends_with("=")) {
        return false;
    }
    std::string_view digits = text.substr(kPinPrefix.size(), text.size() - kPinPrefix.size() - 1);
    return digits.size() == kPinDigits && std::all_of(digits.begin(), digits.end(), [](char c) {
               return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                      c == '+' || c == '/';
           });
}

void read_pins(MapReader& reader, TlsOptions& tls) {
    reader.text_list("pins", tls.pins);
    bool pins = std::all_of(tls.pins.begin(), tls.pins.end(), is_pin);
    if (!pins || tls.pins.size() > kPinsMax) {
        reader.problem(*reader.find("pins"),
                       pins ? "more than 16 pins" : "a pin is no SHA-256 of a public key",
                       "write pins: [\"sha256//<base64 of 32 bytes>\", ...]");
    }
}

}  // namespace

void read_tls(MapReader& output_reader, OutputSettings& output, Problems& problems) {
    const ConfigNode* node = output_reader.find("tls");
    if (node == nullptr) {
        return;
    }
    MapReader reader(*node, "`tls` of " + output_reader.what(), problems);
    reader.absolute_path("ca_file", output.tls.ca_file);
    reader.absolute_path("cert_file", output.tls.cert_file);
    reader.absolute_path("key_file", output.tls.key_file);
    if (output.type == OutputType::kSyslog) {
        reader.text("server_name", output.tls.server_name);
    } else {
        reader.later("server_name");  // it is the host of the address
    }
    reader.absolute_path("crl_file", output.tls.crl_file);
    if (output.type == OutputType::kKafka) {
        reader.misplaced("pins",
                         "librdkafka compares no keys: name the brokers' own authority in ca_file");
    } else {
        read_pins(reader, output.tls);
    }
    reader.duration_ms("reconnect_after", output.tls.connection_age_max_ms, kReconnectAfterMsLeast,
                       kReconnectAfterMsMost);
    reader.finish();
    if (reader.has("cert_file") != reader.has("key_file")) {
        reader.problem_here("`cert_file` and `key_file` go together", "set both or neither");
    }
    if (!uses_tls(output) && !node->children.empty()) {
        reader.problem_here("`tls` has no effect with transport: tcp, udp or unix",
                            "write transport: tls, or remove `tls`");
    }
}

}  // namespace llmtrail
