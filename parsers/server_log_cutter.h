// Takes pieces off the front of a line of text; a piece that is not there takes nothing, and what
// is asked for is "" then. Used by the readers of text lines. Pure; views point into the line.
#pragma once

#include <algorithm>
#include <string_view>

namespace llmtrail {

class LineCutter {
 public:
    static constexpr std::string_view kDigits = "0123456789";

    explicit LineCutter(std::string_view text) : text_(text) {}

    std::string_view rest() const { return text_; }

    bool take(std::string_view wanted) {
        bool there = text_.starts_with(wanted);
        text_.remove_prefix(there ? wanted.size() : 0);
        return there;
    }

    size_t blanks() {
        size_t count = std::min(text_.find_first_not_of(' '), text_.size());
        text_.remove_prefix(count);
        return count;
    }

    // Up to `end`, which is taken too; "" when `end` does not come.
    std::string_view until(std::string_view end) {
        size_t at = text_.find(end);
        if (at == std::string_view::npos) {
            return {};
        }
        std::string_view piece = text_.substr(0, at);
        text_.remove_prefix(at + end.size());
        return piece;
    }

    // Digits as `pattern` has 0, any other character as it stands: "00:00:00".
    std::string_view like(std::string_view pattern) {
        if (text_.size() < pattern.size()) {
            return {};
        }
        for (size_t at = 0; at < pattern.size(); ++at) {
            bool digit = kDigits.find(text_[at]) != std::string_view::npos;
            if (pattern[at] == '0' ? !digit : text_[at] != pattern[at]) {
                return {};
            }
        }
        std::string_view piece = text_.substr(0, pattern.size());
        text_.remove_prefix(pattern.size());
        return piece;
    }

    std::string_view digits(size_t most) {
        size_t count = std::min(text_.find_first_not_of(kDigits), text_.size());
        if (count == 0 || count > most) {
            return {};
        }
        std::string_view piece = text_.substr(0, count);
        text_.remove_prefix(count);
        return piece;
    }

    std::string_view word() {
        return piece_of([](char c) { return c != ' '; });
    }

    std::string_view name() {
        return piece_of([](char c) {
            return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                   c == '_' || c == '-' || c == '.';
        });
    }

 private:
    template <typename Belongs>
    std::string_view piece_of(Belongs belongs) {
        size_t size = 0;
        while (size < text_.size() && belongs(text_[size])) {
            ++size;
        }
        std::string_view piece = text_.substr(0, size);
        text_.remove_prefix(size);
        return piece;
    }

    std::string_view text_;
};

}  // namespace llmtrail
