#include "pipeline/metrics_text.h"

#include <string_view>
#include <utility>
#include <vector>

#include "base/json_text.h"

namespace llmtrail {

namespace {

constexpr double kNanosPerSecondReal = 1e9;

using Label = std::pair<std::string_view, std::string_view>;

enum class MetricType : uint8_t { kGauge, kCounter };

void append_label_value(std::string& out, std::string_view value) {
    for (char c : value) {
        if (c == '\n') {
            out += "\\n";
            continue;
        }
        if (c == '\\' || c == '"') {
            out += '\\';
        }
        out += c;
    }
}

// One family after another, each with its samples directly behind its head.
class Exposition {
 public:
    void family(std::string_view name, MetricType type, std::string_view help) {
        name_ = name;
        text_.append("# HELP ").append(name).append(" ").append(help).append("\n# TYPE ");
        text_.append(name).append(type == MetricType::kCounter ? " counter\n" : " gauge\n");
    }

    void sample(std::initializer_list<Label> labels, uint64_t value) {
        append_json_unsigned(begin(labels), value);
        text_.push_back('\n');
    }

    void time(std::initializer_list<Label> labels, UnixNanos at) {
        append_json_number(begin(labels), static_cast<double>(at.value) / kNanosPerSecondReal);
        text_.push_back('\n');
    }

    void one(std::string_view name, MetricType type, std::string_view help, uint64_t value) {
        family(name, type, help);
        sample({}, value);
    }

    void one_time(std::string_view name, std::string_view help, UnixNanos at) {
        family(name, MetricType::kGauge, help);
        time({}, at);
    }

    std::string take() { return std::move(text_); }

 private:
    std::string& begin(std::initializer_list<Label> labels) {
        text_.append(name_);
        char before = '{';
        for (const auto& [key, value] : labels) {
            text_.push_back(before);
            text_.append(key).append("=\"");
            append_label_value(text_, value);
            text_.push_back('"');
            before = ',';
        }
        return text_.append(labels.size() == 0 ? " " : "} ");
    }

