#include "parsers/kong.h"

#include "parsers/kong_parts.h"
#include "parsers/time_value.h"

namespace llmtrail {

namespace {

// Of one entry: each repeats what the entry says of the request. Further ones stay in Unmapped.
constexpr size_t kCallsMax = 64;

// The plugins that pass the caller's request on; others call a model of their own.
bool is_proxy(std::string_view plugin) {
    return plugin == "proxy" || plugin == "ai-proxy" || plugin == "ai-proxy-advanced";
}

class KongParser final : public Parser {
 public:
    std::string_view name() const override { return "kong"; }

    std::string_view describes() const override {
        return "Kong's log entries (file-log and its like) with the data of its AI plugins";
    }

    std::span<const std::string_view> keys() const override {
        static constexpr std::string_view kKeys[] = {"latencies"};
        return kKeys;
    }

    bool recognizes(JsonValue document) const override {
        return document["latencies"].is_object() && document["started_at"].is_number() &&
               document["request"].is_object();
    }

    void parse(JsonValue document, const ParseContext& context, RecordSink& sink) override;

 private:
    template <typename Read>
    void one(JsonValue document, const ParseContext& context, RecordSink& sink, Read&& read,
             bool of_call = true);
    void model_calls(JsonValue document, const ParseContext& context, RecordSink& sink);
    void mcp_calls(JsonValue document, const ParseContext& context, RecordSink& sink);
    void rest_of_ai(const BodyPlace& place, JsonValue ai);

    BodyScratch scratch_;
    GatewayCall call_;
    JsonTree tree_;
};

// A record with what holds for all calls of the entry; `read` adds the call, placed at "ai".
template <typename Read>
void KongParser::one(JsonValue document, const ParseContext& context, RecordSink& sink, Read&& read,
                     bool of_call) {
    AuditRecord& record = sink.begin();
    scratch_.clear();
    BodyPlace place("", scratch_, record);
    if (!set_event_time(record, document["started_at"], context)) {
        place.keep("started_at", document["started_at"]);
    }
    kong::read_envelope(place, document, of_call);
    read(place.below("ai"));
    store_messages(scratch_, record);
    scratch_.unmapped.store(record);
    sink.commit();
}

void KongParser::rest_of_ai(const BodyPlace& place, JsonValue ai) {
    size_t calls = 0;
    for (JsonMember plugin : ai.members()) {
        bool call = plugin.key == "payload" || plugin.key == "mcp" ||
                    (kong::is_model_call(plugin.value) && calls++ < kCallsMax);
        if (!call && !kong::read_guard(place.below(plugin.key), plugin.key, plugin.value)) {
            place.keep(plugin.key, plugin.value);
        }
    }
    if (!ai.is_object()) {
        place.keep(ai);
    }
}

// Plugins that rewrite the request or the answer call a model of their own: a record each. What
// else "ai" holds goes with the first.
void KongParser::model_calls(JsonValue document, const ParseContext& context, RecordSink& sink) {
    JsonValue ai = document["ai"];
    bool first = true;
    size_t calls = 0;
    for (JsonMember plugin : ai.members()) {
        if (!kong::is_model_call(plugin.value) || plugin.key == "payload" || calls++ >= kCallsMax) {
            continue;
        }
        one(document, context, sink, [&](const BodyPlace& place) {
            if (!is_proxy(plugin.key)) {
                fill_text(place.record(), Field::kEventAction, plugin.key);
            }
            kong::read_model_call(place.below(plugin.key), plugin.value, place.below("payload"),
                                  ai["payload"], call_);
            if (first) {
                rest_of_ai(place, ai);
            }
        });
        first = false;
    }
}

// A request of several tool calls gives a record each, or one when only decisions were logged.
void KongParser::mcp_calls(JsonValue document, const ParseContext& context, RecordSink& sink) {
    JsonValue mcp = document["ai"]["mcp"];
    JsonValue calls = mcp["rpc"];
    bool first = true;
    size_t index = 0;
    auto record_of = [&](JsonValue call) {
        one(
            document, context, sink,
            [&](const BodyPlace& ai) {
                BodyPlace place = ai.below("mcp");
                BodyPlace list = place.below("rpc");
                BodyPlace audit = place.below("audit");
                fill(place.record(), Field::kGenAiConversationId, mcp["mcp_session_id"]);
                kong::read_rpc(list.below(index++), call, tree_);
                std::string_view tool = call["tool_name"].text();
                if (!tool.empty()) {
                    kong::read_mcp_audit(audit, mcp["audit"], tool, calls);
                }
                if (first) {
                    size_t beyond = 0;
                    for (JsonValue further : calls.items()) {
                        if (beyond++ >= kCallsMax) {
                            list.below(beyond - 1).keep(further);
                        }
                    }
                    kong::read_mcp_audit(audit, mcp["audit"], "", calls);
                    place.keep_others(mcp, {"mcp_session_id", "rpc", "audit"});
                    rest_of_ai(ai, document["ai"]);
                }
            },
            !call.exists());
        first = false;
    };
    for (JsonValue call : calls.items()) {
        if (index < kCallsMax) {
            record_of(call);
        }
    }
    if (first) {
        record_of(JsonValue());
    }
}

void KongParser::parse(JsonValue document, const ParseContext& context, RecordSink& sink) {
    JsonValue ai = document["ai"];
    bool calls = false;
    for (JsonMember plugin : ai.members()) {
        calls = calls || (kong::is_model_call(plugin.value) && plugin.key != "payload");
    }
    if (calls) {
        model_calls(document, context, sink);
    }
    if (ai["mcp"].is_object()) {
        mcp_calls(document, context, sink);
    }
    if (calls || ai["mcp"].is_object()) {
        return;
    }
    one(document, context, sink, [&](const BodyPlace& place) {
        rest_of_ai(place, ai);
        if (JsonValue payload = ai["payload"]; payload.exists()) {
            BodyPlace here = place.below("payload");
            kong::read_model_call(here, JsonValue(), here, payload, call_);
        }
        bool other = scratch_.guardrails.count() == 0 && scratch_.input.empty();
        fill_text(place.record(), Field::kEventKind, other ? "other" : "inference");
    });
}

}  // namespace

std::unique_ptr<Parser> make_kong_parser() {
    return std::make_unique<KongParser>();
}

}  // namespace llmtrail
