#include "pipeline/reload_verdict.h"

#include "base/hex.h"
#include "base/utf8.h"
#include "pipeline/agent_record.h"
#include "pipeline/json_object.h"
#include "pipeline/settings_change.h"

namespace llmtrail {

namespace {

constexpr size_t kErrorBytesTold = size_t{48} << 10;  // of all errors; JSON doubles some bytes
constexpr size_t kFirstErrorBytes = 400;              // in a record
constexpr size_t kDigestDigitsTold = 16;

std::string short_digest(const Bytes& digest) {
    return digest.empty() ? "none" : to_hex(digest).substr(0, kDigestDigitsTold);
}

void put_texts(std::string& out, const std::vector<std::string>& texts, size_t bytes_max) {
    out.push_back('[');
    for (const std::string& text : texts) {
        if (text.size() > bytes_max) {
            break;
        }
        bytes_max -= text.size();
        std::string clean;
        append_repaired_utf8(clean, text);
        if (out.back() != '[') {
            out.push_back(',');
        }
        append_json_string(out, clean);
    }
    out.push_back(']');
}

}  // namespace

std::string_view outcome_word(ReloadOutcome outcome) {
    switch (outcome) {
        case ReloadOutcome::kAccepted:
            return "accepted";
        case ReloadOutcome::kUnchanged:
            return "unchanged";
        case ReloadOutcome::kRefused:
            return "refused";
        case ReloadOutcome::kRestartNeeded:
            return "restart needed";
        case ReloadOutcome::kForbidden:
            return "forbidden";
    }
    return "";
}

// Without the lines that quote the file.
std::string first_error(const ReloadVerdict& verdict) {
    const std::string all = verdict.errors.empty() ? "" : verdict.errors.front();
    std::string clean;
    append_repaired_utf8(clean, utf8_prefix_bytes(all.substr(0, all.find('\n')), kFirstErrorBytes));
    return clean;
}

std::string reload_json(const ReloadVerdict& verdict) {
    std::string out;
    {
        JsonObjectWriter object(out);
        object.text("verdict", outcome_word(verdict.outcome));
        object.count("generation", verdict.generation);
        object.text("digest", to_hex(verdict.digest));
        object.text("digest_read", to_hex(verdict.digest_read));
        put_texts(object.begin("keys"), verdict.keys, kErrorBytesTold / 4);
        put_texts(object.begin("errors"), verdict.errors, kErrorBytesTold);
    }
    out.push_back('\n');
    return out;
}

AgentNews reload_news(const ReloadVerdict& verdict) {
    bool taken =
        verdict.outcome == ReloadOutcome::kAccepted || verdict.outcome == ReloadOutcome::kUnchanged;
    std::string detail = "configuration " + std::string(outcome_word(verdict.outcome)) +
                         ", asked by " + verdict.asked_by + ", generation " +
                         std::to_string(verdict.generation);
    if (verdict.outcome == ReloadOutcome::kAccepted) {
        detail += ", digest " + short_digest(verdict.digest_before) + " to " +
                  short_digest(verdict.digest);
    } else {
        detail += ", digest " + short_digest(verdict.digest) + ", read " +
                  short_digest(verdict.digest_read);
    }
    if (!verdict.keys.empty()) {
        detail += "; keys: " + describe_keys(verdict.keys);
    }
    if (!verdict.errors.empty()) {
        detail += "; errors: " + std::to_string(verdict.errors.size()) +
                  ", first: " + first_error(verdict);
    }
    return {taken ? kClassConfigReloaded : kClassConfigRejected, "configuration", std::move(detail),
            1};
}

}  // namespace llmtrail
