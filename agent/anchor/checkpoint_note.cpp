#include "anchor/checkpoint_note.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include "base/hex.h"

namespace llmtrail {

namespace {

constexpr std::string_view kOriginPrefix = "llmtrail/";

// Decimal, without a sign and leading zeros.
std::optional<uint64_t> decode_tree_size(std::string_view text) {
    uint64_t size = 0;
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), size);
    bool whole = error == std::errc{} && end == text.data() + text.size();
    if (!whole || (text.size() > 1 && text.front() == '0')) {
        return std::nullopt;
    }
    return size;
}

// The next line, which must end in a newline and not be empty.
std::optional<std::string_view> take_line(std::string_view& text) {
    size_t end = text.find('\n');
    if (end == text.npos || end == 0) {
        return std::nullopt;
    }
    std::string_view line = text.substr(0, end);
    text.remove_prefix(end + 1);
    return line;
}

}  // namespace

std::string checkpoint_origin(ByteView log_id) {
    return std::string(kOriginPrefix) + to_hex(log_id);
}

std::string encode_checkpoint_text(const CheckpointBody& body) {
    return body.origin + '\n' + std::to_string(body.tree_size) + '\n' + to_base64(view(body.root)) +
           '\n';
}

Result<CheckpointBody> decode_checkpoint_text(std::string_view text) {
    std::optional<std::string_view> origin = take_line(text);
    std::optional<std::string_view> size_line = origin ? take_line(text) : std::nullopt;
    std::optional<std::string_view> root_line = size_line ? take_line(text) : std::nullopt;
    if (!root_line) {
        return fail(ErrorCode::kCorrupt, "a checkpoint has three lines: origin, tree size, root");
    }
    std::optional<uint64_t> tree_size = decode_tree_size(*size_line);
    std::optional<Bytes> root = from_base64(*root_line);
    if (!tree_size || !root || root->size() != kDigestBytes) {
        return fail(ErrorCode::kCorrupt, "a checkpoint whose tree size or root cannot be read");
    }
    while (!text.empty()) {
        if (!take_line(text)) {
            return fail(ErrorCode::kCorrupt, "a checkpoint with an empty line in its text");
        }
    }
    CheckpointBody body;
    body.origin = *origin;
    body.tree_size = *tree_size;
    std::copy(root->begin(), root->end(), body.root.begin());
    return body;
}

Bytes make_checkpoint_note(const CheckpointBody& body, const SigningKey& identity) {
    SignedNote note{encode_checkpoint_text(body), {}};
    sign_note(note, body.origin, identity);
    return encode_signed_note(note);
}

Result<CheckpointBody> open_checkpoint_note(ByteView bytes, std::string_view origin,
                                            const PublicKey& identity) {
    Result<SignedNote> note = parse_signed_note(bytes);
    if (!note) {
        return fail(std::move(note.error()));
    }
    Result<CheckpointBody> body = decode_checkpoint_text(note->text);
    if (!body) {
        return fail(std::move(body.error()));
    }
    if (body->origin != origin) {
        return fail(ErrorCode::kNotFound, "a checkpoint of another log");
    }
    if (Result<void> checked = check_note_signature(*note, origin, identity); !checked) {
        return fail(std::move(checked.error()));
    }
    return body;
}

}  // namespace llmtrail
