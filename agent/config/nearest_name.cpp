#include "config/nearest_name.h"

#include <algorithm>
#include <array>

namespace llmtrail {

namespace {

constexpr size_t kHintBytesMax = 400;

}  // namespace

size_t edit_distance(std::string_view a, std::string_view b) {
    a = a.substr(0, kNearestNameBytesMax);
    b = b.substr(0, kNearestNameBytesMax);
    using Row = std::array<size_t, kNearestNameBytesMax + 1>;
    Row older{};
    Row old{};
    Row now{};
    for (size_t j = 0; j <= b.size(); ++j) {
        old[j] = j;
    }
    for (size_t i = 1; i <= a.size(); ++i) {
        now[0] = i;
        for (size_t j = 1; j <= b.size(); ++j) {
            size_t change = a[i - 1] == b[j - 1] ? 0 : 1;
            now[j] = std::min({old[j] + 1, now[j - 1] + 1, old[j - 1] + change});
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
                now[j] = std::min(now[j], older[j - 2] + 1);
            }
        }
        older = old;
        old = now;
    }
    return old[b.size()];
}

std::string nearest_name(std::string_view typed, std::span<const std::string> known) {
    size_t allowed = std::max<size_t>(1, typed.size() / 3);
    std::string best;
    for (const std::string& name : known) {
        size_t distance = edit_distance(typed, name);
        if (distance <= allowed && (best.empty() || distance < edit_distance(typed, best))) {
            best = name;
        }
    }
    return best;
}

std::string name_hint(std::string_view typed, std::span<const std::string> known,
                      std::string_view what) {
    std::string best = nearest_name(typed, known);
    if (!best.empty()) {
        return "did you mean `" + best + "`?";
    }
    std::string hint(what);
    std::string_view separator = ": ";
    for (const std::string& name : known) {
        if (hint.size() + name.size() > kHintBytesMax) {
            return hint + ", ...";
        }
        hint.append(separator).append(name);
        separator = ", ";
    }
    return hint;
}

}  // namespace llmtrail
