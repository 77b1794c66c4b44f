#include "parsers/langsmith.h"

#include <map>
#include <string>
#include <vector>

#include "bodies/body_place.h"
#include "parsers/framework_chat.h"
#include "parsers/langsmith_multipart.h"
#include "parsers/langsmith_run.h"
#include "parsers/repeated.h"

namespace llmtrail {

namespace {

// A patch knows how the run ended.
constexpr uint32_t kPostRank = 1;
constexpr uint32_t kPatchRank = 2;
constexpr uint32_t kWholeRank = 3;  // of an export

bool is_run(JsonValue run) {
    bool placed = run["start_time"].exists() || run["dotted_order"].is_string() ||
                  run["trace_id"].is_string();
    return langsmith::is_run_type(run["run_type"].text()) && run["id"].is_string() && placed;
}

// A patch may hold little more than its place in the trace.
bool is_batch_run(JsonValue run) {
    bool placed = run["dotted_order"].is_string() || run["trace_id"].is_string() ||
                  run["run_type"].is_string();
    return run.is_object() && placed && !langsmith::run_id(run).empty();
}

bool is_batch(JsonValue document) {
    bool lists = document["post"].is_array() || document["patch"].is_array();
    bool runs = true;
    for (std::string_view key : {"post", "patch"}) {
        for (JsonValue run : document[key].items()) {
            runs = runs && is_batch_run(run);
            break;
        }
        runs = runs && (document[key].is_array() || !document[key].exists());
    }
    return lists && runs;
}

bool is_parts(JsonValue object) {
    for (JsonMember member : object.members()) {
        if (!langsmith::part_name(member.key).event.empty()) {
            return true;
        }
    }
    return false;
}

// A page of the API: {"runs": […]}
bool is_page(JsonValue document) {
    for (JsonValue run : document["runs"].items()) {
        return is_run(run);
    }
    return false;
}

// A request to the API as a proxy logs it: {"path": "/runs/batch", "body": …}
bool is_logged_request(JsonValue document) {
    JsonValue path = document["path"].exists() ? document["path"] : document["url"];
    bool ours = path.text().find("/runs/batch") != std::string_view::npos ||
                path.text().find("/runs/multipart") != std::string_view::npos;
    JsonValue body = document["body"].exists() ? document["body"] : document["parts"];
    return ours && (body.is_string() || body.is_object() || body.is_array());
}

class LangsmithParser final : public Parser {
 public:
    std::string_view name() const override { return "langsmith"; }

    std::string_view describes() const override { return "LangSmith runs and feedback"; }

    std::span<const std::string_view> keys() const override {
        static constexpr std::string_view kKeys[] = {"post", "patch", "run_type", "run_id",
                                                     "runs", "body",  "parts"};
        return kKeys;
    }

    bool recognizes(JsonValue document) const override {
        return is_batch(document) || is_run(document) || langsmith::is_feedback(document) ||
               is_page(document) || is_logged_request(document) || is_parts(document["parts"]);
    }

    void parse(JsonValue document, const ParseContext& context, RecordSink& sink) override;

 private:
    AuditRecord& begin(RecordSink& sink);
    void store(AuditRecord& record);
    void run(JsonValue run, std::span<const JsonMember> parts, const std::string& path,
             uint32_t rank, RecordSink& sink);
    void feedback(JsonValue feedback, const std::string& path, RecordSink& sink);
    void batch(JsonValue document, RecordSink& sink);
    void parts(JsonValue object, RecordSink& sink);
    void request(JsonValue document, RecordSink& sink);
    void rest(JsonValue value, const std::string& path, RecordSink& sink);

