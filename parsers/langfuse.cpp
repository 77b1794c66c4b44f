#include "parsers/langfuse.h"

#include <map>
#include <string>

#include "bodies/body_place.h"
#include "parsers/framework_chat.h"
#include "parsers/framework_scores.h"
#include "parsers/langfuse_record.h"
#include "parsers/langfuse_rows.h"
#include "parsers/langfuse_shape.h"
#include "parsers/repeated.h"
#include "parsers/time_value.h"

namespace llmtrail {

namespace {

using langfuse::is_batch;
using langfuse::is_event;
using langfuse::is_export;
using langfuse::is_logged_request;
using langfuse::is_observation;
using langfuse::is_page;
using langfuse::is_row;
using langfuse::is_trace;
using langfuse::member_of;
using langfuse::ReadSpace;

// Of two events of one observation the update knows more.
constexpr uint32_t kCreateRank = 1;
constexpr uint32_t kUpdateRank = 2;

class LangfuseParser final : public Parser {
 public:
    std::string_view name() const override { return "langfuse"; }

    std::string_view describes() const override {
        return "Langfuse ingestion batches, exports, scores and audit logs";
    }

    std::span<const std::string_view> keys() const override {
        static constexpr std::string_view kKeys[] = {
            "batch", "trace", "id", "data", "resourceType", "source", "body", "resource_type"};
        return kKeys;
    }

    bool recognizes(JsonValue document) const override {
        return is_batch(document) || is_export(document) || is_row(document) || is_page(document) ||
               is_logged_request(document);
    }

    void parse(JsonValue document, const ParseContext& context, RecordSink& sink) override;

 private:
    AuditRecord& begin(RecordSink& sink);
    void commit(AuditRecord& record, RecordSink& sink, std::string_view kind, std::string_view id,
                uint32_t rank, bool last);
    void batch(JsonValue document, const BodyPlace& root, RecordSink& sink);
    void event(JsonValue event, const BodyPlace& place, RecordSink& sink);
    void around(const BodyPlace& root);
    void sdk_log(JsonValue event, const BodyPlace& place);
    void whole_trace(JsonValue trace, std::string_view path, JsonValue document, RecordSink& sink);
    void trace(JsonValue trace, std::string_view path, JsonValue document, bool nested,
               RecordSink& sink);
    void observations(JsonValue list, std::string_view path, JsonValue trace, RecordSink& sink);
    void scores(JsonValue list, std::string_view path, RecordSink& sink);
    void repeated(JsonValue list, const BodyPlace& place);
    void row(JsonValue row, std::string_view path, RecordSink& sink);
    void find_scores(JsonValue list);

