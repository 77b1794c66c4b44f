// Why a path cannot be used by this user, in words that name the folder or file at fault and what
// to do. Looks only; the answer is a hint for a person, never a decision. Main thread.
#pragma once

#include <string>

#include "platform/file_system.h"

namespace llmtrail {

struct Advice {
    bool usable = true;
    bool permission = false;  // else it is not there, or not what it should be
    std::string
        problem;         // "`/var/log/app` may not be entered by this user (mode 0700, owner 1000)"
    std::string remedy;  // a command
};

Advice advise_on_reading(const std::string& path, FileSystem& files);

// Why looking for files at `path` was refused: a folder above it may not be entered, or it is a
// folder that may not be listed. A file that is there gets the advice on reading it.
Advice advise_on_listing(const std::string& path, FileSystem& files);

// Whether files can be made in `directory`; where it does not exist, in its nearest existing
// parent. Root may always.
Advice advise_on_writing(const std::string& directory, FileSystem& files, uint32_t own_user);

}  // namespace llmtrail
