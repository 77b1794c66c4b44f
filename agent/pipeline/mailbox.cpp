#include "pipeline/mailbox.h"

#include <algorithm>

namespace llmtrail {

void Mailbox::put_cursors(Cursors cursors) {
    std::lock_guard lock(mutex_);
    letters_.cursors_changed = letters_.cursors_changed || letters_.cursors != cursors;
    letters_.cursors = std::move(cursors);
}

void Mailbox::put_outputs(std::vector<OutputTotals> totals) {
    std::lock_guard lock(mutex_);
    letters_.outputs = std::move(totals);
}

void Mailbox::put_news(AgentNews news) {
    add(std::move(news));
    if (on_news_) {
        on_news_();
    }
}

void Mailbox::add(AgentNews news) {
    std::lock_guard lock(mutex_);
    auto same = std::find_if(letters_.news.begin(), letters_.news.end(), [&](const AgentNews& n) {
        return n.event_class == news.event_class && n.subject == news.subject && n.detail == news.detail;
    });
    if (same != letters_.news.end()) {
        same->count += news.count;
    } else if (letters_.news.size() < kNewsMax) {
        letters_.news.push_back(std::move(news));
    } else {
        letters_.news.back().count += news.count;
    }
}

Mailbox::Letters Mailbox::take() {
    std::lock_guard lock(mutex_);
    Letters taken = letters_;
    letters_.cursors_changed = false;
    letters_.news.clear();
    return taken;
}

}  // namespace llmtrail
