#include "cli/passphrase.h"

#include <utility>

#include "spool/role_key.h"

namespace llmtrail {

namespace {

constexpr uint32_t kReadableByOthers = 077;
constexpr size_t kPassphraseFileBytesMax = kPassphraseBytesMax + 2;  // and its newline

Result<Secret> first_line_of(const std::string& path, CommandSeams seams) {
    auto info = seams.files.info(path, true);
    if (info && (info->mode & kReadableByOthers) != 0) {
        seams.talk.warning(path + " may be read by group or others: chmod 600 " + path);
    }
    Result<Bytes> text = seams.files.read_file(path, kPassphraseFileBytesMax);
    if (!text) {
        return fail(std::move(text).error().with_context("reading the passphrase"));
    }
    Secret line = Secret::copy_of(ByteView(*text).substr(0, text->find_first_of("\r\n")));
    wipe(*text);
    return line;
}

Result<Secret> typed(PassphraseFor purpose, CommandSeams seams) {
    Result<Secret> first = seams.inputs.read_hidden("passphrase of the role key: ");
    if (!first) {
        return first.error().code == ErrorCode::kNotFound
                   ? Result<Secret>(fail(ErrorCode::kNotFound,
                                         "no terminal to ask for the passphrase: name its file "
                                         "with --passphrase-file"))
                   : std::move(first);
    }
    if (purpose == PassphraseFor::kMaking) {
        Result<Secret> second = seams.inputs.read_hidden("the same again: ");
        if (!second) {
            return second;
        }
        if (first->reveal() != second->reveal()) {
            return fail(ErrorCode::kInvalidArgument, "the two passphrases are not the same");
        }
    }
    return first;
}

}  // namespace

Result<Secret> read_passphrase(const std::string& file, PassphraseFor purpose, CommandSeams seams) {
    (void)init_secure_memory();  // the keys that follow are worth it too; unlocked they still work
    Result<Secret> phrase =
        file.empty() ? typed(purpose, seams) : first_line_of(absolute_path(file), seams);
    if (!phrase) {
        return phrase;
    }
    bool making = purpose == PassphraseFor::kMaking;
    if (phrase->empty() || phrase->size() > kPassphraseBytesMax ||
        (making && phrase->size() < kPassphraseBytesLeast) ||
        phrase->reveal().find('\0') != ByteView::npos) {
        return fail(ErrorCode::kLimit, "a passphrase is one line of " +
                                           std::to_string(kPassphraseBytesLeast) + " to " +
                                           std::to_string(kPassphraseBytesMax) + " bytes");
    }
    return phrase;
}

}  // namespace llmtrail
