#include "source_walker.h"

#include <algorithm>
#include <set>

#include "leaf_walker.h"

namespace llmtrail::coverage {

namespace {

void walk_exchange(JsonValue document, SourceRecord& record) {
    LeafWalker walker(record.leaves);
    for (auto [key, value] : document.members()) {
        if (key == "request" || key == "response") {
            walker.body(value, std::string(key));
        } else {
            walker.walk(value, std::string(key), std::string(key), std::string(key));
        }
    }
}

void walk_span(LeafWalker& walker, JsonValue item, const std::string& prefix) {
    walker.attributes(item["attributes"], prefix);
    walker.any_value(item["body"], prefix + ".body", "body");
    for (JsonValue event : item["events"].items()) {
        walker.attributes(event["attributes"], prefix + ".events[]");
        walker.walk_except(event, prefix + ".events[]", {"attributes"});
    }
    walker.walk_except(item, prefix, {"attributes", "body", "events"});
}

struct OtlpNames {
    std::string_view resources, scopes, records, prefix;
};

void walk_otlp(JsonValue document, const OtlpNames& names, std::vector<SourceRecord>& out) {
    for (JsonValue resource : document[names.resources].items()) {
        for (JsonValue scope : resource[names.scopes].items()) {
            bool first = true;
            for (JsonValue item : scope[names.records].items()) {
                SourceRecord record;
                LeafWalker walker(record.leaves);
                walker.attributes(resource["resource"]["attributes"], "resource");
                walker.walk_except(resource["resource"], "resource", {"attributes"});
                walker.walk_except(resource, "resource", {"resource", names.scopes});
                walker.attributes(scope["scope"]["attributes"], "scope");
                walker.walk_except(scope["scope"], "scope", {"attributes"});
                walker.walk_except(scope, "scope", {"scope", names.records});
                for (SourceLeaf& leaf : record.leaves) {
                    leaf.shared = !first;
                }
                first = false;
                walk_span(walker, item, std::string(names.prefix));
                out.push_back(std::move(record));
            }
        }
    }
}

// Pieces of one thing, gathered by its id in the order of their first piece. What a later piece
// repeats word for word is counted once.
class Pieces {
 public:
    void add(const std::string& id, std::vector<SourceLeaf> leaves) {
        auto record = std::find_if(records.begin(), records.end(),
                                   [&](const SourceRecord& r) { return r.native_id == id; });
        if (record == records.end()) {
            record = records.insert(records.end(), SourceRecord{{}, id});
        }
        for (SourceLeaf& leaf : leaves) {
            if (seen_.insert(id + '\n' + leaf.path + '\n' + leaf.group + '\n' + leaf.value.text)
                    .second) {
                record->leaves.push_back(std::move(leaf));
            }
        }
    }

    // Leaves that stand once for all records: compared with each, counted with the first.
    void share(const std::vector<SourceLeaf>& leaves) {
        for (SourceRecord& record : records) {
            for (SourceLeaf leaf : leaves) {
                leaf.shared = &record != &records.front();
                record.leaves.push_back(std::move(leaf));
            }
        }
    }

    std::vector<SourceRecord> records;