    ParseContext utc_{};     // Langfuse's stamps without a zone are UTC
    RepeatedPart batch_;     // what stands beside the events
    RepeatedPart envelope_;  // of a logged request
    RepeatBudget budget_;
    BodyScratch scratch_;
    otlp::JsonPool pool_;
    JsonTree body_tree_;
    std::map<std::string_view, langfuse::TraceFacts> traces_;  // of a batch, by id
    std::map<std::string_view, JsonValue> observations_;       // of an export, by id
    std::multimap<std::string_view, JsonValue> scores_;        // by what they score
};

AuditRecord& LangfuseParser::begin(RecordSink& sink) {
    scratch_.clear();
    pool_.reset();
    return sink.begin();
}

void LangfuseParser::commit(AuditRecord& record, RecordSink& sink, std::string_view kind,
                            std::string_view id, uint32_t rank, bool last) {
    store_messages(scratch_, record);
    set_answer_text(scratch_, record);
    scratch_.unmapped.store(record);
    if (id.empty()) {
        sink.commit();
        return;
    }
    std::string key = "langfuse:";
    key.append(kind).append(":").append(id);
    sink.commit_piece({key, rank, 0, last});
}

void LangfuseParser::batch(JsonValue document, const BodyPlace& root, RecordSink& sink) {
    traces_.clear();
    budget_.start_document();
    batch_ = repeated_part(document, [](JsonMember one) { return one.key == "batch"; });
    for (JsonValue event : document["batch"].items()) {
        JsonValue body = event["body"];
        if (event["type"].text() == "trace-create" && body["id"].is_string()) {
            pool_.reset();
            traces_[body["id"].text()].add(langfuse::TraceFacts::of(body, {utc_, pool_}));
        }
    }
    std::string path = root.below("batch").path();
    size_t index = 0;
    for (JsonValue event : document["batch"].items()) {
        AuditRecord& record = begin(sink);
        BodyPlace outer(path, scratch_, record);
        BodyPlace place = outer.below(index++);
        this->event(event, place, sink);
    }
}

void LangfuseParser::sdk_log(JsonValue event, const BodyPlace& place) {
    AuditRecord& record = place.record();
    fill_text(record, Field::kEventKind, "other");
    set_event_time(record, event["timestamp"], utc_);
    fill(record, Field::kRecordNativeId, event["id"]);
    place.below("body").keep(event["body"]);
}

void LangfuseParser::event(JsonValue event, const BodyPlace& place, RecordSink& sink) {
    AuditRecord& record = place.record();
    JsonValue body = event["body"];
    std::string_view type = event["type"].text();
    BodyPlace inner = place.below("body");
    ReadSpace space{utc_, pool_, false};
    uint32_t rank = type.ends_with("-update") ? kUpdateRank : kCreateRank;
    std::string_view kind = "observation";
    std::string_view id = body["id"].text();
    if (type == "trace-create") {
        kind = "trace";
        langfuse::read_trace(body, inner, space);
    } else if (type == "score-create") {
        kind = "score";
        id = {};
        langfuse::read_score(body, inner, space);
    } else if (is_event(event) && type != "sdk-log") {
        langfuse::read_observation(body, inner, langfuse::find_event_type(type), space);
        auto trace = traces_.find(body["traceId"].text());
        if (trace != traces_.end()) {
            trace->second.fill(record);
        }
    } else {
        id = {};
        sdk_log(event, place);
    }
    // Only the first piece says when it happened; an update's stamp is when it was sent.
    bool stamped = record.has(Field::kEventTime) || rank == kUpdateRank;
    if (!stamped) {
        set_event_time(record, event["timestamp"], utc_);
    }
    bool corrected = record.has(Field::kEditTargetId) && !record.has(Field::kEditTime);
    if (corrected && record.has(Field::kEventTime)) {
        record.set_time(Field::kEditTime, UnixNanos{*record.integer(Field::kEventTime)});
    }
    bool repeats = rank == kUpdateRank || type == "trace-create";  // need not say the name again
    if (!record.has(Field::kEventAction) && !repeats) {
        record.set_text(Field::kEventAction, type);
    }
    // Such an event is a record even if no other follows.
    bool alone = body["endTime"].is_string() || type == "event-create" || type == "trace-create";
    if (alone) {
        record.set_text(Field::kRecordState, "complete");
    }
    place.keep_others(event, {"body"});
    budget_.earn(event);
    around(BodyPlace("", scratch_, record));
    commit(record, sink, kind, id, rank, false);
}

// Who sent a batch, and the request it came in.
void LangfuseParser::around(const BodyPlace& root) {
    if (budget_.takes(batch_, scratch_.unmapped)) {
        JsonValue about = batch_.value["metadata"];
        fill(root.record(), Field::kApiKeyId, about["public_key"]);
        root.below("metadata").keep_others(about, {"public_key"});
        root.keep_others(batch_.value, {"batch", "metadata"});
    }
    if (envelope_.value.exists() && budget_.takes(envelope_, scratch_.unmapped)) {
        root.keep_others(envelope_.value, {"body"});
    }
}

// Scores that say how toxic an answer was belong to the answer's record, too.
void LangfuseParser::find_scores(JsonValue list) {
    for (JsonValue score : list.items()) {
        std::string_view target = member_of(score, "observationId").text();
        scores_.emplace(target.empty() ? member_of(score, "traceId").text() : target, score);
    }
}

void set_scores_of(const std::multimap<std::string_view, JsonValue>& scores, std::string_view id,
                   AuditRecord& record) {
    constexpr int kScoresMax = 64;  // of one answer
    auto [at, end] = scores.equal_range(id);
    for (int seen = 0; at != end && seen < kScoresMax; ++at, ++seen) {
        set_named_score(record, at->second["name"].text(), at->second["value"].real());
    }
}

// {"trace": {…, "scores", "corrections", "observations"}, "observations": […]}, or the trace alone.
// `path`: of the trace in the document.
void LangfuseParser::whole_trace(JsonValue trace, std::string_view path, JsonValue document,
                                 RecordSink& sink) {
    scores_.clear();
    observations_.clear();
    for (JsonValue list : {trace["scores"], document["scores"]}) {
        find_scores(list);
    }
    for (JsonValue observation : document["observations"].items()) {
        observations_.emplace(observation["id"].text(), observation);
    }
    std::string prefix(path);
    prefix += prefix.empty() ? "" : ".";
    bool nested = observations_.empty();
    this->trace(trace, path, document, nested, sink);
    if (nested) {
        observations(trace["observations"], prefix + "observations", trace, sink);
    }
    observations(document["observations"], "observations", trace, sink);
    scores(trace["scores"], prefix + "scores", sink);
    scores(trace["corrections"], prefix + "corrections", sink);
    scores(document["scores"], "scores", sink);
}

// Of a list of records: what is no record, such as an id.
void keep_no_objects(JsonValue list, const BodyPlace& place) {
    size_t index = 0;
    for (JsonValue item : list.items()) {
        BodyPlace here = place.below(index++);
        if (!item.is_object()) {
            here.keep(item);
        }
    }
    if (!list.is_array()) {
        place.keep(list);
    }
}

bool says_nothing(std::string_view json) {
    return json == "null" || json == "\"\"" || json == "\"{}\"" || json == "\"[]\"" ||
           json == "{}" || json == "[]";
}

// Observations that stand in the trace as well, mostly without their content: what they say more.
// Each is compared once, so that the work stays that of the document's length.
void LangfuseParser::repeated(JsonValue list, const BodyPlace& place) {
    constexpr size_t kMembersMax = 256;
    size_t index = 0;
    for (JsonValue observation : list.items()) {
        BodyPlace here = place.below(index++);
        if (!observation.is_object()) {
            continue;
        }
        auto whole = observations_.find(observation["id"].text());
        if (whole == observations_.end() || observation.size() > kMembersMax) {
            here.keep(observation);
            continue;
        }
        for (JsonMember member : observation.members()) {
            bool twice = observation[member.key].at() != member.value.at();
            std::string said = member.value.json();
            if (twice || (!says_nothing(said) && said != whole->second[member.key].json())) {
                here.keep(member.key, member.value);
            }
        }
        observations_.erase(whole);
    }
}

void LangfuseParser::trace(JsonValue trace, std::string_view path, JsonValue document, bool nested,
                           RecordSink& sink) {
    AuditRecord& record = begin(sink);
    BodyPlace place(path, scratch_, record);
    langfuse::read_trace(trace, place, {utc_, pool_, true});
    set_scores_of(scores_, trace["id"].text(), record);
    if (!nested) {
        repeated(trace["observations"], place.below("observations"));
    }
    for (std::string_view key : {"observations", "scores", "corrections"}) {
        keep_no_objects(trace[key], place.below(key));
    }
    BodyPlace root("", scratch_, record);
    if (document.exists()) {
        root.keep_others(document, {"trace", "observations", "scores"});
        keep_no_objects(document["observations"], root.below("observations"));
        keep_no_objects(document["scores"], root.below("scores"));
    }
    commit(record, sink, "trace", trace["id"].text(), kUpdateRank, true);
}

void LangfuseParser::observations(JsonValue list, std::string_view path, JsonValue trace,
                                  RecordSink& sink) {
    pool_.reset();
    auto facts = langfuse::TraceFacts::of(trace, {utc_, pool_, true});
    size_t index = 0;
    for (JsonValue observation : list.items()) {
        size_t number = index++;
        if (!observation.is_object()) {
            continue;
        }
        AuditRecord& record = begin(sink);
        BodyPlace all(path, scratch_, record);
        BodyPlace place = all.below(number);
        langfuse::read_observation(observation, place, nullptr, {utc_, pool_, true});
        facts.fill(record);
        set_scores_of(scores_, observation["id"].text(), record);
        commit(record, sink, "observation", observation["id"].text(), kUpdateRank, true);
    }
}

void LangfuseParser::scores(JsonValue list, std::string_view path, RecordSink& sink) {
    size_t index = 0;
    for (JsonValue score : list.items()) {
        size_t number = index++;
        if (!score.is_object()) {
            continue;
        }
        AuditRecord& record = begin(sink);
        BodyPlace all(path, scratch_, record);
        langfuse::read_score(score, all.below(number), {utc_, pool_, true});
        commit(record, sink, {}, {}, 0, false);
    }
}

void LangfuseParser::row(JsonValue row, std::string_view path, RecordSink& sink) {
    AuditRecord& record = begin(sink);
    BodyPlace place(path, scratch_, record);
    ReadSpace space{utc_, pool_, true};
    if (is_trace(row)) {
        whole_trace(row, path, JsonValue(), sink);
    } else if (is_observation(row)) {
        langfuse::read_observation(row, place, nullptr, space);
        commit(record, sink, "observation", row["id"].text(), kUpdateRank, true);
    } else if (langfuse::is_score(row)) {
        langfuse::read_score(row, place, space);
        commit(record, sink, {}, {}, 0, false);
    } else if (langfuse::is_audit_row(row)) {
        langfuse::read_audit_row(row, place, space);
        commit(record, sink, {}, {}, 0, false);
    } else {
        place.keep(row);
        commit(record, sink, {}, {}, 0, false);
    }
}

void LangfuseParser::parse(JsonValue document, const ParseContext& context, RecordSink& sink) {
    utc_ = context;
    utc_.default_utc_offset_seconds = 0;
    envelope_ = {};
    if (is_logged_request(document)) {
        auto read = body_tree_.read(document["body"].text(), false);
        AuditRecord& record = begin(sink);
        BodyPlace root("", scratch_, record);
        if (read && is_batch(*read)) {
            envelope_ = repeated_part(document, [](JsonMember one) { return one.key == "body"; });
            batch(*read, root.below("body"), sink);
            return;
        }
        fill_text(record, Field::kEventKind, "other");
        record.append_to_list(Field::kRecordFlags, "body_not_json");
        root.keep(document);
        commit(record, sink, {}, {}, 0, false);
    } else if (is_batch(document)) {
        AuditRecord& record = begin(sink);
        batch(document, BodyPlace("", scratch_, record), sink);
    } else if (is_export(document)) {
        whole_trace(document["trace"], "trace", document, sink);
    } else if (is_page(document)) {
        size_t index = 0;
        for (JsonValue one : document["data"].items()) {
            row(one, "data." + std::to_string(index++), sink);
        }
    } else {
        row(document, "", sink);
    }
}

}  // namespace

std::unique_ptr<Parser> make_langfuse_parser() {
    return std::make_unique<LangfuseParser>();
}

}  // namespace llmtrail
