#include "cli/hidden_input.h"

#include <fcntl.h>
#include <termios.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace llmtrail {

namespace {

constexpr size_t kLineBytesMax = 4096;
constexpr char kInterrupt = 3;
constexpr char kEndOfInput = 4;

// The terminal, with echo and signals off: a Ctrl-C is a character here, so that the echo always
// comes back.
class QuietTerminal {
 public:
    QuietTerminal() : descriptor_(::open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC)) {
        if (descriptor_ < 0) {
            return;
        }
        quiet_ = ::tcgetattr(descriptor_, &before_) == 0;
        if (quiet_) {
            termios now = before_;
            now.c_lflag &= ~static_cast<tcflag_t>(ECHO | ISIG | ICANON);
            now.c_cc[VMIN] = 1;
            now.c_cc[VTIME] = 0;
            quiet_ = ::tcsetattr(descriptor_, TCSAFLUSH, &now) == 0;
        }
    }

    ~QuietTerminal() {
        if (quiet_) {
            ::tcsetattr(descriptor_, TCSAFLUSH, &before_);
        }
        if (descriptor_ >= 0) {
            ::close(descriptor_);
        }
    }

    QuietTerminal(const QuietTerminal&) = delete;
    QuietTerminal& operator=(const QuietTerminal&) = delete;

    bool quiet() const { return quiet_; }

    void show(std::string_view text) const {
        while (!text.empty()) {
            ssize_t written = ::write(descriptor_, text.data(), text.size());
            if (written <= 0) {
                return;
            }
            text.remove_prefix(static_cast<size_t>(written));
        }
    }

    // False: the terminal has gone.
    bool next(char& c) const {
        ssize_t got = 0;
        do {
            got = ::read(descriptor_, &c, 1);
        } while (got < 0 && errno == EINTR);
        return got == 1;
    }

 private:
    int descriptor_;
    termios before_{};
    bool quiet_ = false;
};

bool is_rubout(char c) {
    return c == '\b' || c == '\x7f';
}

// A character of several bytes goes as a whole.
void rub_out(const Secret& line, size_t& size) {
    while (size > 0) {
        size -= 1;
        auto byte = static_cast<unsigned char>(line.reveal()[size]);
        if ((byte & 0xC0) != 0x80) {
            return;
        }
    }
}

}  // namespace

Result<Secret> read_hidden_line(std::string_view prompt) {
    QuietTerminal terminal;
    if (!terminal.quiet()) {
        return fail(ErrorCode::kNotFound, "no terminal");
    }
    terminal.show(prompt);
    Secret line(kLineBytesMax);
    size_t size = 0;
    char c = 0;
    while (terminal.next(c) && c != kInterrupt && c != kEndOfInput) {
        if (c == '\n' || c == '\r') {
            terminal.show("\n");
            return Secret::copy_of(line.reveal().substr(0, size));
        }
        if (is_rubout(c)) {
            rub_out(line, size);
        } else if (size == line.size()) {
            terminal.show("\n");
            return fail(ErrorCode::kLimit, "that line is too long");
        } else {
            line.reveal_mutable()[size] = static_cast<uint8_t>(c);
            size += 1;
        }
    }
    terminal.show("\n");
    return fail(ErrorCode::kCancelled, "nothing was typed");
}

}  // namespace llmtrail
