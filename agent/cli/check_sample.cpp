#include "cli/check_sample.h"

#include "cli/document_feed.h"
#include "cli/source_choice.h"

namespace llmtrail {

namespace {

class CountingSink : public RecordSink {
 public:
    AuditRecord& begin() override {
        record_.clear();
        return record_;
    }

    void commit() override {
        ++records;
        rejected += record_.text(Field::kEventKind) == "rejected" ? 1U : 0U;
    }

    uint64_t records = 0;
    uint64_t rejected = 0;

 private:
    AuditRecord record_;
};

// Does the path lead to a value? An array is entered element by element, as the map rules do.
bool leads_somewhere(JsonValue value, std::span<const std::string> path) {
    if (value.is_array()) {
        for (JsonValue item : value.items()) {
            if (leads_somewhere(item, path)) {
                return true;
            }
        }
        return path.empty() && value.size() > 0;
    }
    if (path.empty()) {
        return value.exists() && !value.is_null();
    }
    return value.is_object() && leads_somewhere(value[path[0]], path.subspan(1));
}

struct SampleResult {
    uint64_t documents = 0;
    CountingSink sink;
    std::vector<uint64_t> found;  // documents in which each map line found a value
};

Result<SampleResult> read_sample(const SourceSettings& source, const std::string& path,
                                 CommandSeams seams) {
    SampleResult result;
    std::vector<MapRule> rules = map_rules(source);
    result.found.assign(rules.size(), 0);
    auto reader = DocumentReader::make(source.format, rules, source.utc_offset_seconds);
    if (!reader) {
        return fail(std::move(reader.error()));
    }
    auto input = seams.inputs.open(path);
    if (!input) {
        return fail(std::move(input.error()));
    }
    JsonTree tree;
    DocumentFeed feed(**input, source.max_document_bytes);
    auto outcome = feed.run([&](const StreamDocument& document) {
        ++result.documents;
        DocumentReader::Document read;
        read.bytes = document.bytes;
        read.padded = true;
        read.truncated = document.truncated;
        read.full_size_bytes = document.full_size_bytes;
        read.observed = seams.clock.wall_now();
        (*reader)->read(read, result.sink);
        auto root = tree.read(document.bytes, true);
        for (size_t i = 0; root && i < rules.size(); ++i) {
            result.found[i] += leads_somewhere(*root, rules[i].path) ? 1U : 0U;
        }
        return true;
    });
    if (!outcome) {
        return fail(std::move(outcome.error()));
    }
    return result;
}

}  // namespace

ExitCode check_sample(const Settings& settings, const std::string& path, CommandSeams seams) {
    ExitCode code = ExitCode::kOk;
    for (const SourceSettings& source : settings.sources) {
        auto result = read_sample(source, path, seams);
        if (!result) {
            return seams.talk.refuse(result.error());
        }
        std::string text = "source " + source.id + ": documents " +
                           std::to_string(result->documents) + ", records " +
                           std::to_string(result->sink.records) + ", rejected " +
                           std::to_string(result->sink.rejected) + "\n";
        for (size_t i = 0; i < source.map.size(); ++i) {
            const auto& [field, from] = source.map[i];
            text += "  " + field + ": " + from + ": found in " + std::to_string(result->found[i]) +
                    " documents\n";
            if (result->found[i] == 0) {
                seams.talk.error("source `" + source.id + "`: map line `" + field + ": " + from +
                                 "` found nothing in this file");
                seams.talk.hint(
                    "the path begins at the document's outermost object; `llmtrail parse` shows "
                    "what "
                    "else is there under llm.audit.unmapped");
                code = ExitCode::kConfig;
            }
        }
        if (auto written = seams.data.write(text); !written) {
            return seams.talk.refuse(written.error());
        }
    }
    return code;
}

}  // namespace llmtrail
