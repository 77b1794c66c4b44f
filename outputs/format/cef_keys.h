// Every CEF key the agent ever writes, with the longest value its reader accepts, in the order of
// importance: when an event is too long for its destination, keys go from the end of this table.
// docs/outputs.md shows it. Pure, any thread.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace llmtrail {

enum class CefKeep : uint8_t {
    kAlways,    // what identifies the event and what says that something is missing
    kStandard,  // keys of the CEF dictionary
    kCustom,    // ours: readers keep them apart, so they go first
};

struct CefKey {
    std::string_view name;
    size_t characters_max;
    CefKeep keep;
};

inline constexpr std::array kCefKeys = {
    CefKey{"cat", 1023, CefKeep::kAlways},
    CefKey{"act", 63, CefKeep::kAlways},
    CefKey{"outcome", 63, CefKeep::kAlways},
    CefKey{"rt", 13, CefKeep::kAlways},
    CefKey{"externalId", 40, CefKeep::kAlways},
    CefKey{"deviceExternalId", 64, CefKeep::kAlways},
    CefKey{"cs6", 4000, CefKeep::kAlways},
    CefKey{"llmtrailResent", 1, CefKeep::kAlways},
    CefKey{"llmtrailPromptTruncated", 5, CefKeep::kAlways},
    CefKey{"llmtrailResponseTruncated", 5, CefKeep::kAlways},
    CefKey{"llmtrailSourcesTruncated", 5, CefKeep::kAlways},
    CefKey{"llmtrailTextAltered", 5, CefKeep::kAlways},
    CefKey{"llmtrailOmitted", 3, CefKeep::kAlways},
    CefKey{"suser", 1023, CefKeep::kStandard},
    CefKey{"suid", 1023, CefKeep::kStandard},
    CefKey{"src", 15, CefKeep::kStandard},
    CefKey{"c6a3", 45, CefKeep::kStandard},
    CefKey{"cs1", 4000, CefKeep::kStandard},
    CefKey{"cs4", 4000, CefKeep::kStandard},
    CefKey{"msg", 1023, CefKeep::kStandard},
    CefKey{"cs2", 4000, CefKeep::kStandard},
    CefKey{"cs3", 4000, CefKeep::kStandard},
    CefKey{"reason", 1023, CefKeep::kStandard},
    CefKey{"cnt", 10, CefKeep::kStandard},
    CefKey{"dvchost", 100, CefKeep::kStandard},
    CefKey{"deviceFacility", 1023, CefKeep::kStandard},
    CefKey{"sourceServiceName", 1023, CefKeep::kStandard},
    CefKey{"destinationServiceName", 1023, CefKeep::kStandard},
    CefKey{"spriv", 1023, CefKeep::kStandard},
    CefKey{"shost", 1023, CefKeep::kStandard},
    CefKey{"sntdom", 255, CefKeep::kStandard},
    CefKey{"end", 13, CefKeep::kStandard},
    CefKey{"cn1", 20, CefKeep::kStandard},
    CefKey{"cn2", 20, CefKeep::kStandard},
    CefKey{"cn3", 20, CefKeep::kStandard},
    CefKey{"cfp1", 32, CefKeep::kStandard},
    CefKey{"cfp2", 32, CefKeep::kStandard},
    CefKey{"cfp4", 32, CefKeep::kStandard},
    CefKey{"in", 10, CefKeep::kStandard},
    CefKey{"out", 10, CefKeep::kStandard},
    CefKey{"flexString1", 1023, CefKeep::kStandard},
    CefKey{"requestContext", 2048, CefKeep::kStandard},
    CefKey{"dhost", 1023, CefKeep::kStandard},
    CefKey{"dpt", 5, CefKeep::kStandard},
    CefKey{"requestMethod", 1023, CefKeep::kStandard},
    CefKey{"request", 1023, CefKeep::kStandard},
    CefKey{"requestClientApplication", 1023, CefKeep::kStandard},
    CefKey{"filePath", 1023, CefKeep::kStandard},
    CefKey{"cs5", 4000, CefKeep::kStandard},
    CefKey{"llmtrailCheckpoint", 1023, CefKeep::kCustom},
    CefKey{"llmtrailTreeSize", 20, CefKeep::kCustom},
    CefKey{"llmtrailSealNumber", 20, CefKeep::kCustom},
    CefKey{"llmtrailGeneration", 20, CefKeep::kCustom},
    CefKey{"llmtrailUnanchoredSeconds", 20, CefKeep::kCustom},
    CefKey{"llmtrailAnchoring", 63, CefKeep::kCustom},
    CefKey{"llmtrailAnchoredSize", 20, CefKeep::kCustom},
    CefKey{"llmtrailDurableIndex", 20, CefKeep::kCustom},
    CefKey{"llmtrailConfirmedIndex", 20, CefKeep::kCustom},
    CefKey{"llmtrailNextSealKey", 64, CefKeep::kCustom},
    CefKey{"llmtrailSealChain", 64, CefKeep::kCustom},
    CefKey{"llmtrailBootId", 36, CefKeep::kCustom},
    CefKey{"llmtrailClockErrorUs", 20, CefKeep::kCustom},
    CefKey{"llmtrailClockState", 63, CefKeep::kCustom},
    CefKey{"llmtrailCommitEnvelope", 64, CefKeep::kCustom},
    CefKey{"llmtrailCommitPrompt", 64, CefKeep::kCustom},
    CefKey{"llmtrailCommitSources", 64, CefKeep::kCustom},
    CefKey{"llmtrailCommitOutput", 64, CefKeep::kCustom},
    CefKey{"llmtrailSubject", 1023, CefKeep::kCustom},
    CefKey{"llmtrailEditor", 1023, CefKeep::kCustom},
    CefKey{"llmtrailEditTarget", 1023, CefKeep::kCustom},
    CefKey{"llmtrailConfigResource", 1023, CefKeep::kCustom},
    CefKey{"llmtrailReviewer", 1023, CefKeep::kCustom},
    CefKey{"llmtrailPurpose", 1023, CefKeep::kCustom},
    CefKey{"llmtrailTools", 1023, CefKeep::kCustom},
    CefKey{"llmtrailModel", 1023, CefKeep::kCustom},
    CefKey{"llmtrailResponseModel", 1023, CefKeep::kCustom},
    CefKey{"llmtrailErrorType", 1023, CefKeep::kCustom},
    CefKey{"llmtrailHttpStatus", 20, CefKeep::kCustom},
    CefKey{"llmtrailRefused", 5, CefKeep::kCustom},
    CefKey{"llmtrailSourcesCount", 20, CefKeep::kCustom},
    CefKey{"llmtrailRating", 1023, CefKeep::kCustom},
    CefKey{"llmtrailFlags", 1023, CefKeep::kCustom},
    CefKey{"llmtrailRejectDigest", 255, CefKeep::kCustom},
    CefKey{"llmtrailDocumentId", 255, CefKeep::kCustom},
    CefKey{"llmtrailResponseId", 255, CefKeep::kCustom},
    CefKey{"llmtrailAction", 1023, CefKeep::kCustom},
    CefKey{"llmtrailUserEmail", 1023, CefKeep::kCustom},
    CefKey{"llmtrailDeviceId", 1023, CefKeep::kCustom},
    CefKey{"llmtrailApiKeyId", 255, CefKeep::kCustom},
    CefKey{"llmtrailCached", 5, CefKeep::kCustom},
    CefKey{"llmtrailClientAddress", 255, CefKeep::kCustom},
    CefKey{"llmtrailTimePrecision", 63, CefKeep::kCustom},
};

using CefKeyId = uint8_t;
inline constexpr CefKeyId kNoCefKey = 0xFF;
static_assert(kCefKeys.size() <= 128);

constexpr CefKeyId find_cef_key(std::string_view name) {
    for (size_t i = 0; i < kCefKeys.size(); ++i) {
        if (kCefKeys[i].name == name) {
            return static_cast<CefKeyId>(i);
        }
    }
    return kNoCefKey;
}

// For names written in code: a name that is not in the table does not compile.
consteval CefKeyId cef_key(std::string_view name) {
    CefKeyId id = find_cef_key(name);
    return id == kNoCefKey ? throw "no such key" : id;
}

}  // namespace llmtrail
