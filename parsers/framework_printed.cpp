#include "parsers/framework_printed.h"

#include <algorithm>

namespace llmtrail {

namespace {

constexpr std::string_view kRoles[] = {"system", "user", "assistant", "tool", "developer"};

struct Escape {
    char letter;
    char meaning;
};

constexpr Escape kEscapes[] = {{'n', '\n'},  {'t', '\t'}, {'r', '\r'},
                               {'\'', '\''}, {'"', '"'},  {'\\', '\\'}};

// Escapes of characters by number are left as they stand: Python prints letters as they are.
void add_escaped(std::string& out, char letter) {
    const auto* row = std::find_if(std::begin(kEscapes), std::end(kEscapes),
                                   [&](const Escape& one) { return one.letter == letter; });
    if (row != std::end(kEscapes)) {
        out.push_back(row->meaning);
    } else {
        out.push_back('\\');
        out.push_back(letter);
    }
}

}  // namespace

size_t read_printed_text(std::string_view rest, std::string& out) {
    if (rest.empty() || (rest.front() != '\'' && rest.front() != '"')) {
        return 0;
    }
    for (size_t at = 1; at < rest.size(); ++at) {
        if (rest[at] == rest.front()) {
            return at + 1;
        }
        if (rest[at] == '\\' && at + 1 < rest.size()) {
            add_escaped(out, rest[++at]);
        } else {
            out.push_back(rest[at]);
        }
    }
    return 0;
}

PrintedMessage read_printed_message(std::string_view text) {
    constexpr std::string_view kRole = "role='";
    constexpr std::string_view kContent = "' content=";
    PrintedMessage message;
    if (!text.starts_with(kRole)) {
        return message;
    }
    std::string_view rest = text.substr(kRole.size());
    std::string_view role = rest.substr(0, rest.find('\''));
    if (std::find(std::begin(kRoles), std::end(kRoles), role) == std::end(kRoles)) {
        return message;
    }
    message.role = role;
    rest.remove_prefix(role.size());
    if (rest.starts_with(kContent)) {
        message.whole = read_printed_text(rest.substr(kContent.size()), message.content);
    }
    return message;
}

}  // namespace llmtrail
