#include "parsers/anthropic_activity_type.h"

#include <algorithm>
#include <array>

namespace llmtrail::anthropic_activity {

namespace {

constexpr auto kAccessWords = std::to_array<std::string_view>({
    "accessed",
    "downloaded",
    "exported",
    "listed",
    "performed",
    "read",
    "searched",
    "viewed",
});

constexpr auto kAwayWords = std::to_array<std::string_view>({
    "archived",
    "deleted",
    "dismissed",
    "removed",
    "revoked",
});

constexpr auto kFailureWords = std::to_array<std::string_view>({"blocked", "denied", "failed"});

// What people work on; that one comes or goes is no setting.
constexpr auto kWorkThings = std::to_array<std::string_view>({
    "claude_artifact",
    "claude_chat",
    "claude_file",
    "claude_project",
    "claude_snapshot",
});

// Of such things, what is a setting after all.
constexpr auto kSettingEnds = std::to_array<std::string_view>({
    "_access",
    "_role",
    "_settings",
    "_sharing",
    "_visibility",
});

template <typename Words>
bool is_one_of(const Words& words, std::string_view word) {
    return std::find(words.begin(), words.end(), word) != words.end();
}

bool is_work(std::string_view thing) {
    auto begins = [&](std::string_view work) { return thing.starts_with(work); };
    auto ends = [&](std::string_view end) { return thing.ends_with(end); };
    return std::any_of(kWorkThings.begin(), kWorkThings.end(), begins) &&
           std::none_of(kSettingEnds.begin(), kSettingEnds.end(), ends);
}

bool is_login(std::string_view type) {
    return type.find("login") != std::string_view::npos ||
           type.find("logout") != std::string_view::npos ||
           type.find("logged_") != std::string_view::npos;
}

}  // namespace

Activity activity_of(std::string_view type) {
    Activity activity;
    size_t line = type.rfind('_');
    bool words = line != std::string_view::npos;
    activity.thing = words ? type.substr(0, line) : type;
    activity.word = words ? type.substr(line + 1) : std::string_view();
    activity.outcome = is_one_of(kFailureWords, activity.word) ? "failure" : "success";
    activity.takes_away = is_one_of(kAwayWords, activity.word);
    bool access = is_one_of(kAccessWords, activity.word) || is_login(type) ||
                  (activity.outcome == "failure" && activity.thing.ends_with("_access"));
    activity.kind = access || is_work(activity.thing) ? "access" : "config_change";
    return activity;
}

}  // namespace llmtrail::anthropic_activity
