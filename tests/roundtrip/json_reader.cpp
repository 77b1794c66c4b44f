#include "json_reader.h"

#include <cstdint>
#include <optional>

#include "code_points.h"

namespace llmtrail::roundtrip {

namespace {

class Reader {
 public:
    explicit Reader(std::string_view text) : rest_(text) {}

    JsonEvent read() {
        JsonEvent event;
        bool sound = take('{');
        for (bool more = sound; more; more = sound && take(',')) {
            std::optional<std::string> name = string();
            std::optional<std::string> value = name && take(':') ? scalar() : std::nullopt;
            sound = value.has_value();
            if (sound && !event.members.emplace(*name, *value).second) {
                event.problem = "twice: " + *name;
            }
        }
        if (!sound || !take('}') || !rest_.empty()) {
            event.problem = "no JSON object at " + std::string(rest_.substr(0, 40));
        }
        return event;
    }

 private:
    bool take(char c) {
        bool there = !rest_.empty() && rest_.front() == c;
        rest_.remove_prefix(there ? 1 : 0);
        return there;
    }

    std::optional<uint32_t> four_digits() {
        uint32_t value = 0;
        for (size_t i = 0; i < 4; ++i) {
            size_t digit = i < rest_.size()
                               ? std::string_view("0123456789abcdefABCDEF").find(rest_[i])
                               : std::string_view::npos;
            if (digit == std::string_view::npos) {
                return std::nullopt;
            }
            value = value * 16 + static_cast<uint32_t>(digit < 16 ? digit : digit - 6);
        }
        rest_.remove_prefix(4);
        return value;
    }

    bool unicode_escape(std::string& out) {
        std::optional<uint32_t> unit = four_digits();
        if (!unit || (*unit >= 0xDC00 && *unit <= 0xDFFF)) {
            return false;
        }
        if (*unit >= 0xD800 && *unit <= 0xDBFF) {
            std::optional<uint32_t> low = take('\\') && take('u') ? four_digits() : std::nullopt;
            if (!low || *low < 0xDC00 || *low > 0xDFFF) {
                return false;
            }
            *unit = 0x10000 + (*unit - 0xD800) * 0x400 + (*low - 0xDC00);
        }
        append_code_point(out, *unit);
        return true;
    }

    bool escape(std::string& out) {
        static constexpr std::string_view kNames = "\"\\/bfnrt";
        static constexpr std::string_view kMeant = "\"\\/\b\f\n\r\t";
        if (take('u')) {
            return unicode_escape(out);
        }
        size_t which = rest_.empty() ? std::string_view::npos : kNames.find(rest_.front());
        if (which == std::string_view::npos) {
            return false;
        }
        rest_.remove_prefix(1);
        out.push_back(kMeant[which]);
        return true;
    }

    std::optional<std::string> string() {
        std::string out;
        if (!take('"')) {
            return std::nullopt;
        }
        while (!take('"')) {
            if (rest_.empty() || static_cast<uint8_t>(rest_.front()) < 0x20) {
                return std::nullopt;
            }
            if (!take('\\')) {
                out.push_back(rest_.front());
                rest_.remove_prefix(1);
            } else if (!escape(out)) {
                return std::nullopt;
            }
        }
        return out;
    }

    std::optional<std::string> scalar() {
        if (!rest_.empty() && rest_.front() == '"') {
            return string();
        }
        size_t end = rest_.find_first_not_of("-+.eE0123456789truefalsn");
        std::string value(rest_.substr(0, end));
        rest_.remove_prefix(value.size());
        bool word = value == "true" || value == "false" || value == "null";
        bool number = value.find_first_not_of("-+.eE0123456789") == std::string::npos;
        return value.empty() || (!word && !number) ? std::nullopt : std::optional(value);
    }

    std::string_view rest_;
};

}  // namespace

JsonEvent read_json(std::string_view text) {
    return Reader(text).read();
}

}  // namespace llmtrail::roundtrip
