// A server script in a process of its own, which says where it listens and ends when its standard
// input does. A failure to start ends the test program.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

namespace llmtrail {

class ChildServer {
 public:
    // `script` below tests/; run by python3.
    ChildServer(const std::string& script, const std::vector<std::string>& arguments);
    ~ChildServer();

    ChildServer(const ChildServer&) = delete;
    ChildServer& operator=(const ChildServer&) = delete;

    const std::vector<std::string>& said() const { return said_; }  // words of its first line

 private:
    pid_t pid_ = -1;
    int life_ = -1;
    std::vector<std::string> said_;
};

}  // namespace llmtrail
