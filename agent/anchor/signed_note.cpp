#include "anchor/signed_note.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "base/hex.h"
#include "base/utf8.h"
#include "crypto/digest.h"

namespace llmtrail {

namespace {

constexpr std::string_view kSignaturePrefix = "\xE2\x80\x94 ";  // em dash, space

// Unicode's White_Space, in UTF-8, above the control characters.
constexpr std::string_view kUnicodeSpaces[] = {" ",
                                               "\xC2\x85",
                                               "\xC2\xA0",
                                               "\xE1\x9A\x80",
                                               "\xE2\x80\x80",
                                               "\xE2\x80\x81",
                                               "\xE2\x80\x82",
                                               "\xE2\x80\x83",
                                               "\xE2\x80\x84",
                                               "\xE2\x80\x85",
                                               "\xE2\x80\x86",
                                               "\xE2\x80\x87",
                                               "\xE2\x80\x88",
                                               "\xE2\x80\x89",
                                               "\xE2\x80\x8A",
                                               "\xE2\x80\xA8",
                                               "\xE2\x80\xA9",
                                               "\xE2\x80\xAF",
                                               "\xE2\x81\x9F",
                                               "\xE3\x80\x80"};

bool has_control_character(std::string_view text) {
    return std::any_of(text.begin(), text.end(),
                       [](char c) { return static_cast<unsigned char>(c) < 0x20 && c != '\n'; });
}

bool is_note_text(ByteView text) {
    return is_valid_utf8(text) && !has_control_character(text);
}

// The line at `at` without its newline; `at` moves behind it. Only called while at < text.size().
ByteView take_line(ByteView text, size_t& at) {
    size_t end = std::min(text.find('\n', at), text.size());
    ByteView line = text.substr(at, end - at);
    at = std::min(end + 1, text.size());
    return line;
}

Result<NoteSignature> parse_signature_line(ByteView line) {
    if (!line.starts_with(kSignaturePrefix)) {
        return fail(ErrorCode::kCorrupt, "a signature line does not begin with a dash and a space");
    }
    line.remove_prefix(kSignaturePrefix.size());
    size_t space = line.find(' ');
    if (space == ByteView::npos || !is_note_name(line.substr(0, space))) {
        return fail(ErrorCode::kCorrupt, "a signature line without a usable key name");
    }
    std::optional<Bytes> raw = from_base64(line.substr(space + 1));
    if (!raw || raw->size() <= kNoteKeyIdBytes) {
        return fail(ErrorCode::kCorrupt, "a signature line without a usable signature");
    }
    NoteSignature signature;
    signature.name = line.substr(0, space);
    std::copy_n(raw->begin(), kNoteKeyIdBytes, signature.key_id.begin());
    signature.signature = raw->substr(kNoteKeyIdBytes);
    return signature;
}

}  // namespace

bool is_note_name(std::string_view name) {
    if (name.empty() || !is_note_text(name) || name.find_first_of("+\n") != name.npos) {
        return false;
    }
    return std::none_of(std::begin(kUnicodeSpaces), std::end(kUnicodeSpaces),
                        [&](std::string_view space) { return name.find(space) != name.npos; });
}

NoteKeyId note_key_id(std::string_view name, uint8_t type, const PublicKey& key) {
    Bytes hashed(name);
    hashed += '\n';
    put_u8(hashed, type);
    hashed += view(key);
    Digest digest = sha256(hashed);
    NoteKeyId id;
    std::copy_n(digest.begin(), id.size(), id.begin());
    return id;
}

Result<VerifierKey> parse_verifier_key(std::string_view text) {
    size_t first = text.find('+');
    size_t second = first == text.npos ? text.npos : text.find('+', first + 1);
    if (second == text.npos) {
        return fail(ErrorCode::kInvalidArgument, "a key is written NAME+KEYID+BASE64");
    }
    std::optional<Bytes> id = from_hex(text.substr(first + 1, second - first - 1));
    std::optional<Bytes> raw = from_base64(text.substr(second + 1));
    VerifierKey key;
    key.name = text.substr(0, first);
    if (!is_note_name(key.name) || !id || !raw || raw->size() != 1 + kPublicKeyBytes) {
        return fail(ErrorCode::kInvalidArgument, "no key of 32 bytes with a name and an id");
    }
    key.type = static_cast<uint8_t>(raw->front());
    std::copy(raw->begin() + 1, raw->end(), key.key.begin());
    NoteKeyId computed = note_key_id(key.name, key.type, key.key);
    if (*id != ByteView(computed.data(), computed.size())) {
        return fail(ErrorCode::kInvalidArgument, "the key's id does not belong to it");
    }
    return key;
}

std::string verifier_key_text(const VerifierKey& key) {
    NoteKeyId id = note_key_id(key.name, key.type, key.key);
    Bytes raw;
    put_u8(raw, key.type);
    raw += view(key.key);
    return key.name + '+' + to_hex({id.data(), id.size()}) + '+' + to_base64(raw);
}

Result<std::vector<NoteSignature>> parse_signature_lines(ByteView bytes) {
    if (bytes.empty() || bytes.back() != '\n' || bytes.size() > kNoteBytesMax ||
        !is_note_text(bytes)) {
        return fail(ErrorCode::kCorrupt, "no signature lines");
    }
    std::vector<NoteSignature> signatures;
    for (size_t at = 0; at < bytes.size();) {
        if (signatures.size() == kNoteSignaturesMax) {
            return fail(ErrorCode::kCorrupt, "a note with too many signatures");
        }
        Result<NoteSignature> signature = parse_signature_line(take_line(bytes, at));
        if (!signature) {
            return fail(std::move(signature.error()));
        }
        signatures.push_back(std::move(*signature));
    }
    return signatures;
}

Result<SignedNote> parse_signed_note(ByteView bytes) {
    if (bytes.size() > kNoteBytesMax) {
        return fail(ErrorCode::kCorrupt, "too long for a signed note");
    }
    if (!is_note_text(bytes)) {
        return fail(ErrorCode::kCorrupt,
                    "a signed note is UTF-8 without control characters, and this is not");
    }
    size_t blank = bytes.rfind("\n\n");
    if (blank == ByteView::npos || blank == 0) {
        return fail(ErrorCode::kCorrupt, "no text and no signatures with a blank line between");
    }
    Result<std::vector<NoteSignature>> signatures = parse_signature_lines(bytes.substr(blank + 2));
    if (!signatures) {
        return fail(std::move(signatures.error()));
    }
    return SignedNote{std::string(bytes.substr(0, blank + 1)), std::move(*signatures)};
}

Bytes encode_signature_line(const NoteSignature& signature) {
    Bytes raw(signature.key_id.data(), signature.key_id.size());
    raw += signature.signature;
    Bytes line(kSignaturePrefix);
    line += signature.name;
    line += ' ';
    line += to_base64(raw);
    line += '\n';
    return line;
}

Bytes encode_signed_note(const SignedNote& note) {
    Bytes out = note.text;
    out += '\n';
    for (const NoteSignature& signature : note.signatures) {
        out += encode_signature_line(signature);
    }
    return out;
}

void sign_note(SignedNote& note, std::string_view name, const SigningKey& key) {
    LLMTRAIL_CHECK(is_note_name(name) && !note.text.empty() && note.text.back() == '\n');
    Signature signature = key.sign(note.text);
    note.signatures.push_back({std::string(name),
                               note_key_id(name, kNoteTypeEd25519, key.public_key()),
                               Bytes(view(signature))});
}

Result<void> check_note_signature(const SignedNote& note, std::string_view name,
                                  const PublicKey& key) {
    NoteKeyId id = note_key_id(name, kNoteTypeEd25519, key);
    bool found = false;
    for (const NoteSignature& signature : note.signatures) {
        if (signature.name != name || signature.key_id != id) {
            continue;
        }
        if (!verify_signature(key, note.text, signature.signature)) {
            return fail(ErrorCode::kCrypto, "the signature of the trusted key is wrong");
        }
        found = true;
    }
    if (!found) {
        return fail(ErrorCode::kCrypto, "not signed by the trusted key");
    }
    return {};
}

std::vector<ByteView> split_notes(ByteView bytes) {
    std::vector<ByteView> notes;
    size_t begin = ByteView::npos;
    bool signatures = false;
    for (size_t at = 0; at < bytes.size();) {
        size_t line_begin = at;
        ByteView line = take_line(bytes, at);
        bool is_signature = line.starts_with(kSignaturePrefix);
        if (begin != ByteView::npos && signatures && !is_signature) {
            notes.push_back(bytes.substr(begin, line_begin - begin));
            begin = ByteView::npos;
        }
        if (begin == ByteView::npos && !line.empty()) {
            begin = line_begin;
            signatures = false;
        }
        signatures = signatures || is_signature;
    }
    if (begin != ByteView::npos) {
        notes.push_back(bytes.substr(begin));
    }
    return notes;
}

}  // namespace llmtrail
