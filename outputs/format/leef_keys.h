// The LEEF name of each CEF key the agent writes: QRadar's predefined names where there is one,
// else one word of our own. docs/outputs.md, "LEEF". Pure, any thread.
#pragma once

#include <array>
#include <string_view>

namespace llmtrail {

struct LeefName {
    std::string_view cef_key;
    std::string_view leef_key;
};

// A key that is not here keeps its name, and one with a label has the label for its name.
inline constexpr std::array kLeefNames = {
    LeefName{"act", "action"},
    LeefName{"rt", "devTime"},
    LeefName{"end", "endTime"},
    LeefName{"externalId", "eventUid"},
    LeefName{"deviceExternalId", "agentId"},
    LeefName{"dvchost", "resource"},
    LeefName{"deviceFacility", "sourceId"},
    LeefName{"suser", "usrName"},
    LeefName{"suid", "accountName"},
    LeefName{"spriv", "role"},
    LeefName{"sntdom", "domain"},
    LeefName{"shost", "deviceName"},
    LeefName{"requestClientApplication", "userAgent"},
    LeefName{"sourceServiceName", "appName"},
    LeefName{"destinationServiceName", "provider"},
    LeefName{"dhost", "endpointHost"},
    LeefName{"dpt", "dstPort"},
    LeefName{"request", "url"},
    LeefName{"requestMethod", "method"},
    LeefName{"requestContext", "sessionId"},
    LeefName{"filePath", "logFile"},
    LeefName{"cs4", "policy"},
    LeefName{"in", "srcBytes"},
    LeefName{"out", "dstBytes"},
    LeefName{"cnt", "count"},
};

constexpr std::string_view leef_key(std::string_view cef_key, std::string_view label) {
    for (const LeefName& name : kLeefNames) {
        if (name.cef_key == cef_key) {
            return name.leef_key;
        }
    }
    return label.empty() ? cef_key : label;
}

}  // namespace llmtrail
