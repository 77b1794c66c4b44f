// status_json(): the status of the agent as docs/status.md has it.
#include "base/hex.h"
#include "base/utf8.h"
#include "pipeline/json_object.h"
#include "pipeline/status_board.h"

namespace llmtrail {

namespace {

std::string_view state_name(OutputHealth health) {
    switch (health) {
        case OutputHealth::kIdle:
            return "idle";
        case OutputHealth::kConnecting:
            return "connecting";
        case OutputHealth::kUp:
            return "up";
        case OutputHealth::kBackingOff:
            return "down";
    }
    return "";
}

void put_source(std::string& out, const SourceStatus& source) {
    const SourceTotals& totals = source.totals;
    JsonObjectWriter object(out);
    object.text("id", totals.id);
    object.count("lag_bytes", source.lag_bytes);
    object.count("documents", totals.documents);
    object.count("records", totals.records);
    object.count("rejected", totals.rejected);
    object.count("read_bytes", totals.read_bytes);
    object.count("record_bytes", totals.record_bytes);
    object.count("rejected_bytes", totals.rejected_bytes);
    object.count("skipped_bytes", totals.skipped_bytes);
    object.count("lost_bytes", totals.lost_bytes);
    object.count("unreadable_files", totals.unreadable_files);
    object.truth("balances", totals.balances());
}

void put_output(std::string& out, const OutputStatus& output) {
    const OutputTotals& totals = output.totals;
    JsonObjectWriter object(out);
    object.text("id", totals.id);
    object.text("state", state_name(output.health));
    if (!output.last_error.empty()) {
        std::string clean;
        append_repaired_utf8(clean, output.last_error);
        object.text("last_error", clean);
    }
    if (output.certificate_ends.receiver) {
        object.time("tls_server_not_after", *output.certificate_ends.receiver);
    }
    if (output.certificate_ends.own) {
        object.time("tls_client_not_after", *output.certificate_ends.own);
    }
    object.text("confirmation", totals.confirmation);
    object.count("backlog", totals.backlog);
    object.count("spooled", totals.spooled);
    object.count("confirmed", totals.confirmed);
    object.count("pending", totals.pending);
    object.count("dead_lettered", totals.dead_lettered);
    object.count("not_routed", totals.not_routed);
    object.count("aggregated", totals.aggregated);
    object.count("unreadable", totals.unreadable);
    object.count("dropped", totals.dropped);
    object.count("resent", totals.resent);
    object.truth("balances", totals.balances());
}

template <typename Item>
void put_list(std::string& out, const std::vector<Item>& items,
              void (*put)(std::string&, const Item&)) {
    out.push_back('[');
    for (const Item& item : items) {
        if (&item != &items.front()) {
            out.push_back(',');
        }
        put(out, item);
    }
    out.push_back(']');
}

void put_anchors(std::string& out, const IntakeStatus& intake) {
    const AnchorTotals& anchors = intake.anchors;
    JsonObjectWriter object(out);
    object.text("state", anchors.state);
    object.text("holder", anchors.holder);
    object.count("sealed_size", anchors.sealed_size);
    object.text("root", to_hex(view(intake.sealed_root)));
    object.count("anchored_size", anchors.anchored_size);
    object.count("unanchored_seconds", static_cast<uint64_t>(anchors.unanchored_seconds()));
}

void put_spool(std::string& out, const AgentStatus& status,
               const std::optional<SpoolUsage>& usage) {
    JsonObjectWriter object(out);
    object.text("path", status.spool_directory);
    if (usage) {
        object.count("bytes", usage->payload_bytes + usage->leaf_bytes);
    }
    object.count("max_bytes", status.spool_limits.bytes_max);
    if (usage) {
        object.count("free_bytes", usage->free_bytes);
    }
    object.count("min_free_bytes", status.spool_limits.free_bytes_min);
}

void put_configuration(std::string& out, const ConfigurationStatus& configuration) {
    JsonObjectWriter object(out);
    object.count("generation", configuration.generation);
    object.text("digest", to_hex(configuration.digest));
    object.time("since", configuration.since);
    if (!configuration.last_verdict.empty()) {
        JsonObjectWriter last(object.begin("last_reload"));
        last.text("verdict", configuration.last_verdict);
        last.time("at", configuration.last_at);
        last.text("digest", to_hex(configuration.last_digest));
        last.text("error", configuration.last_error);
    }
}

}  // namespace

std::string status_json(const AgentStatus& status, const std::optional<SpoolUsage>& usage,
                        UnixNanos now) {
    std::string out;
    {
        JsonObjectWriter object(out);
        object.text("version", LLMTRAIL_VERSION);
        object.time("now", now);
        object.time("started", status.started);
        object.count("generation", status.generation);
        object.text("spool_directory", status.spool_directory);
        put_spool(object.begin("spool"), status, usage);
        object.count("log_size", status.intake.log_size);
        put_configuration(object.begin("configuration"), status.configuration);
        put_anchors(object.begin("anchors"), status.intake);
        put_list(object.begin("sources"), status.intake.sources, put_source);
        put_list(object.begin("outputs"), status.outputs, put_output);
    }
    out.push_back('\n');
    return out;
}

}  // namespace llmtrail
