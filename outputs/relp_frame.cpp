#include "outputs/relp_frame.h"

#include <algorithm>
#include <charconv>

namespace llmtrail {

namespace {

constexpr size_t kDigitsMax = 9;

tl::unexpected<Error> no_relp(std::string_view what) {
    return fail(ErrorCode::kInvalidArgument,
                "the receiver does not speak RELP: " + std::string(what));
}

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

// One word at the front of `rest` of characters that are `right`. Empty: not all there yet.
template <typename Right>
Result<std::optional<std::string_view>> take_word(std::string_view& rest, size_t bytes_max,
                                                  std::string_view ends, Right right) {
    size_t size = 0;
    while (size < rest.size() && size <= bytes_max && right(rest[size])) {
        ++size;
    }
    if (size == rest.size() && size <= bytes_max) {
        return std::optional<std::string_view>();
    }
    if (size == 0 || size > bytes_max || ends.find(rest[size]) == std::string_view::npos) {
        return no_relp("a malformed header");
    }
    std::string_view word = rest.substr(0, size);
    rest.remove_prefix(size);
    return std::optional(word);
}

// At most nine digits.
uint32_t number_of(std::string_view digits) {
    uint32_t number = 0;
    std::from_chars(digits.data(), digits.data() + digits.size(), number);
    return number;
}

}  // namespace

void append_relp_frame(std::string& out, uint32_t transaction, std::string_view command,
                       std::string_view data) {
    out += std::to_string(transaction);
    out.push_back(' ');
    out += command;
    out.push_back(' ');
    out += std::to_string(data.size());
    if (!data.empty()) {
        out.push_back(' ');
        out += data;
    }
    out.push_back('\n');
}

Result<std::optional<RelpFrame>> RelpReader::next() {
    std::string_view rest = waiting_;
    auto transaction = take_word(rest, kDigitsMax, " ", is_digit);
    if (!transaction || !*transaction) {
        return transaction ? Result<std::optional<RelpFrame>>(std::nullopt)
                           : fail(std::move(transaction.error()));
    }
    rest.remove_prefix(1);
    auto command = take_word(rest, kRelpCommandBytesMax, " ", is_letter);
    if (!command || !*command) {
        return command ? Result<std::optional<RelpFrame>>(std::nullopt)
                       : fail(std::move(command.error()));
    }
    rest.remove_prefix(1);
    auto length = take_word(rest, kDigitsMax, " \n", is_digit);
    if (!length || !*length) {
        return length ? Result<std::optional<RelpFrame>>(std::nullopt)
                      : fail(std::move(length.error()));
    }
    size_t size = number_of(**length);
    if (size > kRelpAnswerBytesMax) {
        return no_relp("an answer that is too long");
    }
    // Some senders write the blank before data that is not there.
    size_t blank = rest.front() == ' ' ? 1 : 0;
    if (size > 0 && blank == 0) {
        return no_relp("data that is missing");
    }
    if (rest.size() < blank + size + 1) {
        return std::optional<RelpFrame>();
    }
    if (rest[blank + size] != '\n') {
        return no_relp("data of another length than said");
    }
    RelpFrame frame{number_of(**transaction), std::string(**command),
                    std::string(rest.substr(blank, size))};
    rest.remove_prefix(blank + size + 1);
    waiting_.erase(0, waiting_.size() - rest.size());
    return std::optional(std::move(frame));
}

std::optional<int> relp_code(std::string_view answer) {
    size_t digits = 0;
    while (digits < answer.size() && is_digit(answer[digits])) {
        ++digits;
    }
    bool ends = digits == answer.size() || answer[digits] == ' ' || answer[digits] == '\n';
    if (digits != 3 || !ends || answer.front() == '0') {
        return std::nullopt;
    }
    return static_cast<int>(number_of(answer.substr(0, digits)));
}

}  // namespace llmtrail
