// Wakes a waiting thread when something happens in watched directories: inotify(7) in production.
// A wake-up is only a hint; whoever is woken looks for itself, and a poll stands behind it.
#pragma once

#include <memory>
#include <string>

#include "base/result.h"

namespace llmtrail {

class FileWatch {
 public:
    virtual ~FileWatch() = default;
    // Watching the same directory again changes nothing. kNoSpace: the user's watches are used up;
    // poll.
    virtual Result<void> watch_directory(const std::string& path) = 0;
    // Watches nothing any more: whoever still wants a directory asks again. News may be lost with
    // it: look at everything afterwards.
    virtual void forget_directories() = 0;
    virtual int descriptor() const = 0;  // readable when there is news; -1: never, poll
    // Forgets the news. True when the kernel lost some (queue overflow): look at everything.
    virtual bool drain() = 0;
};

}  // namespace llmtrail
