// Dead letters on their way into the log. Until one is committed, the cursor of its output stays at
// its event: a crash in between offers the event again, and it is not lost without a word. Ingest
// thread only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <vector>

#include "pipeline/dead_letter.h"
#include "pipeline/mailbox.h"

namespace llmtrail {

class DeadLetters {
 public:
    void add(std::vector<DeadLetter> letters);

    // The next one for the open batch; null: none.
    const DeadLetter* next() const;

    // It is in the open batch; `commits`: how many batches were committed before that one.
    void note_appended(uint64_t commits);

    // So many batches are committed: what was in them is forgotten. Returns how many.
    size_t settle(uint64_t commits);

    void hold_back(Cursors& cursors) const;

 private:
    struct Waiting {
        DeadLetter letter;
        uint64_t commits = 0;  // before its batch; meaningful once it is appended
    };

    std::deque<Waiting> waiting_;  // the first appended_ of them are in the open batch
    size_t appended_ = 0;
};

}  // namespace llmtrail
