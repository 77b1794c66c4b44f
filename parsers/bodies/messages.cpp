#include "bodies/messages.h"

#include "base/json_text.h"

namespace llmtrail {

namespace {

constexpr std::string_view kUser = "user";
constexpr std::string_view kToolResult = "tool_call_response";

}  // namespace

void MessagesWriter::clear() {
    json_.assign(1, '[');
    closed_ = false;
    in_message_ = false;
    first_part_ = true;
    has_parts_ = false;
    has_user_ = false;
    speaks_ = false;
    messages_ = 0;
    role_.clear();
    texts_.clear();
    message_text_ = 0;
    message_has_text_ = false;
    last_.fill(Span{});
}

void MessagesWriter::begin_message(std::string_view role, std::string_view name) {
    if (in_message_) {
        end_message();
    }
    if (closed_) {
        json_.pop_back();
        closed_ = false;
    }
    if (messages_ > 0) {
        json_.push_back(',');
    }
    ++messages_;
    in_message_ = true;
    first_part_ = true;
    message_has_text_ = false;
    speaks_ = false;
    role_.assign(role);
    has_user_ = has_user_ || role == kUser;
    json_.push_back('{');
    if (!role.empty()) {
        json_ += "\"role\":";
        append_json_string(json_, role);
        json_.push_back(',');
    }
    if (!name.empty()) {
        json_ += "\"name\":";
        append_json_string(json_, name);
        json_.push_back(',');
    }
    json_ += "\"parts\":[";
}

void MessagesWriter::begin_part(std::string_view type) {
    if (!in_message_) {
        begin_message({});
    }
    if (!first_part_) {
        json_.push_back(',');
    }
    first_part_ = false;
    has_parts_ = true;
    speaks_ = speaks_ || type != kToolResult;
    json_ += "{\"type\":";
    append_json_string(json_, type);
}

void MessagesWriter::member(std::string_view key, std::string_view text) {
    json_ += ",\"";
    json_ += key;
    json_ += "\":";
    append_json_string(json_, text);
}

void MessagesWriter::raw_member(std::string_view key, JsonValue value) {
    if (value.exists()) {
        json_ += ",\"";
        json_ += key;
        json_ += "\":";
        value.append_json(json_);
    }
}

void MessagesWriter::text(std::string_view content) {
    begin_part("text");
    member("content", content);
    json_.push_back('}');
    add_text(content);
}

void MessagesWriter::add_text(std::string_view content) {
    if (content.empty()) {
        return;
    }
    if (!texts_.empty()) {
        texts_.push_back('\n');
    }
    if (!message_has_text_) {
        message_has_text_ = true;
        message_text_ = texts_.size();
    }
    texts_ += content;
}

void MessagesWriter::fragment(std::string_view json) {
    begin_part("fragment");
    member("content", json);
    json_.push_back('}');
    add_text(json);
}

void MessagesWriter::reasoning(std::string_view content) {
    begin_part("reasoning");
    member("content", content);
    json_.push_back('}');
}

void MessagesWriter::refusal(std::string_view content) {
    begin_part("refusal");
    member("content", content);
    json_.push_back('}');
    add_text(content);
}

void MessagesWriter::tool_call(std::string_view id, std::string_view name, JsonValue arguments) {
    begin_part("tool_call");
    if (!id.empty()) {
        member("id", id);
    }
    member("name", name);
    raw_member("arguments", arguments);
    json_.push_back('}');
}

void MessagesWriter::tool_call(std::string_view id, std::string_view name,
                               std::string_view arguments_text) {
    begin_part("tool_call");
    if (!id.empty()) {
        member("id", id);
    }
    member("name", name);
    member("arguments", arguments_text);
    json_.push_back('}');
}

void MessagesWriter::tool_result(std::string_view id, JsonValue response) {
    begin_part(kToolResult);
    if (!id.empty()) {
        member("id", id);
    }
    raw_member("response", response);
    json_.push_back('}');
}

void MessagesWriter::tool_result(std::string_view id, std::string_view response_text) {
    begin_part(kToolResult);
    if (!id.empty()) {
        member("id", id);
    }
    member("response", response_text);
    json_.push_back('}');
}

void MessagesWriter::uri(std::string_view modality, std::string_view uri) {
    static constexpr std::string_view kDataScheme = "data:";
    static constexpr std::string_view kBase64 = ";base64";
    if (uri.starts_with(kDataScheme)) {
        size_t comma = uri.find(',');
        std::string_view type = comma == std::string_view::npos
                                    ? std::string_view()
                                    : uri.substr(kDataScheme.size(), comma - kDataScheme.size());
        if (type.ends_with(kBase64)) {
            type.remove_suffix(kBase64.size());
            blob(modality, type, uri.substr(comma + 1));
            return;
        }
    }
    begin_part("uri");
    if (!modality.empty()) {
        member("modality", modality);
    }
    member("uri", uri);
    json_.push_back('}');
}

void MessagesWriter::blob(std::string_view modality, std::string_view mime_type,
                          std::string_view base64) {
    begin_part("blob");
    if (!modality.empty()) {
        member("modality", modality);
    }
    if (!mime_type.empty()) {
        member("mime_type", mime_type);
    }
    member("content", base64);
    json_.push_back('}');
}

void MessagesWriter::file(std::string_view modality, std::string_view file_id) {
    begin_part("file");
    if (!modality.empty()) {
        member("modality", modality);
    }
    member("file_id", file_id);
    json_.push_back('}');
}

void MessagesWriter::given(JsonValue part) {
    if (part.type() != JsonType::kObject) {
        begin_part("value");
        raw_member("content", part);
        json_.push_back('}');
        return;
    }
    if (!in_message_) {
        begin_message({});
    }
    if (!first_part_) {
        json_.push_back(',');
    }
    first_part_ = false;
    has_parts_ = true;
    speaks_ = true;
    part.append_json(json_);
}

int MessagesWriter::speaker_of(std::string_view role) {
    if (role == kUser) {
        return 0;
    }
    if (role == "assistant" || role == "model") {
        return 1;
    }
    return role == "system" || role == "developer" ? 2 : -1;
}

void MessagesWriter::end_message(std::string_view finish_reason) {
    if (!in_message_) {
        return;
    }
    json_.push_back(']');
    if (!finish_reason.empty()) {
        json_ += ",\"finish_reason\":";
        append_json_string(json_, finish_reason);
    }
    json_.push_back('}');
    in_message_ = false;
    int speaker = speaker_of(role_);
    if (speaker >= 0 && message_has_text_) {
        last_[static_cast<size_t>(speaker)] = Span{message_text_, texts_.size() - message_text_};
    } else if (role_ == kUser && speaks_) {
        last_[static_cast<size_t>(speaker)] = Span{};
    }
}

std::string_view MessagesWriter::json() {
    end_message();
    if (!closed_) {
        json_.push_back(']');
        closed_ = true;
    }
    return json_;
}

std::string_view MessagesWriter::last_text_of(std::string_view role) const {
    int speaker = speaker_of(role);
    if (speaker < 0) {
        return {};
    }
    const Span& last = last_[static_cast<size_t>(speaker)];
    return std::string_view(texts_).substr(last.offset, last.size);
}

}  // namespace llmtrail
