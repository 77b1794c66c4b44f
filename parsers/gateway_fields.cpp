#include "parsers/gateway_fields.h"

#include <algorithm>
#include <charconv>
#include <string>

#include "parsers/endpoint.h"
#include "parsers/exchange_parts.h"
#include "parsers/gateway_call.h"
#include "parsers/time_value.h"

namespace llmtrail {

namespace {

bool set_stamp(AuditRecord& record, Field field, JsonValue value, const ParseContext& context) {
    auto stamp = read_time(value, context);
    if (!stamp || record.has(field)) {
        return false;
    }
    record.set_time(field, stamp->at);
    return true;
}

std::optional<double> number_of(JsonValue value) {
    if (!value.is_string()) {
        return value.real();
    }
    double number = 0;
    std::string_view text = value.text();
    auto read = std::from_chars(text.data(), text.data() + text.size(), number);
    bool whole = read.ec == std::errc() && read.ptr == text.data() + text.size();
    return whole ? std::optional(number) : std::nullopt;
}

bool set_millis(AuditRecord& record, JsonValue value) {
    constexpr double kMillisMax = 1e12;
    auto millis = number_of(value);
    if (!millis || !(*millis >= 0) || *millis > kMillisMax || record.has(Field::kEventDuration)) {
        return false;
    }
    record.set_integer(Field::kEventDuration,
                       static_cast<int64_t>(*millis * static_cast<double>(kNanosPerMilli)));
    return true;
}

bool set_first_millis(AuditRecord& record, JsonValue value) {
    constexpr double kMillisPerSecond = 1000.0;
    auto millis = number_of(value);
    if (!millis || !(*millis >= 0) || record.has(Field::kGenAiResponseTimeToFirstChunk)) {
        return false;
    }
    record.set_real(Field::kGenAiResponseTimeToFirstChunk, *millis / kMillisPerSecond);
    return true;
}

bool set_url(const BodyPlace& place, std::string_view url) {
    AuditRecord& record = place.record();
    if (record.has(Field::kUrlPath) || record.has(Field::kServerAddress) ||
        !set_endpoint(record, url)) {
        return false;
    }
    read_url_query(url, place.scratch().unmapped);
    return true;
}

// A path, perhaps without its first slash and with a query; or a whole URL after all.
bool set_path(const BodyPlace& place, std::string_view text) {
    if (text.find("://") != std::string_view::npos) {
        return set_url(place, text);
    }
    std::string_view path = text.substr(0, text.find_first_of("?#"));
    if (!fill_text(place.record(), Field::kUrlPath, path)) {
        return false;
    }
    read_url_query(text, place.scratch().unmapped);
    return true;
}

// "[::1]:443", "203.0.113.7:443" or no port.
std::string_view address_of(std::string_view peer, std::string_view& port) {
    size_t colon = peer.rfind(':');
    bool bracket = peer.starts_with('[');
    bool bare_v6 = !bracket && peer.find(':') != colon;
    if (colon == std::string_view::npos || bare_v6 || (bracket && peer.ends_with(']'))) {
        port = {};
    } else {
        port = peer.substr(colon + 1);
        peer = peer.substr(0, colon);
    }
    if (bracket && peer.ends_with(']')) {
        peer = peer.substr(1, peer.size() - 2);
    }
    return peer;
}

// The first of several addresses is the one that asked, and says so of itself: the list is kept.
bool set_peer(const BodyPlace& place, JsonMember member) {
    constexpr size_t kAddressBytesMax = 64;
    std::string_view text = member.value.text();
    std::string_view port;
    std::string_view first = address_of(text.substr(0, text.find(',')), port);
    bool set =
        first.size() <= kAddressBytesMax && fill_text(place.record(), Field::kClientIp, first);
    if (set && first != text) {
        place.keep(member.key, member.value);
    }
    return set;
}

bool set_upstream(const BodyPlace& place, std::string_view peer) {
    std::string_view port;
    std::string_view address = address_of(peer, port);
    int64_t number = 0;
    auto read = std::from_chars(port.data(), port.data() + port.size(), number);
    if (!fill_text(place.record(), Field::kServerAddress, address)) {
        return false;
    }
    if (read.ec == std::errc() && number > 0 && number < 65536) {
        fill_integer(place.record(), Field::kServerPort, number);
    }
    return true;
}

// A route's or a backend's name is no provider.
bool set_provider(const BodyPlace& place, JsonMember member) {
    std::string_view word = member.value.text();
    if (word.empty() || word.find('/') != std::string_view::npos) {
        return false;
    }
    std::string provider = provider_of_gateway(word);
    bool set = fill_text(place.record(), Field::kGenAiProviderName, provider);
    if (set && provider != word) {
        place.keep(member.key, member.value);
    }
    return set;
}

bool set_rating(AuditRecord& record, JsonValue value) {
    if (auto good = value.boolean()) {
        return fill_text(record, Field::kFeedbackRating, *good ? "1" : "0");
    }
    return fill(record, Field::kFeedbackRating, value);
}

bool put(const BodyPlace& place, const GatewayMeaning& meaning, JsonMember member,
         const ParseContext& context) {
    AuditRecord& record = place.record();
    std::string_view text = member.value.text();
    switch (meaning.action) {
        case GatewayAction::kFill:
            return fill(record, meaning.field, member.value);
        case GatewayAction::kTime:
            return !record.has(Field::kEventTime) && set_event_time(record, member.value, context);
        case GatewayAction::kStamp:
            return set_stamp(record, meaning.field, member.value, context);
        case GatewayAction::kMillis:
            return set_millis(record, member.value);
        case GatewayAction::kFirstMillis:
            return set_first_millis(record, member.value);
        case GatewayAction::kUrl:
            return set_url(place, text);
        case GatewayAction::kPath:
            return set_path(place, text);
        case GatewayAction::kPeer:
            return set_peer(place, member);
        case GatewayAction::kUpstream:
            return set_upstream(place, text);
        case GatewayAction::kProvider:
            return set_provider(place, member);
        case GatewayAction::kFeedback:
            return set_rating(record, member.value);
        case GatewayAction::kCustom:
            return false;
    }
    return false;
}

}  // namespace

void read_gateway_member(const BodyPlace& place, const GatewayMeaning& meaning, JsonMember member,
                         const ParseContext& context) {
    if (!put(place, meaning, member, context)) {
        place.keep(member.key, member.value);
    }
}

bool open_object(JsonValue& value, JsonTree& tree) {
    if (value.is_string()) {
        auto read = tree.read(value.text(), false);
        if (read && read->is_object()) {
            value = *read;
        }
    }
    return value.is_object();
}

}  // namespace llmtrail
