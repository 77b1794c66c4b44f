#include "tail/array_start.h"

namespace llmtrail {

namespace {

bool is_white(char byte) {
    return byte == ' ' || byte == '\n' || byte == '\r' || byte == '\t';
}

bool is_digit(char byte) {
    return byte >= '0' && byte <= '9';
}

bool ends_token(char byte) {
    return is_white(byte) || byte == ',' || byte == ']';
}

}  // namespace

ArrayStart::Verdict ArrayStart::take(char byte) {
    switch (state_) {
        case State::kFirst:
            return first(byte);
        case State::kWord:
            return word(byte);
        default:
            return number(byte);
    }
}

ArrayStart::Verdict ArrayStart::first(char byte) {
    if (is_white(byte) || byte == ']' || byte == '"' || byte == '{' || byte == '[') {
        return Verdict::kArray;
    }
    state_ = State::kWord;
    switch (byte) {
        case 't':
            rest_ = "rue";
            return Verdict::kOpen;
        case 'f':
            rest_ = "alse";
            return Verdict::kOpen;
        case 'n':
            rest_ = "ull";
            return Verdict::kOpen;
        default:
            state_ = byte == '-' ? State::kSign : State::kInteger;
            return byte == '-' || is_digit(byte) ? Verdict::kOpen : Verdict::kText;
    }
}

ArrayStart::Verdict ArrayStart::word(char byte) {
    if (rest_.empty()) {
        return ends_token(byte) ? Verdict::kArray : Verdict::kText;
    }
    if (byte != rest_.front()) {
        return Verdict::kText;
    }
    rest_.remove_prefix(1);
    return Verdict::kOpen;
}

ArrayStart::Verdict ArrayStart::number(char byte) {
    if (++number_bytes_ == kFirstNumberBytesMax) {
        return Verdict::kArray;
    }
    const bool whole =
        state_ == State::kInteger || state_ == State::kFraction || state_ == State::kPower;
    if (whole && ends_token(byte)) {
        return Verdict::kArray;
    }
    if (is_digit(byte)) {
        state_ = state_ == State::kSign       ? State::kInteger
                 : state_ == State::kPoint    ? State::kFraction
                 : state_ == State::kExponent ? State::kPower
                                              : state_;
        return Verdict::kOpen;
    }
    if (byte == '.' && state_ == State::kInteger) {
        state_ = State::kPoint;
        return Verdict::kOpen;
    }
    if ((byte == 'e' || byte == 'E') && (state_ == State::kInteger || state_ == State::kFraction)) {
        state_ = State::kExponent;
        return Verdict::kOpen;
    }
    const bool sign = (byte == '+' || byte == '-') && state_ == State::kExponent;
    state_ = sign ? State::kExponent : state_;
    return sign ? Verdict::kOpen : Verdict::kText;
}

}  // namespace llmtrail