    ParseContext utc_{};   // LangSmith's stamps without a zone are UTC
    RepeatedPart around_;  // what holds the runs: its other members are theirs
    RepeatBudget budget_;
    std::string_view around_key_;  // the member that holds them
    std::string root_;             // path of what holds them
    BodyScratch scratch_;
    otlp::JsonPool pool_;
    JsonTree body_tree_;
    JsonTree part_tree_;
};

AuditRecord& LangsmithParser::begin(RecordSink& sink) {
    scratch_.clear();
    pool_.reset();
    return sink.begin();
}

void LangsmithParser::store(AuditRecord& record) {
    if (around_.value.exists() && budget_.takes(around_, scratch_.unmapped)) {
        BodyPlace("", scratch_, record).keep_others(around_.value, {around_key_});
    }
    store_messages(scratch_, record);
    set_answer_text(scratch_, record);
    scratch_.unmapped.store(record);
}

void LangsmithParser::run(JsonValue run, std::span<const JsonMember> parts, const std::string& path,
                          uint32_t rank, RecordSink& sink) {
    AuditRecord& record = begin(sink);
    BodyPlace place(path, scratch_, record);
    if (!run.is_object() && run.exists()) {
        place.keep(run);
    }
    langsmith::read_run(run, parts, place, utc_, pool_);
    budget_.earn(run);
    store(record);
    std::string_view id = langsmith::run_id(run);
    std::string key = "langsmith:run:";
    if (!id.empty()) {
        key += id;
    } else {  // "post.<id>"
        langsmith::PartName name =
            langsmith::part_name(std::string_view(path).substr(root_.size()));
        key += name.run.substr(std::min(name.event.size() + 1, name.run.size()));
    }
    bool ended = run["end_time"].exists() && !run["end_time"].is_null();
    sink.commit_piece({key, rank, 0, ended || rank == kWholeRank});
    size_t index = 0;
    for (JsonValue child : run["child_runs"].items()) {
        std::string below = path.empty() ? "child_runs." : path + ".child_runs.";
        if (child.is_object() && below.size() <= kUnmappedPathBytesMax) {
            this->run(child, {}, below + std::to_string(index), rank, sink);
        }
        ++index;
    }
}

void LangsmithParser::feedback(JsonValue feedback, const std::string& path, RecordSink& sink) {
    AuditRecord& record = begin(sink);
    langsmith::read_feedback(feedback, BodyPlace(path, scratch_, record), utc_);
    store(record);
    sink.commit();
}

// What is neither a run nor feedback.
void LangsmithParser::rest(JsonValue value, const std::string& path, RecordSink& sink) {
    AuditRecord& record = begin(sink);
    record.set_text(Field::kEventKind, "other");
    BodyPlace(path, scratch_, record).keep(value);
    store(record);
    sink.commit();
}

void LangsmithParser::batch(JsonValue document, RecordSink& sink) {
    for (std::string_view key : {"post", "patch"}) {
        size_t index = 0;
        for (JsonValue one : document[key].items()) {
            std::string path = root_ + std::string(key) + "." + std::to_string(index++);
            run(one, {}, path, key == "post" ? kPostRank : kPatchRank, sink);
        }
    }
}

// {"post.<id>": {…}, "post.<id>.inputs": {…}, …}: parts of one event of one run are one piece.
void LangsmithParser::parts(JsonValue object, RecordSink& sink) {
    struct Piece {
        langsmith::PartName name;
        JsonValue base;
        std::vector<JsonMember> fields;
    };

    std::vector<Piece> pieces;
    std::map<std::string_view, size_t> by_run;
    for (JsonMember member : object.members()) {
        langsmith::PartName name = langsmith::part_name(member.key);
        bool of_run = name.event == "post" || name.event == "patch";
        if (!of_run) {
            std::string path = root_ + std::string(member.key);
            bool rated = name.event == "feedback" && member.value.is_object();
            rated ? feedback(member.value, path, sink) : rest(member.value, path, sink);
            continue;
        }
        auto [at, added] = by_run.emplace(name.run, pieces.size());
        if (added) {
            pieces.push_back({name, {}, {}});
        }
        Piece& piece = pieces[at->second];
        if (name.field.empty() && !piece.base.exists()) {
            piece.base = member.value;
        } else {
            piece.fields.push_back({name.field, member.value});
        }
    }
    for (const Piece& piece : pieces) {
        run(piece.base, piece.fields, root_ + std::string(piece.name.run),
            piece.name.event == "post" ? kPostRank : kPatchRank, sink);
    }
}

void LangsmithParser::request(JsonValue document, RecordSink& sink) {
    around_key_ = document["body"].exists() ? "body" : "parts";
    root_ = std::string(around_key_) + ".";
    JsonValue body = document[around_key_];
    std::string text;
    if (body.is_array()) {
        text = langsmith::parts_of_list(body, part_tree_);
    } else if (langsmith::is_multipart_text(body.text())) {
        text = langsmith::parts_of_text(body.text(), part_tree_);
    } else if (body.is_string()) {
        text = body.text();
    }
    if (!body.is_object()) {
        auto read = body_tree_.read(text, false);
        body = read ? *read : JsonValue();
    }
    RepeatedPart around =
        repeated_part(document, [&](JsonMember one) { return one.key == around_key_; });
    if (is_batch(body)) {
        around_ = around;
        batch(body, sink);
    } else if (is_parts(body)) {
        around_ = around;
        parts(body, sink);
    } else {
        root_.clear();
        rest(document, "", sink);
    }
}

void LangsmithParser::parse(JsonValue document, const ParseContext& context, RecordSink& sink) {
    utc_ = context;
    utc_.default_utc_offset_seconds = 0;
    around_ = {};
    budget_.start_document();
    around_key_ = {};
    root_.clear();
    if (is_batch(document)) {
        batch(document, sink);
    } else if (is_logged_request(document) || document["parts"].is_object()) {
        request(document, sink);
    } else if (is_page(document)) {
        size_t index = 0;
        for (JsonValue one : document["runs"].items()) {
            run(one, {}, "runs." + std::to_string(index++), kWholeRank, sink);
        }
    } else if (langsmith::is_feedback(document)) {
        feedback(document, "", sink);
    } else {
        run(document, {}, "", kWholeRank, sink);
    }
}

}  // namespace

std::unique_ptr<Parser> make_langsmith_parser() {
    return std::make_unique<LangsmithParser>();
}

}  // namespace llmtrail
