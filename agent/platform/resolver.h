// Names to addresses without blocking: numeric hosts at once, names by getaddrinfo(3) on a thread
// of their own, so that a slow name server stalls neither the deliver thread nor the shutdown. A
// name that is being looked up already is not looked up twice. Inside agent/platform only; any
// thread.
#pragma once

#include <sys/socket.h>

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "platform/network.h"

namespace llmtrail {

inline constexpr size_t kLookupsMax = 16;  // threads waiting for a name server at one time

struct SocketAddress {
    sockaddr_storage storage{};
    socklen_t size = 0;
};

using SocketAddresses = std::vector<SocketAddress>;

Result<SocketAddress> unix_address(const std::string& path);  // kLimit: no socket has such a path

// One lookup, shared by whoever waits for it and the thread that does it.
class Lookup {
 public:
    // Empty while it is going on. kNetwork: no such name, or no name server.
    std::optional<Result<SocketAddresses>> result();
    void finish(Result<SocketAddresses> result);

 private:
    std::mutex mutex_;
    std::optional<Result<SocketAddresses>> result_;
};

// getaddrinfo(3) with `flags`; blocks.
Result<SocketAddresses> look_up(const Endpoint& endpoint, int flags);

class Resolver {
 public:
    using LookUp = std::function<Result<SocketAddresses>(const Endpoint&, int flags)>;

    explicit Resolver(LookUp look_up_name = look_up) : look_up_(std::move(look_up_name)) {}

    // No address outlives its lookup: each attempt to connect asks anew. kBusy: kLookupsMax lookups
    // are going on.
    Result<std::shared_ptr<Lookup>> start(const Endpoint& endpoint);

 private:
    LookUp look_up_;
    std::mutex mutex_;
    std::map<std::pair<std::string, uint16_t>, std::shared_ptr<Lookup>> going_on_;
};

}  // namespace llmtrail
