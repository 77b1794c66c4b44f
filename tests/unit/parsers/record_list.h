// What parser tests read with: every parser, a sink that keeps each committed record as its JSON
// text, and whether a record holds a text.
#pragma once

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "parsers/parser.h"

namespace llmtrail {

inline std::vector<std::unique_ptr<Parser>> make_parsers() {
    std::vector<std::unique_ptr<Parser>> parsers;
    for (const ParserFormat& format : parser_formats()) {
        parsers.push_back(format.make());
    }
    return parsers;
}

class RecordList final : public RecordSink {
 public:
    explicit RecordList(UnixNanos ingested) : ingested_(ingested) {}

    AuditRecord& begin() override {
        record_.clear();
        record_.set_time(Field::kEventIngested, ingested_);
        return record_;
    }

    void commit() override {
        std::string json;
        append_record_json(json, record_, "");
        records.push_back(std::move(json));
    }

    std::vector<std::string> records;

 private:
    UnixNanos ingested_;
    AuditRecord record_;
};

// 2026-01-02T03:04:05.678Z
inline constexpr UnixNanos kTestObserved{1767323045678000000};

// The records of one document.
inline std::vector<std::string> read_records(std::string_view text,
                                             std::string_view format = "auto",
                                             std::vector<MapRule> map = {},
                                             int32_t utc_offset_seconds = 0) {
    auto reader = DocumentReader::make(format, std::move(map), utc_offset_seconds);
    RecordList list(kTestObserved);
    if (reader) {
        DocumentReader::Document document;
        document.bytes = text;
        document.observed = kTestObserved;
        (*reader)->read(document, list);
    }
    return list.records;
}

inline bool holds(std::string_view record, std::string_view part) {
    return record.find(part) != std::string_view::npos;
}

// Does any of them?
inline bool holds(const std::vector<std::string>& records, std::string_view part) {
    return std::any_of(records.begin(), records.end(),
                       [&](const std::string& record) { return holds(record, part); });
}

}  // namespace llmtrail