    std::string text_;
    std::string_view name_;
};

struct SourceMetric {
    std::string_view name;
    MetricType type;
    std::string_view help;
    uint64_t SourceTotals::*value;
};

constexpr SourceMetric kSourceMetrics[] = {
    {"llmtrail_source_read_bytes_total", MetricType::kCounter,
     "Bytes read since the agent started.", &SourceTotals::read_bytes},
    {"llmtrail_source_record_bytes_total", MetricType::kCounter,
     "Bytes read in documents that gave records.", &SourceTotals::record_bytes},
    {"llmtrail_source_rejected_bytes_total", MetricType::kCounter,
     "Bytes read in documents that were rejected.", &SourceTotals::rejected_bytes},
    {"llmtrail_source_skipped_bytes_total", MetricType::kCounter, "Bytes read between documents.",
     &SourceTotals::skipped_bytes},
    {"llmtrail_source_lost_bytes_total", MetricType::kCounter,
     "Bytes known to have gone before they were read.", &SourceTotals::lost_bytes},
    {"llmtrail_source_documents_total", MetricType::kCounter, "Documents read.",
     &SourceTotals::documents},
    {"llmtrail_source_records_total", MetricType::kCounter, "Records made.",
     &SourceTotals::records},
    {"llmtrail_source_rejected_documents_total", MetricType::kCounter,
     "Documents that could not be parsed.", &SourceTotals::rejected},
    {"llmtrail_source_unreadable_files", MetricType::kGauge,
     "Files and folders that are there and could not be read.", &SourceTotals::unreadable_files},
};

struct OutputMetric {
    std::string_view name;
    MetricType type;
    std::string_view help;
    uint64_t OutputTotals::*value;
};

constexpr OutputMetric kOutputMetrics[] = {
    {"llmtrail_output_confirmed_records_total", MetricType::kCounter,
     "Records that the output confirmed.", &OutputTotals::confirmed},
    {"llmtrail_output_dead_lettered_records_total", MetricType::kCounter,
     "Records that the output's receiver refused for good.", &OutputTotals::dead_lettered},
    {"llmtrail_output_aggregated_records_total", MetricType::kCounter,
     "Sealed repeats that one later event counts.", &OutputTotals::aggregated},
    {"llmtrail_output_not_routed_records_total", MetricType::kCounter,
     "Records that the output does not take.", &OutputTotals::not_routed},
    {"llmtrail_output_unreadable_records_total", MetricType::kCounter,
     "Records of the spool that could not be opened for the output.", &OutputTotals::unreadable},
    {"llmtrail_output_dropped_records_total", MetricType::kCounter,
     "Records removed from the spool before the output had them.", &OutputTotals::dropped},
    {"llmtrail_output_resent_events_total", MetricType::kCounter,
     "Events sent again after a break.", &OutputTotals::resent},
    {"llmtrail_output_pending_records", MetricType::kGauge,
     "Records that wait for the output to confirm them.", &OutputTotals::pending},
};

void put_sources(const std::vector<SourceStatus>& sources, Exposition& out) {
    for (const SourceMetric& metric : kSourceMetrics) {
        out.family(metric.name, metric.type, metric.help);
        for (const SourceStatus& source : sources) {
            out.sample({{"source", source.totals.id}}, source.totals.*metric.value);
        }
    }
    out.family("llmtrail_source_lag_bytes", MetricType::kGauge, "Bytes known to be unread.");
    for (const SourceStatus& source : sources) {
        out.sample({{"source", source.totals.id}}, source.lag_bytes);
    }
}

void put_outputs(const MetricsSnapshot& snapshot, Exposition& out) {
    const std::vector<OutputStatus>& outputs = snapshot.status.outputs;
    out.family("llmtrail_output_info", MetricType::kGauge,
               "Always 1; what the output's confirmation means.");
    for (const OutputStatus& output : outputs) {
        out.sample({{"output", output.totals.id}, {"confirmation", output.totals.confirmation}}, 1);
    }
    out.family("llmtrail_output_up", MetricType::kGauge,
               "1: connected, or nothing to send yet; 0: connecting, or down and trying again.");
    for (const OutputStatus& output : outputs) {
        bool up = output.health == OutputHealth::kUp || output.health == OutputHealth::kIdle;
        out.sample({{"output", output.totals.id}}, up ? 1 : 0);
    }
    for (const OutputMetric& metric : kOutputMetrics) {
        out.family(metric.name, metric.type, metric.help);
        for (const OutputStatus& output : outputs) {
            out.sample({{"output", output.totals.id}}, output.totals.*metric.value);
        }
    }
    out.family("llmtrail_output_last_error_timestamp_seconds", MetricType::kGauge,
               "When the output was last down; absent while it never was.");
    for (const OutputStatus& output : outputs) {
        if (output.failed) {
            int64_t age_ns = snapshot.monotonic_now.value - output.failed->value;
            out.time({{"output", output.totals.id}}, UnixNanos{snapshot.now.value - age_ns});
        }
    }
    out.family("llmtrail_output_certificate_not_after_timestamp_seconds", MetricType::kGauge,
               "When a certificate of the output's TLS connection ends; absent while unknown.");
    for (const OutputStatus& output : outputs) {
        for (auto [side, end] : {std::pair("receiver", output.certificate_ends.receiver),
                                 {"own", output.certificate_ends.own}}) {
            if (end) {
                out.time({{"output", output.totals.id}, {"certificate", side}}, *end);
            }
        }
    }
}

void put_log(const MetricsSnapshot& snapshot, Exposition& out) {
    const IntakeStatus& intake = snapshot.status.intake;
    out.one("llmtrail_log_records_total", MetricType::kCounter,
            "Records in the log since its beginning, pruned ones included.", intake.log_size);
    out.one("llmtrail_sealed_records", MetricType::kGauge, "Records under the last seal.",
            intake.anchors.sealed_size);
    out.one("llmtrail_anchored_records", MetricType::kGauge,
            "Records that somebody outside this host vouches for.", intake.anchors.anchored_size);
    out.one("llmtrail_anchoring", MetricType::kGauge,
            "1: somebody outside this host can acknowledge checkpoints; 0: they are only sent.",
            intake.anchors.state == kSentNotAnchored ? 0U : 1U);
    out.one("llmtrail_unanchored_seconds", MetricType::kGauge,
            "Age of the oldest sealed record that nobody outside this host vouches for.",
            static_cast<uint64_t>(intake.anchors.unanchored_seconds()));
    int64_t seal_age_ns = snapshot.monotonic_now.value - intake.sealed.value;
    out.one_time("llmtrail_last_seal_timestamp_seconds", "When the log was last sealed.",
                 UnixNanos{snapshot.now.value - seal_age_ns});
}

void put_spool(const MetricsSnapshot& snapshot, Exposition& out) {
    out.one("llmtrail_spool_max_bytes", MetricType::kGauge, "spool.max_size.",
            snapshot.spool_bytes_max);
    out.one("llmtrail_spool_min_free_bytes", MetricType::kGauge, "spool.min_free.",
            snapshot.spool_free_bytes_min);
    if (!snapshot.spool) {
        return;
    }
    const SpoolUsage& spool = *snapshot.spool;
    out.one("llmtrail_spool_bytes", MetricType::kGauge,
            "Bytes of segments, key files and the leaf files of pruned segments.",
            spool.payload_bytes + spool.leaf_bytes);
    out.one("llmtrail_spool_free_bytes", MetricType::kGauge, "Free on the spool's filesystem.",
            spool.free_bytes);
    out.one("llmtrail_spool_segments", MetricType::kGauge, "Segments in the spool.",
            spool.segments);
    if (spool.oldest) {
        out.one_time("llmtrail_spool_oldest_segment_timestamp_seconds",
                     "When the oldest segment was last written.", *spool.oldest);
    }
}

bool balances(const AgentStatus& status) {
    for (const SourceStatus& source : status.intake.sources) {
        if (!source.totals.balances()) {
            return false;
        }
    }
    for (const OutputStatus& output : status.outputs) {
        if (!output.totals.balances()) {
            return false;
        }
    }
    return true;
}

}  // namespace

std::string metrics_text(const MetricsSnapshot& snapshot) {
    const AgentStatus& status = snapshot.status;
    Exposition out;
    out.family("llmtrail_build_info", MetricType::kGauge, "Always 1; the version of the agent.");
    out.sample({{"version", LLMTRAIL_VERSION}}, 1);
    out.one("llmtrail_running", MetricType::kGauge,
            "1 while the agent runs; 0: it stopped in order.", snapshot.running ? 1 : 0);
    out.one_time("llmtrail_start_time_seconds", "When the agent started.", status.started);
    out.one_time("llmtrail_updated_timestamp_seconds", "When this file was written.", snapshot.now);
    out.one("llmtrail_generation", MetricType::kGauge, "Starts of the agent on this log.",
            status.generation);
    out.one("llmtrail_config_generation", MetricType::kGauge,
            "1 at the start, one more with each reload that was accepted.",
            status.configuration.generation);
    out.one("llmtrail_ledger_balances", MetricType::kGauge,
            "1: what was read and what was delivered account for each other.",
            balances(status) ? 1 : 0);
    put_log(snapshot, out);
    put_spool(snapshot, out);
    put_sources(status.intake.sources, out);
    put_outputs(snapshot, out);
    return out.take();
}

}  // namespace llmtrail