 private:
    std::set<std::string> seen_;
};

template <typename Walk>
std::vector<SourceLeaf> leaves_of(Walk walk) {
    std::vector<SourceLeaf> leaves;
    LeafWalker walker(leaves, InnerJson::kEnter);
    walk(walker);
    return leaves;
}

std::string langfuse_kind(std::string_view type) {
    return type.starts_with("trace")   ? "trace"
           : type.starts_with("score") ? "score"
                                       : "observation";
}

// A batch of events on their way to Langfuse, or a trace with its observations and scores.
void walk_langfuse(JsonValue document, std::vector<SourceRecord>& out) {
    Pieces pieces;
    auto add = [&](JsonValue item, const std::string& kind) {
        pieces.add(std::string(item["id"].text()), leaves_of([&](LeafWalker& walker) {
                       walker.walk_except(item, kind, {"observations", "scores", "corrections"});
                   }));
    };
    for (JsonValue event : document["batch"].items()) {
        pieces.add(std::string(event["body"]["id"].text()), leaves_of([&](LeafWalker& walker) {
                       walker.walk_except(event, "event", {"body"});
                       walker.walk_except(event["body"], langfuse_kind(event["type"].text()), {});
                   }));
    }
    JsonValue trace = document["trace"].exists() ? document["trace"] : document;
    if (!document["batch"].exists()) {
        add(trace, "trace");
    }
    for (JsonValue holder : {document, trace}) {
        for (JsonValue item : holder["observations"].items()) {
            add(item, "observation");
        }
        for (JsonValue item : holder["scores"].items()) {
            add(item, "score");
        }
        for (JsonValue item : holder["corrections"].items()) {
            add(item, "correction");
        }
    }
    pieces.share(leaves_of([&](LeafWalker& walker) {
        walker.walk_except(document, "upload",
                           {"batch", "trace", "observations", "scores", "corrections"});
    }));
    out = std::move(pieces.records);
}

// LangSmith's upload of runs: {"post": […], "patch": […]}, as it stands or as the body of a logged
// request. A patch may name its run by the end of dotted_order alone.
void walk_langsmith(JsonValue document, std::vector<SourceRecord>& out) {
    constexpr size_t kUuidBytes = 36;
    JsonTree inner;
    JsonValue upload = document;
    if (document["body"].is_string()) {
        if (auto root = inner.read(document["body"].text(), false)) {
            upload = *root;
        }
    }
    Pieces pieces;
    for (std::string_view list : {"post", "patch"}) {
        for (JsonValue run : upload[list].items()) {
            std::string id(run["id"].text());
            std::string_view order = run["dotted_order"].text();
            if (id.empty() && order.size() > kUuidBytes) {
                id = order.substr(order.size() - kUuidBytes);
            }
            pieces.add(id, leaves_of([&](LeafWalker& walker) { walker.walk(run, "run", "", ""); }));
        }
    }
    pieces.share(leaves_of([&](LeafWalker& walker) {
        walker.walk_except(document, "upload", {"body", "post", "patch"});
    }));
    out = std::move(pieces.records);
}

void walk_bodies(JsonValue document, std::vector<SourceRecord>& out) {
    auto add = [&](JsonValue item) { LeafWalker(out.emplace_back().leaves).body(item, "body"); };
    auto items = document.items();
    bool chunks =
        document.size() > 0 && (*items.begin())["object"].text() == "chat.completion.chunk";
    if (chunks) {  // of one stream
        LeafWalker walker(out.emplace_back().leaves);
        for (JsonValue item : items) {
            walker.body(item, "body");
        }
    } else if (document.is_array()) {
        for (JsonValue item : items) {
            add(item);
        }
    } else {
        add(document);
    }
}

}  // namespace

std::vector<SourceRecord> walk_source(SourceFormat format, std::string_view document) {
    std::vector<SourceRecord> records;
    JsonTree tree;
    auto root = tree.read(document, false);
    if (!root) {
        return records;
    }
    switch (format) {
        case SourceFormat::kPlain:
            LeafWalker(records.emplace_back().leaves).walk(*root, "", "", "");
            break;
        case SourceFormat::kExchange:
            walk_exchange(*root, records.emplace_back());
            break;
        case SourceFormat::kBody:
            walk_bodies(*root, records);
            break;
        case SourceFormat::kOtlp:
            walk_otlp(*root, {"resourceSpans", "scopeSpans", "spans", "span"}, records);
            walk_otlp(*root, {"resourceLogs", "scopeLogs", "logRecords", "log"}, records);
            if ((*root)["attributes"].is_array()) {
                LeafWalker walker(records.emplace_back().leaves);
                walk_span(walker, *root, "span");
            }
            break;
        case SourceFormat::kLangfuse:
            walk_langfuse(*root, records);
            break;
        case SourceFormat::kLangsmith:
            walk_langsmith(*root, records);
            break;
    }
    return records;
}

}  // namespace llmtrail::coverage
