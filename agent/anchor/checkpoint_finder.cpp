#include "anchor/checkpoint_finder.h"

#include <algorithm>
#include <optional>

#include "anchor/checkpoint_note.h"
#include "base/hex.h"

namespace llmtrail {

namespace {

constexpr std::string_view kWord = "llmtrail";
constexpr size_t kLogIdDigits = 32;
constexpr size_t kRootDigits = 44;
constexpr size_t kSignatureDigits = 92;  // key id and Ed25519 signature
constexpr size_t kWindowBytes = 512;     // a note is at most 256 bytes, escapes may widen it
constexpr size_t kBetweenBytesMax = 48;  // root and signature: line breaks and a dash

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

bool is_hex_digit(char c) {
    return is_digit(c) || (c >= 'a' && c <= 'f');
}

bool is_base64(char c) {
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '+' ||
           c == '/' || c == '=';
}

// \u00XX of JSON at `at`, behind the backslash; 0 when it is none, '?' for what is not ASCII.
char unicode_escape(ByteView text, size_t at) {
    if (text.size() - at < 5 || text[at] != 'u') {
        return 0;
    }
    uint32_t code = 0;
    for (char c : text.substr(at + 1, 4)) {
        char lower = static_cast<char>(c | 0x20);
        if (!is_hex_digit(c) && !is_hex_digit(lower)) {
            return 0;
        }
        code = code * 16 + static_cast<uint32_t>(is_digit(c) ? c - '0' : lower - 'a' + 10);
    }
    return code > 0x20 && code < 0x7F ? static_cast<char>(code) : '?';
}

// The text with its escapes undone as far as a note needs it: blanks for every kind of line break.
Bytes without_escapes(ByteView text) {
    Bytes out;
    for (size_t at = 0; at < text.size();) {
        char c = text[at++];
        if (c != '\\') {
            out += static_cast<unsigned char>(c) <= 0x20 ? ' ' : c;
            continue;
        }
        while (at < text.size() && text[at] == '\\') {
            ++at;
        }
        if (at == text.size()) {
            break;
        }
        if (char escaped = unicode_escape(text, at); escaped != 0) {
            out += escaped;
            at += 5;
        } else if (text[at] == 'n' || text[at] == 'r' || text[at] == 't') {
            out += ' ';
            ++at;
        }
    }
    return out;
}

// Takes words of a note from the front of a text.
class Words {
 public:
    explicit Words(ByteView text) : text_(text) {}

    void skip_blanks() {
        text_.remove_prefix(std::min(text_.find_first_not_of(' '), text_.size()));
    }

    template <typename Belongs>
    ByteView word(size_t size_max, Belongs belongs) {
        size_t size = 0;
        while (size < std::min(text_.size(), size_max + 1) && belongs(text_[size])) {
            ++size;
        }
        ByteView word = size <= size_max ? text_.substr(0, size) : ByteView();
        text_.remove_prefix(word.size());
        return word;
    }

    bool take(ByteView expected) {
        if (!text_.starts_with(expected)) {
            return false;
        }
        text_.remove_prefix(expected.size());
        return true;
    }

    bool skip_to(ByteView expected, size_t bytes_max) {
        size_t at = text_.substr(0, bytes_max + expected.size()).find(expected);
        if (at == ByteView::npos) {
            return false;
        }
        text_.remove_prefix(at);
        return true;
    }

 private:
    ByteView text_;
};

std::optional<Bytes> note_at(ByteView window) {
    Bytes plain = without_escapes(window);
    Words words(plain);
    Bytes origin(kWord);
    if (!words.take(kWord) || !words.take("/")) {
        return std::nullopt;
    }
    ByteView log_id = words.word(kLogIdDigits, is_hex_digit);
    origin += '/';
    origin += log_id;
    words.skip_blanks();
    ByteView size = words.word(20, is_digit);
    words.skip_blanks();
    ByteView root = words.word(kRootDigits, is_base64);
    if (log_id.size() != kLogIdDigits || size.empty() || root.size() != kRootDigits ||
        !words.skip_to(origin, kBetweenBytesMax) || !words.take(origin)) {
        return std::nullopt;
    }
    words.skip_blanks();
    std::optional<Bytes> signature = from_base64(words.word(kSignatureDigits, is_base64));
    if (!signature || signature->size() != kNoteKeyIdBytes + kSignatureBytes) {
        return std::nullopt;
    }
    SignedNote note;
    note.text = origin + '\n' + Bytes(size) + '\n' + Bytes(root) + '\n';
    NoteSignature& line = note.signatures.emplace_back();
    line.name = origin;
    std::copy_n(signature->begin(), kNoteKeyIdBytes, line.key_id.begin());
    line.signature = signature->substr(kNoteKeyIdBytes);
    return encode_signed_note(note);
}

}  // namespace

std::vector<FoundNote> find_checkpoint_notes(ByteView text) {
    std::vector<FoundNote> found;
    for (size_t at = text.find(kWord); at != ByteView::npos;) {
        size_t slash = at + kWord.size();
        while (slash < text.size() && text[slash] == '\\') {
            ++slash;
        }
        // Most of what is called so is no note: only what could be one is looked at closely.
        bool may_be = slash + kLogIdDigits < text.size() && text[slash] == '/' &&
                      is_hex_digit(text[slash + kLogIdDigits]) && slash - at < kWindowBytes / 2;
        size_t next = at + kWord.size();
        if (may_be) {
            if (std::optional<Bytes> note = note_at(text.substr(at, kWindowBytes))) {
                found.push_back({at, std::move(*note)});
            }
        }
        at = text.find(kWord, next);
    }
    return found;
}

}  // namespace llmtrail
