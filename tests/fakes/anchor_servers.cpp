#include "fakes/anchor_servers.h"

#include <sys/wait.h>
#include <unistd.h>

#include "base/check.h"

namespace llmtrail {

namespace {

constexpr const char* kPython = "/usr/bin/python3";
constexpr const char* kOpenssl = "/usr/bin/openssl";

}  // namespace

bool AnchorServers::installed() {
    return ::access(kPython, X_OK) == 0 && ::access(kOpenssl, X_OK) == 0;
}

AnchorServers::AnchorServers(const std::string& origin, const std::string& public_key_hex) {
    int to_child[2];
    int from_child[2];
    LLMTRAIL_CHECK(::pipe(to_child) == 0 && ::pipe(from_child) == 0);
    std::string script = std::string(LLMTRAIL_SOURCE_DIR) + "/tests/fakes/anchor_servers.py";
    std::string directory = directory_.path();
    pid_ = ::fork();
    if (pid_ == 0) {
        ::dup2(to_child[0], 0);
        ::dup2(from_child[1], 1);
        for (int fd : {to_child[0], to_child[1], from_child[0], from_child[1]}) {
            ::close(fd);
        }
        ::execl(kPython, kPython, script.c_str(), directory.c_str(), origin.c_str(),
                public_key_hex.c_str(), nullptr);
        ::_exit(127);
    }
    ::close(to_child[0]);
    ::close(from_child[1]);
    life_ = to_child[1];
    std::FILE* out = ::fdopen(from_child[0], "r");
    unsigned http_port = 0;
    unsigned https_port = 0;
    char key[256] = {};
    bool told = std::fscanf(out, "%u %u %255s", &http_port, &https_port, key) == 3;
    std::fclose(out);
    LLMTRAIL_CHECK(told);
    http_ = "http://127.0.0.1:" + std::to_string(http_port);
    https_ = "https://127.0.0.1:" + std::to_string(https_port);
    witness_key_ = key;
}

AnchorServers::~AnchorServers() {
    ::close(life_);
    ::waitpid(pid_, nullptr, 0);
}

}  // namespace llmtrail
