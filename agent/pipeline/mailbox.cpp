#include "pipeline/mailbox.h"

#include <utility>

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
    {
        std::lock_guard lock(mutex_);
        merge_news(letters_.news, std::move(news));
    }
    if (on_news_) {
        on_news_();
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
