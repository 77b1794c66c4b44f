// anchor_servers.py in a process of its own: a timestamp authority (`openssl ts`) and a witness on
// loopback, over http and https. Needs the packages python3 and openssl. Ends with the object.
#pragma once

#include <sys/types.h>

#include <cstdio>
#include <string>

#include "fakes/temp_directory.h"

namespace llmtrail {

class AnchorServers {
 public:
    static bool installed();

    // The log that the witness knows.
    AnchorServers(const std::string& origin, const std::string& public_key_hex);
    ~AnchorServers();

    AnchorServers(const AnchorServers&) = delete;
    AnchorServers& operator=(const AnchorServers&) = delete;

    std::string http(const std::string& path) const { return http_ + path; }

    std::string https(const std::string& path) const { return https_ + path; }

    const std::string& witness_key() const { return witness_key_; }

    // ca.pem vouches for the authority and the https certificate, other.pem for nothing.
    std::string file(const std::string& name) const { return directory_ / name; }

 private:
    TempDirectory directory_;
    pid_t pid_ = -1;
    int life_ = -1;  // the server reads its end as the order to stop
    std::string http_;
    std::string https_;
    std::string witness_key_;
};

}  // namespace llmtrail
