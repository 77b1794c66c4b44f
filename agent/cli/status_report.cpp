#include "cli/status_report.h"

#include <algorithm>
#include <array>
#include <cinttypes>
#include <cstdio>

#include "base/time.h"
#include "base/utf8.h"
#include "json_tree/json_tree.h"

namespace llmtrail {

namespace {

constexpr size_t kLabelColumns = 18;
constexpr size_t kDigestDigitsShown = 16;

constexpr std::string_view kNextSteps =
    "\nNo source is configured: nothing is read. Next:\n"
    "  llmtrail init --source '/var/log/APP/*.jsonl' --output syslog --address HOST:PORT --ca-file "
    "FILE\n"
    "  llmtrail check --connect\n"
    "  systemctl reload llmtrail\n"
    "docs/sources.md has a source for each platform.\n";

std::string text_of(JsonValue object, std::string_view key) {
    return terminal_safe(object[key].text());
}

uint64_t count_of(JsonValue object, std::string_view key) {
    return static_cast<uint64_t>(std::max<int64_t>(object[key].integer().value_or(0), 0));
}

std::string counted(JsonValue object, std::string_view key, std::string_view what) {
    return std::to_string(count_of(object, key)) + " " + std::string(what);
}

// 1.5 GiB; bytes below 1 KiB.
std::string in_bytes(uint64_t bytes) {
    constexpr std::array kUnits = {"bytes", "KiB", "MiB", "GiB", "TiB"};
    size_t unit = 0;
    auto value = static_cast<double>(bytes);
    while (value >= 1024 && unit + 1 < kUnits.size()) {
        value /= 1024;
        ++unit;
    }
    std::array<char, 32> text{};
    (void)std::snprintf(text.data(), text.size(), unit == 0 ? "%.0f %s" : "%.1f %s", value,
                        kUnits[unit]);
    return text.data();
}

std::string in_time(int64_t seconds) {
    if (seconds < 120) {
        return std::to_string(seconds) + " s";
    }
    if (seconds < 7200) {
        return std::to_string(seconds / 60) + " min";
    }
    return seconds < 172'800 ? std::to_string(seconds / 3600) + " h"
                             : std::to_string(seconds / 86'400) + " days";
}

void line(std::string& out, std::string label, std::string_view words) {
    label.resize(std::max(label.size() + 1, kLabelColumns), ' ');
    out.append(label).append(words).append("\n");
}

// "; 3 files that cannot be read", unless there are none.
void add_problem(std::string& words, JsonValue object, std::string_view key,
                 std::string_view what) {
    if (count_of(object, key) > 0) {
        words += "; " + counted(object, key, what);
    }
}

// "; its certificate ends 2027-03-01".
void add_certificate(std::string& words, JsonValue output, std::string_view key,
                     std::string_view whose) {
    constexpr size_t kDateBytes = 10;
    if (std::string end = text_of(output, key); !end.empty()) {
        words.append("; ").append(whose).append(" ends ").append(end.substr(0, kDateBytes));
    }
}

void add_balance(std::string& words, JsonValue object) {
    if (object["balances"].boolean() == false) {
        words += "; THE LEDGER DOES NOT BALANCE";
    }
}

void describe_source(std::string& out, JsonValue source) {
    uint64_t lag = count_of(source, "lag_bytes");
    std::string words = lag == 0 ? "up to date" : in_bytes(lag) + " behind";
    words += "; " + counted(source, "documents", "documents, ") +
             counted(source, "records", "records, ") + counted(source, "rejected", "rejected");
    add_problem(words, source, "unreadable_files", "files or folders cannot be read");
    if (count_of(source, "lost_bytes") > 0) {
        words += "; " + in_bytes(count_of(source, "lost_bytes")) + " LOST before they were read";
    }
    add_balance(words, source);
    line(out, "source " + text_of(source, "id"), words);
}

void describe_output(std::string& out, JsonValue output) {
    std::string words = text_of(output, "state");
    std::string error = text_of(output, "last_error");
    if (!error.empty()) {
        words += ", " + error;
    }
    add_certificate(words, output, "tls_server_not_after", "its certificate");
    add_certificate(words, output, "tls_client_not_after", "ours");
    words += "; " + counted(output, "confirmed", text_of(output, "confirmation")) + ", " +
             counted(output, "pending", "waiting in the spool");
    add_problem(words, output, "resent", "sent again");
    add_problem(words, output, "dead_lettered", "REFUSED for good: llmtrail deadletter list");
    add_problem(words, output, "dropped", "REMOVED before they were delivered");
    add_problem(words, output, "unreadable", "could not be opened");
    add_balance(words, output);
    line(out, "output " + text_of(output, "id"), words);
}

void describe_log(std::string& out, JsonValue status) {
    JsonValue anchors = status["anchors"];
    std::string words = counted(status, "log_size", "records, ") +
                        counted(anchors, "sealed_size", "sealed, ") +
                        counted(anchors, "anchored_size", "anchored");
    if (!text_of(anchors, "holder").empty()) {
        words += " by " + text_of(anchors, "holder");
    }
    if (std::string state = text_of(anchors, "state"); state != "anchored") {
        words += "; " + state;
    }
    if (uint64_t seconds = count_of(anchors, "unanchored_seconds"); seconds > 0) {
        words += "; unanchored for " + in_time(static_cast<int64_t>(seconds));
    }
    line(out, "log", words);
    if (std::string root = text_of(anchors, "root"); !root.empty()) {
        line(out, "chain head", root + " of " + counted(anchors, "sealed_size", "sealed"));
    }
}

// 1.2 GiB of 10.0 GiB, 55.0 GiB free (1.0 GiB stay free); /var/lib/llmtrail/spool
void describe_spool(std::string& out, JsonValue status) {
    JsonValue spool = status["spool"];
    std::string words;
    if (spool["bytes"].exists()) {
        words = in_bytes(count_of(spool, "bytes")) + " of " +
                in_bytes(count_of(spool, "max_bytes")) + ", " +
                in_bytes(count_of(spool, "free_bytes")) + " free (" +
                in_bytes(count_of(spool, "min_free_bytes")) + " stay free); ";
    } else if (spool.exists()) {
        words = "CANNOT BE READ; ";
    }
    line(out, "spool", words + text_of(status, "spool_directory"));
}

void describe_configuration(std::string& out, JsonValue configuration) {
    if (!configuration.exists()) {
        return;  // of a version before
    }
    std::string words = "generation " + std::to_string(count_of(configuration, "generation")) +
                        ", digest " +
                        terminal_safe(configuration["digest"].text().substr(0, kDigestDigitsShown));
    JsonValue last = configuration["last_reload"];
    if (std::string error = text_of(last, "error"); !error.empty()) {
        words += "; the last reload: " + text_of(last, "verdict") + ", " + error;
    }
    line(out, "configuration", words);
}

}  // namespace

std::optional<std::string> describe_status(ByteView json) {
    JsonTree tree;
    Result<JsonValue> read = tree.read(json, false);
    if (!read || !read->is_object() || !(*read)["generation"].exists()) {
        return std::nullopt;
    }
    JsonValue status = *read;
    std::string out;
    std::string words = "version " + text_of(status, "version") + ", generation " +
                        std::to_string(count_of(status, "generation"));
    auto started = parse_iso_time(status["started"].text());
    auto now = parse_iso_time(status["now"].text());
    if (started && now) {
        words += ", up " + in_time((now->at.value - started->at.value) / kNanosPerSecond);
    }
    line(out, "llmtrail", words);
    describe_configuration(out, status["configuration"]);
    for (JsonValue source : status["sources"].items()) {
        describe_source(out, source);
    }
    describe_log(out, status);
    describe_spool(out, status);
    for (JsonValue output : status["outputs"].items()) {
        describe_output(out, output);
    }
    if (status["sources"].size() == 0) {
        out += kNextSteps;
    }
    return out;
}

}  // namespace llmtrail
