#include "fakes/child_server.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <sstream>

#include "base/check.h"

namespace llmtrail {

namespace {

constexpr const char* kPython = "/usr/bin/python3";

[[noreturn]] void become(const std::string& script, const std::vector<std::string>& arguments,
                         int in, int out) {
    ::dup2(in, 0);
    ::dup2(out, 1);
    std::vector<char*> words{const_cast<char*>(kPython), const_cast<char*>(script.c_str())};
    for (const std::string& argument : arguments) {
        words.push_back(const_cast<char*>(argument.c_str()));
    }
    words.push_back(nullptr);
    ::execv(kPython, words.data());
    ::_exit(127);
}

}  // namespace

ChildServer::ChildServer(const std::string& script, const std::vector<std::string>& arguments) {
    int to_child[2];
    int from_child[2];
    LLMTRAIL_CHECK(::pipe2(to_child, O_CLOEXEC) == 0 && ::pipe2(from_child, O_CLOEXEC) == 0);
    std::string path = std::string(LLMTRAIL_SOURCE_DIR) + "/tests/" + script;
    pid_ = ::fork();
    if (pid_ == 0) {
        become(path, arguments, to_child[0], from_child[1]);
    }
    ::close(to_child[0]);
    ::close(from_child[1]);
    life_ = to_child[1];
    std::FILE* out = ::fdopen(from_child[0], "r");
    char line[1024] = {};
    bool told = std::fgets(line, sizeof line, out) != nullptr;
    std::fclose(out);
    LLMTRAIL_CHECK(told);
    std::istringstream words(line);
    for (std::string word; words >> word;) {
        said_.push_back(word);
    }
}

ChildServer::~ChildServer() {
    ::close(life_);
    ::waitpid(pid_, nullptr, 0);
}

}  // namespace llmtrail
