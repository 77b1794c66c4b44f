#include "join/side_text.h"

#include <utility>

namespace llmtrail {

void SideText::add(const Part& part) {
    if (part.bytes) {
        bytes_ = part.bytes;
    }
    if (part.has_messages) {
        messages_ = part;
    }
    if (part.text.empty()) {
        return;
    }
    if (!texts_.empty() && texts_.front().rank < part.rank) {
        texts_.clear();
    }
    texts_.push_back(part);
}

void SideText::choose(const Part& part) {
    text_.assign(part.text);
    bytes_ = part.bytes ? *part.bytes : static_cast<int64_t>(text_.size());
}

// Chunks have places of their own; pieces of one place say the same thing anew.
void SideText::put_end_to_end() {
    text_.clear();
    for (size_t i = 0; i < texts_.size(); ++i) {
        bool said_anew = i + 1 < texts_.size() && texts_[i + 1].order == texts_[i].order;
        if (!said_anew) {
            text_ += texts_[i].text;
        }
    }
    bytes_ = static_cast<int64_t>(text_.size());
}

void SideText::resolve(std::string_view messages, size_t arrays, TextOf text_of) {
    bool messages_lead = messages_ && (texts_.empty() || messages_->rank >= texts_.back().rank);
    if (messages_lead && arrays > 1) {
        if (auto told = text_of(messages)) {
            text_ = std::move(*told);
            bytes_.reset();
            if (!text_.empty()) {
                bytes_ = static_cast<int64_t>(text_.size());
            }
            return;
        }
    } else if (messages_lead && !messages_->text.empty()) {
        choose(*messages_);
        return;
    }
    if (texts_.empty()) {
        return;
    }
    if (texts_.front().order == texts_.back().order) {
        choose(texts_.back());
    } else {
        put_end_to_end();
    }
}

}  // namespace llmtrail
