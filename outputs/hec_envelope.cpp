#include "outputs/hec_envelope.h"

#include <array>

#include "base/json_text.h"
#include "base/time.h"

namespace llmtrail {

namespace {

constexpr int64_t kTimeMsMax = 9'999'999'999'999;

void append_time(std::string& out, int64_t time_ns) {
    int64_t millis = time_ns / kNanosPerMilli;
    if (millis <= 0 || millis > kTimeMsMax) {
        return;
    }
    out += "\"time\":";
    append_json_integer(out, millis / 1000);
    auto rest = static_cast<int>(millis % 1000);
    std::array<char, 5> fraction{'.', static_cast<char>('0' + rest / 100),
                                 static_cast<char>('0' + rest / 10 % 10),
                                 static_cast<char>('0' + rest % 10), ','};
    out.append(fraction.data(), fraction.size());
}

}  // namespace

HecEnvelope::HecEnvelope(const HecEnvelopeParts& parts) : members_(parts.members) {
    auto add = [this](std::string_view key, std::string_view value) {
        if (!value.empty()) {
            append_json_string(middle_, key);
            middle_.push_back(':');
            append_json_string(middle_, value);
            middle_.push_back(',');
        }
    };
    add("host", parts.host);
    add("source", parts.source);
    add("sourcetype", parts.sourcetype);
    add("index", parts.index);
}

void HecEnvelope::append(std::string& out, int64_t time_ns, std::string_view text) const {
    out.push_back('{');
    append_time(out, time_ns);
    out += middle_;
    if (members_ && text.size() > 2) {
        out += text.substr(1);
        return;
    }
    out += "\"event\":";
    append_json_string(out, text);
    out.push_back('}');
}

}  // namespace llmtrail
