#include "pipeline/document_read.h"

#include <memory>
#include <utility>

namespace llmtrail {

Result<DocumentRead> document_read_of(const SourceSettings& settings) {
    std::vector<MapRule> map;
    for (const auto& [field, path] : settings.map) {
        std::optional<Field> known = field_by_name(field);
        if (!known) {
            return fail(ErrorCode::kConfig, "map: no field is called " + field);
        }
        map.push_back(MapRule{*known, split_path(path)});
    }
    auto made = DocumentReader::make(settings.format, std::move(map), settings.utc_offset_seconds);
    if (!made) {
        return fail(std::move(made.error()));
    }
    std::shared_ptr<DocumentReader> reader = std::move(*made);
    return [reader](const DocumentReader::Document& document, RecordSink& sink) {
        reader->read(document, sink);
    };
}

}  // namespace llmtrail
