// The words of values that are one of a few, as agent.yaml writes them: read and written by the
// same tables. Inside config only. Pure.
#pragma once

#include <array>
#include <string_view>
#include <utility>

#include "config/settings.h"

namespace llmtrail {

template <typename Value, size_t N>
using Choices = std::array<std::pair<std::string_view, Value>, N>;

inline constexpr Choices<bool, 2> kStartAtChoices = {{{"beginning", false}, {"end", true}}};

inline constexpr Choices<DetectLanguage, 3> kDetectLanguageChoices = {{
    {"none", DetectLanguage::kNone},
    {"prompt", DetectLanguage::kPrompt},
    {"both", DetectLanguage::kBoth},
}};

inline constexpr Choices<OutputType, 5> kOutputTypeChoices = {
    {{"syslog", OutputType::kSyslog},
     {"file", OutputType::kFile},
     {"splunk_hec", OutputType::kSplunkHec},
     {"sentinel", OutputType::kSentinel},
     {"kafka", OutputType::kKafka}}};

inline constexpr Choices<EventFormat, 4> kFormatChoices = {{{"cef", EventFormat::kCef},
                                                            {"leef", EventFormat::kLeef},
                                                            {"leef2", EventFormat::kLeef2},
                                                            {"json", EventFormat::kJson}}};

inline constexpr Choices<SyslogTransport, 5> kTransportChoices = {{
    {"tls", SyslogTransport::kTls},
    {"tcp", SyslogTransport::kTcp},
    {"relp", SyslogTransport::kRelp},
    {"udp", SyslogTransport::kUdp},
    {"unix", SyslogTransport::kUnix},
}};

inline constexpr Choices<Framing, 2> kFramingChoices = {
    {{"octet", Framing::kOctet}, {"lf", Framing::kLf}}};

// RFC 5424, table 1, under the names of syslog(3); 12 to 15 have none there.
inline constexpr Choices<uint8_t, 20> kFacilityChoices = {{
    {"kern", 0},      {"user", 1},    {"mail", 2},    {"daemon", 3},  {"auth", 4},
    {"syslog", 5},    {"lpr", 6},     {"news", 7},    {"uucp", 8},    {"cron", 9},
    {"authpriv", 10}, {"ftp", 11},    {"local0", 16}, {"local1", 17}, {"local2", 18},
    {"local3", 19},   {"local4", 20}, {"local5", 21}, {"local6", 22}, {"local7", 23},
}};

inline constexpr Choices<AzureAuthKind, 3> kAuthKindChoices = {
    {{"managed_identity", AzureAuthKind::kManagedIdentity},
     {"arc", AzureAuthKind::kArc},
     {"client_secret", AzureAuthKind::kClientSecret}}};

inline constexpr Choices<AnchorType, 2> kAnchorTypeChoices = {
    {{"timestamp", AnchorType::kTimestamp}, {"witness", AnchorType::kWitness}}};

inline constexpr Choices<OnFull, 2> kOnFullChoices = {
    {{"block", OnFull::kBlock}, {"drop_oldest", OnFull::kDropOldest}}};

template <typename Value, size_t N>
std::string_view choice_name(const Choices<Value, N>& choices, const Value& value) {
    for (const auto& [name, known] : choices) {
        if (known == value) {
            return name;
        }
    }
    return "";
}

}  // namespace llmtrail
