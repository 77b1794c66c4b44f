// status_json(): the status of the agent as docs/status.md has it.
#include "base/json_text.h"
#include "base/utf8.h"
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

// One object, its members in the order of the calls.
class ObjectWriter {
 public:
    explicit ObjectWriter(std::string& out) : out_(out) { out_.push_back('{'); }

    ~ObjectWriter() { out_.push_back('}'); }

    ObjectWriter(const ObjectWriter&) = delete;
    ObjectWriter& operator=(const ObjectWriter&) = delete;

    void text(std::string_view key, std::string_view value) {
        append_json_string(begin(key), value);
    }

    void count(std::string_view key, uint64_t value) { append_json_unsigned(begin(key), value); }

    void truth(std::string_view key, bool value) { begin(key) += value ? "true" : "false"; }

    void time(std::string_view key, UnixNanos at) { text(key, format_iso_nanos(at)); }

    // For a value that the caller writes.
    std::string& begin(std::string_view key) {
        if (out_.back() != '{') {
            out_.push_back(',');
        }
        append_json_string(out_, key);
        out_.push_back(':');
        return out_;
    }

 private:
    std::string& out_;
};

void put_source(std::string& out, const SourceStatus& source) {
    const SourceTotals& totals = source.totals;
    ObjectWriter object(out);
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
    ObjectWriter object(out);
    object.text("id", totals.id);
    object.text("state", state_name(output.health));
    if (!output.last_error.empty()) {
        std::string clean;
        append_repaired_utf8(clean, output.last_error);
        object.text("last_error", clean);
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

void put_anchors(std::string& out, const AnchorTotals& anchors) {
    ObjectWriter object(out);
    object.text("state", anchors.state);
    object.text("holder", anchors.holder);
    object.count("sealed_size", anchors.sealed_size);
    object.count("anchored_size", anchors.anchored_size);
    object.count("unanchored_seconds", static_cast<uint64_t>(anchors.unanchored_seconds()));
}

}  // namespace

std::string status_json(const AgentStatus& status, UnixNanos now) {
    std::string out;
    {
        ObjectWriter object(out);
        object.text("version", LLMTRAIL_VERSION);
        object.time("now", now);
        object.time("started", status.started);
        object.count("generation", status.generation);
        object.text("spool_directory", status.spool_directory);
        object.count("log_size", status.intake.log_size);
        put_anchors(object.begin("anchors"), status.intake.anchors);
        put_list(object.begin("sources"), status.intake.sources, put_source);
        put_list(object.begin("outputs"), status.outputs, put_output);
    }
    out.push_back('\n');
    return out;
}

}  // namespace llmtrail
