#include "pipeline/dead_letters.h"

#include <algorithm>
#include <utility>

namespace llmtrail {

void DeadLetters::add(std::vector<DeadLetter> letters) {
    for (DeadLetter& letter : letters) {
        waiting_.push_back({std::move(letter), 0});
    }
}

const DeadLetter* DeadLetters::next() const {
    return appended_ < waiting_.size() ? &waiting_[appended_].letter : nullptr;
}

void DeadLetters::note_appended(uint64_t commits) {
    waiting_[appended_++].commits = commits;
}

size_t DeadLetters::settle(uint64_t commits) {
    size_t settled = 0;
    while (appended_ > 0 && waiting_.front().commits < commits) {
        waiting_.pop_front();
        --appended_;
        ++settled;
    }
    return settled;
}

void DeadLetters::hold_back(Cursors& cursors) const {
    for (auto& [output, cursor] : cursors) {
        for (const Waiting& waiting : waiting_) {
            if (waiting.letter.output == output) {
                cursor = std::min(cursor, waiting.letter.index);
            }
        }
    }
}

}  // namespace llmtrail
