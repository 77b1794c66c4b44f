#include <doctest/doctest.h>

#include "fakes/fake_random.h"
#include "unit/tail/split.h"

using namespace llmtrail;

namespace {

// A random JSON document in a random layout. Lines inside it may begin at column 0.
class Documents {
 public:
    explicit Documents(FakeRandom& random) : random_(random) {}

    std::string next() {
        pretty_ = random_.below(3) == 0;
        std::string text;
        container(text, 0);
        return text;
    }

 private:
    void space(std::string& text, int depth) {
        if (pretty_) {
            text += random_.below(4) == 0 ? "\r\n" : "\n";
            text += random_.below(5) == 0 ? "" : std::string(2 * static_cast<size_t>(depth), ' ');
        } else if (random_.below(6) == 0) {
            text += ' ';
        }
    }

    void string(std::string& text) {
        static const std::vector<std::string> pieces = {
            "a", "\\\"", "\\\\", "{", "}", "[", "]", "\\n", "\xC3\xA9", " ", ":", ",", "\\u00e9"};
        text += '"';
        for (uint64_t left = random_.below(random_.below(10) == 0 ? 300 : 8); left > 0; --left) {
            text += pieces[random_.below(pieces.size())];
        }
        text += '"';
    }

    void value(std::string& text, int depth) {
        switch (random_.below(depth > 5 ? 4 : 6)) {
            case 0:
                string(text);
                break;
            case 1:
                text += std::to_string(random_.below(1000));
                break;
            case 2:
                text += "-1.5e3";
                break;
            case 3:
                text += random_.below(2) == 0 ? "true" : "null";
                break;
            default:
                container(text, depth);
        }
    }

    void container(std::string& text, int depth) {
        const bool array = random_.below(2) == 0;
        text += array ? '[' : '{';
        const uint64_t count = random_.below(5);
        for (uint64_t i = 0; i < count; ++i) {
            space(text, depth + 1);
            if (!array) {
                string(text);
                text += ':';
                space(text, depth + 1);
            }
            value(text, depth + 1);
            if (i + 1 < count) {
                text += ',';
            }
        }
        if (count > 0) {
            space(text, depth);
        }
        text += array ? ']' : '}';
    }

    FakeRandom& random_;
    bool pretty_ = false;
};

constexpr size_t kMax = size_t{1} << 20;

}  // namespace

TEST_CASE("random documents in any layout and any pieces come out whole and in order") {
    FakeRandom random(42);
    Documents documents(random);
    for (int round = 0; round < 300; ++round) {
        std::vector<std::string> expected;
        std::string text = random.below(4) == 0 ? "\xEF\xBB\xBF" : "";
        for (uint64_t left = random.below(20); left > 0; --left) {
            expected.push_back(documents.next());
            text += expected.back();
            static const std::vector<std::string> between = {"\n", "", " ", "\r\n", "\n\n"};
            text += between[random.below(between.size())];
        }
        const SplitResult result =
            split(text, kMax, random.below(2) == 0, [&] { return 1 + random.below(500); });
        REQUIRE(result.documents == expected);
    }
}

TEST_CASE("garbage lines between them take no valid document along") {
    // Garbage that closes no bracket: together with its neighbours it could make a document
    // otherwise.
    static const std::vector<std::string> pieces = {
        "{", "[", "\"", ":", ",", "\"a\":", "1", "true", "\\", "x", " ", "{\"a\":[1,"};
    FakeRandom random(43);
    Documents documents(random);
    for (int round = 0; round < 500; ++round) {
        std::vector<std::string> expected;
        std::string text;
        for (uint64_t left = 1 + random.below(12); left > 0; --left) {
            for (uint64_t lines = random.below(4); lines > 0; --lines) {
                for (uint64_t size = 1 + random.below(6); size > 0; --size) {
                    text += pieces[random.below(pieces.size())];
                }
                text += '\n';
            }
            expected.push_back(documents.next());
            text += expected.back() + '\n';
        }
        const SplitResult result = split(text, kMax, true, [&] { return 1 + random.below(500); });
        size_t found = 0;
        for (const std::string& document : result.documents) {
            found += found < expected.size() && document == expected[found] ? size_t{1} : size_t{0};
        }
        REQUIRE_MESSAGE(found == expected.size(), text);
    }
}
