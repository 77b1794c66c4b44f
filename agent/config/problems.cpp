#include "config/problems.h"

#include <algorithm>
#include <array>
#include <tuple>

#include "base/utf8.h"

namespace llmtrail {

namespace {

constexpr std::array<std::string_view, 6> kSecretWords = {"token",   "passw",       "secret",
                                                          "api_key", "private_key", "access_key"};
constexpr std::string_view kNotShown = " (value not shown)";

std::string lowered(std::string_view text) {
    std::string small(text);
    std::transform(small.begin(), small.end(), small.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    return small;
}

// Where the value of a secret-looking key begins; npos: nowhere.
size_t secret_value_at(std::string_view line) {
    std::string small = lowered(line);
    size_t first = std::string::npos;
    for (std::string_view word : kSecretWords) {
        for (size_t at = small.find(word); at != std::string::npos; at = small.find(word, at + 1)) {
            size_t colon =
                small.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_-\"' ", at);
            if (colon != std::string::npos && (small[colon] == ':' || small[colon] == '=')) {
                first = std::min(first, colon + 1);
            }
        }
    }
    // https://user:password@host
    size_t user = small.find("://");
    if (user != std::string::npos && small.find('@', user) != std::string::npos) {
        first = std::min(first, user + 3);
    }
    return std::min(first, small.find("-----begin"));
}

std::string quoted(std::string_view line, size_t hidden_from) {
    size_t secret = std::min(secret_value_at(line), hidden_from);
    std::string shown(line.substr(0, secret));
    std::replace(shown.begin(), shown.end(), '\t', ' ');
    if (shown.size() > kConfigSourceLineBytesMax) {
        shown = std::string(utf8_prefix_bytes(shown, kConfigSourceLineBytesMax)) + " ...";
    } else if (secret < line.size()) {
        shown += kNotShown;
    }
    return shown;
}

}  // namespace

bool names_secret(std::string_view key) {
    std::string small = lowered(key);
    return std::any_of(kSecretWords.begin(), kSecretWords.end(), [&small](std::string_view word) {
        return small.find(word) != std::string::npos;
    });
}

int Problems::add_file(std::string name, std::string_view text) {
    File file{std::move(name), {}};
    while (!text.empty()) {
        size_t end = std::min(text.find('\n'), text.size());
        std::string_view line = text.substr(0, end);
        if (line.ends_with('\r')) {
            line.remove_suffix(1);
        }
        file.lines.emplace_back(line);
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    files_.push_back(std::move(file));
    return static_cast<int>(files_.size()) - 1;
}

void Problems::add(ConfigPlace place, std::string message, std::string hint, ErrorCode code) {
    if (errors_.size() == kConfigErrorsMax) {
        ++left_out_;
        return;
    }
    const File& file = files_.at(static_cast<size_t>(place.file));
    ConfigError error;
    error.file = file.name;
    error.line = place.line;
    error.column = place.column;
    error.message = std::move(message);
    error.hint = std::move(hint);
    error.code = code;
    errors_.push_back({place, std::move(error)});
}

void Problems::hide_value(ConfigPlace key) {
    const File& file = files_.at(static_cast<size_t>(key.file));
    if (key.line < 1 || static_cast<size_t>(key.line) > file.lines.size()) {
        return;
    }
    const std::string& line = file.lines[static_cast<size_t>(key.line) - 1];
    size_t from = line.find(':', static_cast<size_t>(std::max(key.column, 1) - 1));
    if (from == std::string::npos) {
        return;
    }
    auto [known, added] = hidden_from_.try_emplace({key.file, key.line}, from + 1);
    if (!added) {
        known->second = std::min(known->second, from + 1);
    }
}

std::string Problems::quoted_line(ConfigPlace place) const {
    const File& file = files_.at(static_cast<size_t>(place.file));
    if (place.line < 1 || static_cast<size_t>(place.line) > file.lines.size()) {
        return {};
    }
    auto hidden = hidden_from_.find({place.file, place.line});
    return quoted(file.lines[static_cast<size_t>(place.line) - 1],
                  hidden == hidden_from_.end() ? std::string::npos : hidden->second);
}

std::string Problems::where(ConfigPlace place) const {
    return files_.at(static_cast<size_t>(place.file)).name + ":" + std::to_string(place.line) +
           ":" + std::to_string(place.column);
}

std::vector<ConfigError> Problems::take() {
    std::stable_sort(errors_.begin(), errors_.end(), [](const Placed& a, const Placed& b) {
        return std::tie(a.place.file, a.place.line, a.place.column) <
               std::tie(b.place.file, b.place.line, b.place.column);
    });
    std::vector<ConfigError> errors;
    errors.reserve(errors_.size() + 1);
    for (Placed& placed : errors_) {
        placed.error.source_line = quoted_line(placed.place);
        errors.push_back(std::move(placed.error));
    }
    if (left_out_ > 0) {
        ConfigError more;
        more.file = errors.back().file;
        more.message = std::to_string(left_out_) + " more errors are not shown";
        errors.push_back(std::move(more));
    }
    errors_.clear();
    return errors;
}

std::string describe(const ConfigError& error) {
    std::string text = terminal_safe(error.file);
    if (error.line > 0) {
        text += ":" + std::to_string(error.line) + ":" + std::to_string(error.column);
    }
    text += ": error: " + terminal_safe(error.message) + "\n";
    if (!error.source_line.empty()) {
        std::string number = std::to_string(error.line);
        text += "  " + number + " | " + terminal_safe(error.source_line) + "\n";
        size_t before = std::min(error.source_line.size(), static_cast<size_t>(error.column) - 1);
        size_t width =
            utf8_length(terminal_safe(std::string_view(error.source_line).substr(0, before)));
        text += std::string(2 + number.size(), ' ') + " | " + std::string(width, ' ') + "^\n";
    }
    if (!error.hint.empty()) {
        text += "  hint: " + terminal_safe(error.hint) + "\n";
    }
    return text;
}

}  // namespace llmtrail
