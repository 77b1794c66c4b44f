#include "crypto/hash_lanes.h"

#include <doctest/doctest.h>

#include <initializer_list>
#include <vector>

#include "fakes/fake_random.h"

using namespace llmtrail;

namespace {

Bytes text_of(size_t size, FakeRandom& random) {
    Bytes bytes(size, '\0');
    (void)random.fill(bytes.data(), size);
    return bytes;
}

struct Message {
    Bytes prefix;
    Bytes body;
};

void check_all(const std::vector<Message>& messages, bool use_instructions) {
    HashLanes lanes(use_instructions);
    std::vector<Digest> digests(messages.size());
    for (size_t i = 0; i < messages.size(); ++i) {
        lanes.add(messages[i].prefix, messages[i].body, digests[i]);
    }
    lanes.finish();
    for (size_t i = 0; i < messages.size(); ++i) {
        CAPTURE(messages[i].prefix.size());
        CAPTURE(messages[i].body.size());
        REQUIRE(digests[i] == sha256(messages[i].prefix + messages[i].body));
    }
}

}  // namespace

TEST_CASE("hashes in lanes are those of one message at a time, at every edge of a block") {
    FakeRandom random(1);
    for (bool use_instructions : {true, false}) {
        std::vector<Message> messages;
        for (size_t prefix : std::initializer_list<size_t>{0, 1, 31, 32, 33, 55, 63, 64, 65, 128}) {
            for (size_t body = 0; body < 200; ++body) {
                messages.push_back({text_of(prefix, random), text_of(body, random)});
            }
            for (size_t body = 1024 - 2 * 64 - prefix; body < 1024 + 64; ++body) {
                messages.push_back({text_of(prefix, random), text_of(body, random)});
            }
        }
        check_all(messages, use_instructions);
    }
}

TEST_CASE("long and short messages may be mixed, and a lane goes on while others come and go") {
    FakeRandom random(2);
    std::vector<Message> messages;
    messages.push_back({"", text_of(300'000, random)});
    for (int i = 0; i < 500; ++i) {
        messages.push_back({text_of(33, random), text_of(random.below(3000), random)});
    }
    messages.push_back({"x", text_of(100'000, random)});
    messages.push_back({"", ""});
    check_all(messages, true);
    check_all({{"abc", ""}}, true);
}

TEST_CASE("an object is used again after finish") {
    HashLanes lanes;
    Digest first{};
    Digest second{};
    lanes.add("a", "bc", first);
    lanes.finish();
    lanes.finish();
    lanes.add("", "abc", second);
    lanes.finish();
    CHECK(first == second);
    CHECK(first == sha256("abc"));
}
