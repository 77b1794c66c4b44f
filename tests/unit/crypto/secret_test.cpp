#include "crypto/secret.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <concepts>
#include <cstdio>
#include <fstream>
#include <ostream>
#include <sstream>
#include <string>
#include <type_traits>

#include "crypto/signature.h"
#include "crypto/x25519.h"

using namespace llmtrail;

namespace {

template <typename T>
concept Printable = requires(std::ostream& out, const T& value) {
    out << value;
};

template <typename T>
concept Comparable = requires(const T& a, const T& b) {
    a == b;
};

// What would make a secret appear in a log, a message or a second place.
template <typename T>
constexpr bool is_kept =
    !std::is_copy_constructible_v<T> && !std::is_copy_assignable_v<T> && !Printable<T> &&
    !Comparable<T> && !std::is_convertible_v<T, std::string> &&
    !std::is_convertible_v<T, std::string_view> && !std::is_convertible_v<T, const char*> &&
    !std::is_convertible_v<T, bool>;

static_assert(is_kept<Secret>);
static_assert(is_kept<SigningKey>);
static_assert(is_kept<X25519Key>);
static_assert(std::is_nothrow_move_constructible_v<Secret>);
// The check can fail:
static_assert(!is_kept<std::string>);
static_assert(!is_kept<Bytes>);

// Flags of the mapping that holds this address, as /proc/self/smaps has them.
std::string mapping_flags(const void* address) {
    auto wanted = reinterpret_cast<uintptr_t>(address);
    std::ifstream in("/proc/self/smaps");
    bool inside = false;
    for (std::string line; std::getline(in, line);) {
        unsigned long begin = 0;
        unsigned long end = 0;
        if (std::sscanf(line.c_str(), "%lx-%lx ", &begin, &end) == 2) {
            inside = begin <= wanted && wanted < end;
        }
        if (inside && line.starts_with("VmFlags:")) {
            return line + " ";
        }
    }
    return {};
}

}  // namespace

TEST_CASE("a secret is where it was made or moved to, and nowhere else") {
    Secret first = Secret::copy_of("the key");
    Secret second = std::move(first);
    CHECK(first.empty());  // NOLINT(bugprone-use-after-move)
    CHECK(first.reveal().data() == nullptr);
    CHECK(second.reveal() == "the key");
    Secret third = second.clone();
    CHECK(third.reveal().data() != second.reveal().data());
    third = std::move(second);
    CHECK(third.reveal() == "the key");
    CHECK(Secret().empty());
    CHECK(Secret::copy_of("").size() == 0);
}

TEST_CASE("a secret's memory is wiped when it goes, kept out of core dumps, locked if allowed") {
    bool locked = init_secure_memory();
    const char* at = nullptr;
    {
        Secret secret = Secret::copy_of(Bytes(256, 'K'));
        at = secret.reveal().data();
        std::string flags = mapping_flags(at);
        CHECK(flags.find(" dd ") != std::string::npos);
        if (locked) {
            CHECK(flags.find(" lo ") != std::string::npos);
        } else {
            MESSAGE("SKIPPED: this machine allows no locked memory");
        }
    }
    CHECK(std::count(at, at + 256, 'K') == 0);  // the pages stay mapped for the next secret
    Bytes text(64, 'K');
    const char* kept = text.data();
    wipe(text);
    CHECK(text.empty());
    CHECK(std::count(kept, kept + 64, 'K') == 0);
}

TEST_CASE("many secrets fit the locked memory, and it is all given back") {
    init_secure_memory();
    std::vector<Secret> secrets;
    for (int i = 0; i < 1000; ++i) {
        secrets.push_back(Secret::copy_of("0123456789abcdef0123456789abcdef"));
    }
    CHECK(std::all_of(secrets.begin(), secrets.end(), [](const Secret& secret) {
        return secret.reveal() == "0123456789abcdef0123456789abcdef";
    }));
}
