#include <algorithm>

#include "config/choices.h"
#include "config/map_reader.h"
#include "config/nearest_name.h"
#include "config/section_readers.h"
#include "config/values.h"

namespace llmtrail {

namespace {

constexpr std::string_view kPathsHint = "paths: [/var/log/app/*.jsonl]";

bool has_component(std::string_view path, std::string_view component) {
    while (!path.empty()) {
        size_t end = std::min(path.find('/'), path.size());
        if (path.substr(0, end) == component) {
            return true;
        }
        path.remove_prefix(std::min(end + 1, path.size()));
    }
    return false;
}

void check_glob(const ConfigNode& item, Problems& problems) {
    const std::string& path = item.scalar;
    if (item.kind != NodeKind::kScalar || path.empty()) {
        return;  // text_list() has said so
    }
    if (path[0] != '/') {
        problems.add(item.place, "`" + path + "` is not an absolute path",
                     "begin it with `/`: the agent has no working directory of its own");
    } else if (has_component(path, "**")) {
        problems.add(item.place, "`**` is not supported in paths",
                     "write one `*` for each folder level");
    } else if (has_component(path, "..") || has_component(path, ".")) {
        problems.add(item.place, "`.` and `..` are not accepted in paths",
                     "write the path without them");
    } else if (path.ends_with('/')) {
        problems.add(item.place, "`" + path + "` names a folder, not files",
                     "append a pattern: " + path + "*.jsonl");
    }
}

void read_globs(MapReader& source, std::string_view key, std::vector<std::string>& out,
                Problems& problems) {
    source.text_list(key, out);
    const ConfigNode* list = source.find(key);
    if (list != nullptr && list->kind == NodeKind::kList) {
        for (const ConfigNode& item : list->children) {
            check_glob(item, problems);
        }
    }
}

void read_format(MapReader& reader, const ConfigVocabulary& vocabulary, SourceSettings& source) {
    const ConfigNode* node = reader.find_scalar("format");
    if (node == nullptr) {
        return;
    }
    source.format = node->scalar;
    std::vector<std::string> names = {"auto"};
    names.insert(names.end(), vocabulary.formats.begin(), vocabulary.formats.end());
    if (std::find(names.begin(), names.end(), source.format) == names.end()) {
        reader.problem(*node, "unknown format `" + source.format + "`",
                       name_hint(source.format, names, "known formats"));
    }
}

void read_time_zone(MapReader& reader, SourceSettings& source) {
    if (const ConfigNode* node = reader.find_scalar("time_zone")) {
        auto offset = parse_config_utc_offset(node->scalar);
        if (!offset) {
            reader.problem(*node, "`time_zone` takes UTC or an offset, not `" + node->scalar + "`",
                           "write UTC, +02:00 or -05:30; names of zones are not in this version");
            return;
        }
        source.utc_offset_seconds = *offset;
    }
}

void read_join(MapReader& source_reader, SourceSettings& source, Problems& problems) {
    const ConfigNode* node = source_reader.find("join");
    if (node == nullptr) {
        return;
    }
    MapReader reader(*node, "`join` of " + source_reader.what(), problems);
    reader.size("max_bytes", source.join_bytes_max, 0, kJoinBytesMost);
    reader.duration_ms("max_age", source.join_age_max_ms, 0, kJoinAgeMsMost);
    reader.finish();
}

bool is_dotted_path(std::string_view path) {
    return !path.empty() && path.front() != '.' && path.back() != '.' &&
           path.find("..") == std::string_view::npos;
}

constexpr std::string_view kAuditPrefix = "llm.audit.";

// `data_sources` is short for `llm.audit.data_sources`, where no field has the short name itself.
std::string map_field(const std::string& key, const std::vector<std::string>& fields) {
    const std::string full = std::string(kAuditPrefix) + key;
    const auto known = [&](const std::string& name) {
        return std::find(fields.begin(), fields.end(), name) != fields.end();
    };
    return !known(key) && known(full) ? full : key;
}

std::string map_hint(const std::string& key, const std::vector<std::string>& fields) {
    std::vector<std::string> names = fields;
    for (const std::string& name : fields) {
        if (name.starts_with(kAuditPrefix)) {
            names.push_back(name.substr(kAuditPrefix.size()));
        }
    }
    return name_hint(key, names, "fields that can be mapped");
}

void read_map(MapReader& reader, const ConfigVocabulary& vocabulary, SourceSettings& source) {
    const ConfigNode* map = reader.find("map");
    if (map == nullptr) {
        return;
    }
    if (map->kind != NodeKind::kMap) {
        reader.problem(*map, "`map` of " + reader.what() + " must be a map",
                       "write user.id: metadata.employee_id");
        return;
    }
    const std::vector<std::string>& fields = vocabulary.map_fields;
    for (const ConfigNode& rule : map->children) {
        const std::string field = map_field(rule.key, fields);
        if (std::find(fields.begin(), fields.end(), field) == fields.end()) {
            ConfigNode at;
            at.place = at.key_place = rule.key_place;
            reader.problem(at, "`" + rule.key + "` is no field of a record",
                           map_hint(rule.key, fields));
        }
        if (rule.kind != NodeKind::kScalar || !is_dotted_path(rule.scalar)) {
            reader.problem(rule, "`" + rule.key + "` needs the path of a value in the document",
                           "names joined by dots: metadata.employee_id");
            continue;
        }
        source.map.emplace_back(field, rule.scalar);
    }
}

SourceSettings read_source(const ConfigNode& item, const ConfigVocabulary& vocabulary,
                           std::vector<std::string>& ids, Problems& problems) {
    SourceSettings source;
    MapReader reader(item, item_name("source", item), problems);
    if (item.kind != NodeKind::kMap) {
        return source;
    }
    read_id(reader, source.id, ids);
    reader.need("paths", kPathsHint);
    read_globs(reader, "paths", source.paths, problems);
    read_globs(reader, "exclude", source.exclude, problems);
    read_format(reader, vocabulary, source);
    reader.choice("start_at", source.start_at_end, kStartAtChoices);
    uint64_t max_document = source.max_document_bytes;
    reader.size("max_document", max_document, kMaxDocumentBytesLeast, kMaxDocumentBytesMost);
    source.max_document_bytes = max_document;
    read_time_zone(reader, source);
    reader.choice("detect_language", source.detect_language, kDetectLanguageChoices);
    reader.boolean("whole_files", source.whole_files);
    read_join(reader, source, problems);
    read_map(reader, vocabulary, source);
    reader.finish();
    return source;
}

}  // namespace

std::string item_name(std::string_view kind, const ConfigNode& item) {
    const ConfigNode* id = item.member("id");
    std::string name = "this " + std::string(kind);
    return id != nullptr && is_config_id(id->scalar) ? std::string(kind) + " `" + id->scalar + "`"
                                                     : name;
}

void read_id(MapReader& item, std::string& id, std::vector<std::string>& taken) {
    const ConfigNode* node = item.need_scalar("id", "a short name of your choice: id: chatapp");
    if (node == nullptr) {
        return;
    }
    if (!is_config_id(node->scalar)) {
        item.problem(*node, "`" + node->scalar + "` cannot be an id",
                     "use a-z, 0-9, `_` and `-`, at most " + std::to_string(kConfigIdBytesMax) +
                         " characters");
    } else if (std::find(taken.begin(), taken.end(), node->scalar) != taken.end()) {
        item.problem(*node, "the id `" + node->scalar + "` is already taken",
                     "ids are unique: choose another");
    } else {
        id = node->scalar;
        taken.push_back(id);
    }
}

void read_sources(const ConfigNode& list, const ConfigVocabulary& vocabulary, Settings& settings,
                  Problems& problems) {
    if (list.kind != NodeKind::kList) {
        problems.add(list.shown_place(), "`sources` takes a list",
                     "begin each source with `- id: NAME`");
        return;
    }
    std::vector<std::string> ids;
    for (const ConfigNode& item : list.children) {
        settings.sources.push_back(read_source(item, vocabulary, ids, problems));
    }
}

}  // namespace llmtrail
