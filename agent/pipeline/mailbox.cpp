#include "pipeline/mailbox.h"

#include <algorithm>
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

void Mailbox::put_dead_letter(DeadLetter letter) {
    {
        std::lock_guard lock(mutex_);
        letters_.dead.push_back(std::move(letter));
        ++dead_letters_waiting_;
    }
    if (on_news_) {
        on_news_();
    }
}

size_t Mailbox::dead_letters_waiting() const {
    std::lock_guard lock(mutex_);
    return dead_letters_waiting_;
}

void Mailbox::note_dead_letters_sealed(size_t count) {
    std::lock_guard lock(mutex_);
    dead_letters_waiting_ -= count;
}

void Mailbox::put_held(HeldCheckpoint held) {
    {
        std::lock_guard lock(mutex_);
        auto same = std::find_if(letters_.held.begin(), letters_.held.end(), [&](const auto& one) {
            return one.body.kind == held.body.kind && one.body.holder == held.body.holder;
        });
        if (same == letters_.held.end()) {
            letters_.held.push_back(std::move(held));
        } else if (same->body.tree_size < held.body.tree_size) {
            *same = std::move(held);
        }
    }
    if (on_news_) {
        on_news_();
    }
}

Mailbox::Letters Mailbox::take() {
    std::lock_guard lock(mutex_);
    Letters taken = letters_;
    letters_.dead.clear();
    letters_.cursors_changed = false;
    letters_.news.clear();
    letters_.held.clear();
    return taken;
}

}  // namespace llmtrail
