#include "config/effective_values.h"

#include <map>

#include "base/hex.h"
#include "config/choices.h"
#include "config/value_writer.h"

namespace llmtrail {

namespace {

std::string utc_offset_text(int32_t seconds) {
    if (seconds == 0) {
        return "UTC";
    }
    int32_t minutes = (seconds < 0 ? -seconds : seconds) / 60;
    auto two = [](int32_t n) { return (n < 10 ? "0" : "") + std::to_string(n); };
    return (seconds < 0 ? "-" : "+") + two(minutes / 60) + ":" + two(minutes % 60);
}

void put_source(ValueWriter out, const SourceSettings& source) {
    out.text("id", source.id);
    out.texts("paths", source.paths);
    out.texts("exclude", source.exclude);
    out.text("format", source.format);
    out.text("start_at", choice_name(kStartAtChoices, source.start_at_end));
    out.boolean("whole_files", source.whole_files);
    out.size("max_document", source.max_document_bytes);
    out.text("time_zone", utc_offset_text(source.utc_offset_seconds));
    out.text("detect_language", choice_name(kDetectLanguageChoices, source.detect_language));
    ValueWriter join = out.below("join");
    join.size("max_bytes", source.join_bytes_max);
    join.duration("max_age", source.join_age_max_ms);
    ValueWriter map = out.below("map");
    for (const auto& [field, path] : source.map) {
        map.text(field, path);
    }
    if (source.map.empty()) {
        out.raw("map", "{}");
    }
}

void put_anchor(ValueWriter out, const AnchorSettings& anchor) {
    out.text("id", anchor.id);
    out.text("type", choice_name(kAnchorTypeChoices, anchor.type));
    out.text("url", anchor.url);
    out.boolean("allow_http", anchor.allow_http);
    if (anchor.type == AnchorType::kTimestamp) {
        out.text("ca_file", anchor.ca_file);
        out.text("policy", anchor.policy);
    } else {
        out.text("key", anchor.key);
    }
    out.duration("interval", anchor.interval_ms);
    out.below("tls").text("ca_file", anchor.tls_ca_file);
}

std::string recipients_text(const std::vector<Recipient>& recipients) {
    std::string text = "[";
    for (const Recipient& recipient : recipients) {
        ByteView key(recipient.public_key.data(), recipient.public_key.size());
        text += std::string(text.size() > 1 ? ", " : "") +
                "{role: " + std::string(role_name(recipient.role)) +
                ", key: \"x25519:" + to_base64(key) + "\"}";
    }
    return text + "]";
}

void put_spool(ValueWriter out, const SpoolSettings& spool) {
    out.text("dir", spool.directory);
    out.size("max_size", spool.max_size_bytes);
    out.size("min_free", spool.min_free_bytes);
    out.text("on_full", choice_name(kOnFullChoices, spool.on_full));
    out.duration("sync_interval", spool.sync_interval_ms);
    out.duration("seal_interval", spool.seal_interval_ms);
    out.duration("checkpoint_interval", spool.checkpoint_interval_ms);
    ValueWriter segment = out.below("segment");
    segment.size("max_size", spool.segment_bytes_max);
    segment.duration("max_age", spool.segment_age_max_ms);
    out.number("compression", static_cast<uint64_t>(spool.compression_level));
    ValueWriter retention = out.below("retention");
    retention.duration("min_age", spool.retention_min_age_ms);
    retention.duration("max_age", spool.retention_max_age_ms);
    out.raw("recipients", recipients_text(spool.recipients));
}

template <typename Item>
void put_items(ValueWriter out, std::string_view name, const std::vector<Item>& items,
               void (*put)(ValueWriter, const Item&)) {
    for (const Item& item : items) {
        put(out.below(name).below(item.id), item);
    }
    if (items.empty()) {
        out.raw(name, "[]");
    }
}

}  // namespace

std::string EffectiveValue::key() const {
    std::string joined;
    for (const std::string& name : path) {
        joined.append(joined.empty() ? "" : ".").append(name);
    }
    return joined;
}

std::vector<EffectiveValue> effective_values(const Settings& settings) {
    std::vector<EffectiveValue> values;
    ValueWriter out(values);
    out.text("state_dir", settings.state_directory);
    out.text("status_socket", settings.status_socket);
    out.text("host_id", settings.host_id);
    put_items(out, "sources", settings.sources, put_source);
    put_items(out, "outputs", settings.outputs, put_output);
    put_items(out, "anchors", settings.anchors, put_anchor);
    put_spool(out.below("spool"), settings.spool);
    ValueWriter keys = out.below("keys");
    if (settings.local_keys.size() == 1) {
        keys.text("local", settings.local_keys.front());
    } else {
        keys.texts("local", settings.local_keys);
    }
    out.below("metrics").text("textfile", settings.metrics_textfile);
    return values;
}

std::vector<std::string> changed_keys(const std::vector<EffectiveValue>& before,
                                      const std::vector<EffectiveValue>& after) {
    std::map<std::string, const std::string*> old;
    for (const EffectiveValue& value : before) {
        old.emplace(value.key(), &value.value);
    }
    std::vector<std::string> changed;
    for (const EffectiveValue& value : after) {
        auto found = old.find(value.key());
        if (found == old.end() || *found->second != value.value) {
            changed.push_back(value.key());
        }
        if (found != old.end()) {
            old.erase(found);
        }
    }
    for (const EffectiveValue& value : before) {
        if (old.count(value.key()) != 0) {
            changed.push_back(value.key());
        }
    }
    return changed;
}

}  // namespace llmtrail
