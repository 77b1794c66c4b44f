// Names to addresses without blocking: numeric hosts at once, names by getaddrinfo(3) on a thread
// of their own, so that a slow name server stalls neither the deliver thread nor the shutdown. A
// name that is being looked up already is not looked up twice. While nothing says what a name's
// addresses are, those that it had last are used on for a time; an answer that there is no such
// name ends that. Inside agent/platform only; any thread.
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
#include "platform/clock.h"
#include "platform/network.h"

namespace llmtrail {

inline constexpr size_t kLookupsMax = 16;  // threads waiting for a name server at one time
inline constexpr int64_t kLastAddressesMs = int64_t{24} * 3'600'000;  // since a server gave them
inline constexpr size_t kLastAddressesMax = 64;                       // names

struct SocketAddress {
    sockaddr_storage storage{};
    socklen_t size = 0;
};

using SocketAddresses = std::vector<SocketAddress>;

Result<SocketAddress> unix_address(const std::string& path);  // kLimit: no socket has such a path

// What lookups found, kept for when there is nobody to ask. Shared with their threads.
class LastAddresses {
 public:
    void put(const Endpoint& endpoint, const SocketAddresses& addresses, MonotonicNanos now);

    // Empty: none that are younger than kLastAddressesMs.
    std::optional<SocketAddresses> find(const Endpoint& endpoint, MonotonicNanos now);

    void forget(const Endpoint& endpoint);

 private:
    struct Known {
        SocketAddresses addresses;
        MonotonicNanos at;
    };

    std::mutex mutex_;
    std::map<std::pair<std::string, uint16_t>, Known> known_;
};

// One lookup, shared by whoever waits for it and the thread that does it.
class Lookup {
 public:
    // Empty while it is going on. kNetwork: no such name. kTimeout: no answer, and no addresses
    // from before.
    std::optional<Result<SocketAddresses>> result();

    // Why the addresses are those from before; "": they are not. Of a lookup that has its result.
    std::string doubt();

    void finish(Result<SocketAddresses> result, std::string doubt = {});

 private:
    std::mutex mutex_;
    std::string doubt_;
    std::optional<Result<SocketAddresses>> result_;
};

// Of a failure of getaddrinfo(3). kNetwork: the name has no address. kTimeout: nobody said that; no
// name server answered, or the lookup itself failed (EAI_SYSTEM, EAI_MEMORY, EAI_FAIL, ...).
ErrorCode lookup_error(int failure);

// getaddrinfo(3) with `flags`; blocks. Errors: lookup_error().
Result<SocketAddresses> look_up(const Endpoint& endpoint, int flags);

MonotonicNanos monotonic_now();  // CLOCK_MONOTONIC

class Resolver {
 public:
    using LookUp = std::function<Result<SocketAddresses>(const Endpoint&, int flags)>;

    using Now = std::function<MonotonicNanos()>;

    explicit Resolver(LookUp look_up_name = look_up, Now now = monotonic_now)
        : look_up_(std::move(look_up_name)), now_(std::move(now)) {}

    // Each attempt to connect asks anew. kBusy: kLookupsMax lookups are going on.
    Result<std::shared_ptr<Lookup>> start(const Endpoint& endpoint);

 private:
    LookUp look_up_;
    Now now_;
    std::shared_ptr<LastAddresses> last_ = std::make_shared<LastAddresses>();
    std::mutex mutex_;
    std::map<std::pair<std::string, uint16_t>, std::shared_ptr<Lookup>> going_on_;
};

}  // namespace llmtrail
