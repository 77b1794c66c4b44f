#include "syslog_reader.h"

#include <algorithm>

namespace llmtrail::roundtrip {

namespace {

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

bool is_number(std::string_view text, size_t digits_max) {
    return !text.empty() && text.size() <= digits_max &&
           std::all_of(text.begin(), text.end(), is_digit) &&
           (text.size() == 1 || text.front() != '0');
}

// "2026-01-01T00:00:00.123Z": each 0 of the form is a digit.
bool is_timestamp(std::string_view text) {
    constexpr std::string_view kForm = "0000-00-00T00:00:00.";
    if (text.size() < kForm.size() + 2 || text.back() != 'Z') {
        return false;
    }
    for (size_t i = 0; i < kForm.size(); ++i) {
        if (kForm[i] == '0' ? !is_digit(text[i]) : text[i] != kForm[i]) {
            return false;
        }
    }
    std::string_view fraction = text.substr(kForm.size(), text.size() - kForm.size() - 1);
    return fraction.size() <= 6 && std::all_of(fraction.begin(), fraction.end(), is_digit);
}

bool is_name(std::string_view text, size_t bytes_max) {
    return !text.empty() && text.size() <= bytes_max &&
           std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 0x7F; });
}

// Up to the next blank, which is taken too.
std::string_view take_word(std::string_view& rest) {
    std::string_view word = rest.substr(0, rest.find(' '));
    rest.remove_prefix(std::min(word.size() + 1, rest.size()));
    return word;
}

}  // namespace

Messages split_counted(std::string_view stream) {
    Messages messages;
    while (!stream.empty()) {
        std::string_view length = stream.substr(0, stream.find(' '));
        size_t bytes = 0;
        for (char c : length.substr(0, 9)) {
            bytes = bytes * 10 + static_cast<size_t>(c - '0');
        }
        if (!is_number(length, 9) || bytes == 0 || bytes > stream.size() - length.size() - 1) {
            messages.problem = "no frame at " + std::string(stream.substr(0, 40));
            break;
        }
        messages.texts.push_back(stream.substr(length.size() + 1, bytes));
        stream.remove_prefix(length.size() + 1 + bytes);
    }
    return messages;
}

Messages split_lines(std::string_view stream) {
    Messages messages;
    while (!stream.empty()) {
        size_t end = stream.find('\n');
        if (end == std::string_view::npos) {
            messages.problem = "no line end";
            break;
        }
        messages.texts.push_back(stream.substr(0, end));
        stream.remove_prefix(end + 1);
    }
    return messages;
}

SyslogMessage read_syslog(std::string_view message) {
    SyslogMessage read;
    std::string_view rest = message;
    std::string_view head = take_word(rest);  // <PRI>VERSION
    size_t close = head.find('>');
    bool sound = head.starts_with("<") && close != std::string_view::npos &&
                 is_number(head.substr(1, close - 1), 3) && head.substr(close) == ">1";
    sound = is_timestamp(take_word(rest)) && sound;
    sound = is_name(take_word(rest), 255) && sound;  // HOSTNAME
    sound = is_name(take_word(rest), 48) && sound;   // APP-NAME
    sound = is_name(take_word(rest), 128) && sound;  // PROCID
    read.message_id = take_word(rest);
    sound = is_name(read.message_id, 32) && sound;
    sound = take_word(rest) == "-" && sound;  // no STRUCTURED-DATA
    read.text = rest;
    if (!sound) {
        read.problem = "no RFC 5424 message: " + std::string(message.substr(0, 80));
    }
    return read;
}

}  // namespace llmtrail::roundtrip
