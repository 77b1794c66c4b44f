#include "platform/resolver.h"

#include <netdb.h>
#include <sys/un.h>
#include <time.h>

#include <cstring>
#include <system_error>
#include <thread>

namespace llmtrail {

ErrorCode lookup_error(int failure) {
    return failure == EAI_NONAME || failure == EAI_NODATA ? ErrorCode::kNetwork
                                                          : ErrorCode::kTimeout;
}

Result<SocketAddresses> look_up(const Endpoint& endpoint, int flags) {
    addrinfo hints{};
    hints.ai_family = AF_UNSPEC;
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = flags | AI_NUMERICSERV;
    addrinfo* found = nullptr;
    int failure =
        ::getaddrinfo(endpoint.host.c_str(), std::to_string(endpoint.port).c_str(), &hints, &found);
    if (failure != 0) {
        return fail(lookup_error(failure),
                    "resolving " + endpoint.host + ": " + ::gai_strerror(failure));
    }
    std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner(found, &::freeaddrinfo);
    SocketAddresses addresses;
    for (const addrinfo* at = found; at != nullptr; at = at->ai_next) {
        if (at->ai_addrlen > sizeof(sockaddr_storage)) {
            continue;
        }
        SocketAddress& address = addresses.emplace_back();
        std::memcpy(&address.storage, at->ai_addr, at->ai_addrlen);
        address.size = at->ai_addrlen;
    }
    if (addresses.empty()) {
        return fail(ErrorCode::kNetwork, "resolving " + endpoint.host + ": no usable address");
    }
    return addresses;
}

Result<SocketAddress> unix_address(const std::string& path) {
    SocketAddress address;
    auto* local = static_cast<sockaddr_un*>(static_cast<void*>(&address.storage));
    if (path.size() >= sizeof local->sun_path) {
        return fail(ErrorCode::kLimit, "too long for the path of a socket: " + path);
    }
    local->sun_family = AF_UNIX;
    path.copy(local->sun_path, path.size());
    address.size = sizeof *local;
    return address;
}

std::optional<Result<SocketAddresses>> Lookup::result() {
    std::lock_guard lock(mutex_);
    return result_;
}

std::string Lookup::doubt() {
    std::lock_guard lock(mutex_);
    return doubt_;
}

void Lookup::finish(Result<SocketAddresses> result, std::string doubt) {
    std::lock_guard lock(mutex_);
    doubt_ = std::move(doubt);
    result_.emplace(std::move(result));
}

void LastAddresses::put(const Endpoint& endpoint, const SocketAddresses& addresses,
                        MonotonicNanos now) {
    std::lock_guard lock(mutex_);
    std::erase_if(known_, [now](const auto& entry) {
        return now.millis_since(entry.second.at) >= kLastAddressesMs;
    });
    auto key = std::pair(endpoint.host, endpoint.port);
    if (known_.size() < kLastAddressesMax || known_.contains(key)) {
        known_.insert_or_assign(std::move(key), Known{addresses, now});
    }
}

std::optional<SocketAddresses> LastAddresses::find(const Endpoint& endpoint, MonotonicNanos now) {
    std::lock_guard lock(mutex_);
    auto known = known_.find({endpoint.host, endpoint.port});
    if (known == known_.end() || now.millis_since(known->second.at) >= kLastAddressesMs) {
        return std::nullopt;
    }
    return known->second.addresses;
}

void LastAddresses::forget(const Endpoint& endpoint) {
    std::lock_guard lock(mutex_);
    known_.erase({endpoint.host, endpoint.port});
}

MonotonicNanos monotonic_now() {
    timespec now{};
    ::clock_gettime(CLOCK_MONOTONIC, &now);
    return {int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec};
}

static void finish_lookup(Lookup& lookup, LastAddresses& last, const Endpoint& endpoint,
                          Result<SocketAddresses> found, MonotonicNanos now) {
    if (found) {
        last.put(endpoint, *found, now);
    } else if (found.error().code == ErrorCode::kTimeout) {
        if (std::optional<SocketAddresses> before = last.find(endpoint, now)) {
            lookup.finish(std::move(*before), found.error().message);
            return;
        }
    } else {
        last.forget(endpoint);
    }
    lookup.finish(std::move(found));
}

Result<std::shared_ptr<Lookup>> Resolver::start(const Endpoint& endpoint) {
    auto lookup = std::make_shared<Lookup>();
    Result<SocketAddresses> numeric = look_up_(endpoint, AI_NUMERICHOST);
    if (numeric) {
        lookup->finish(std::move(numeric));
        return lookup;
    }

    std::lock_guard lock(mutex_);
    std::erase_if(going_on_, [](const auto& entry) { return entry.second->result().has_value(); });
    auto key = std::pair(endpoint.host, endpoint.port);
    if (auto same = going_on_.find(key); same != going_on_.end()) {
        return same->second;
    }
    if (going_on_.size() >= kLookupsMax) {
        return fail(ErrorCode::kBusy,
                    "resolving " + endpoint.host + ": too many lookups at one time");
    }
    try {
        std::thread([lookup, endpoint, ask = look_up_, last = last_, now = now_] {
            Result<SocketAddresses> found = ask(endpoint, AI_ADDRCONFIG);
            finish_lookup(*lookup, *last, endpoint, std::move(found), now());
        }).detach();
    } catch (const std::system_error& error) {
        return fail(ErrorCode::kBusy,
                    std::string("resolving ") + endpoint.host + ": " + error.what());
    }
    going_on_.emplace(std::move(key), lookup);
    return lookup;
}

}  // namespace llmtrail
