// docs/checkpoints.md shows a note byte by byte: made again here and compared.
#include <doctest/doctest.h>

#include <fstream>
#include <sstream>

#include "anchor/checkpoint_note.h"
#include "anchor/timestamp.h"
#include "base/hex.h"
#include "spool/segment_header.h"

using namespace llmtrail;

namespace {

constexpr size_t kHexBytesALine = 40;

std::string page() {
    std::ifstream in(std::string(LLMTRAIL_SOURCE_DIR) + "/docs/checkpoints.md");
    std::ostringstream text;
    text << in.rdbuf();
    return text.str();
}

bool shows(const std::string& text) {
    static const std::string all = page();
    return all.find(text) != std::string::npos;
}

}  // namespace

TEST_CASE("the worked example of docs/checkpoints.md is what the agent makes") {
    SigningKey identity = SigningKey::from_seed(Secret::copy_of(Bytes(32, '\1'))).value();
    auto log_id = log_id_of(identity.public_key());
    CheckpointBody body;
    body.origin = checkpoint_origin({log_id.data(), log_id.size()});
    body.tree_size = 3;
    Bytes root =
        from_hex("1e6daaa3cde6505ab66e3be69e666ca61c41c1bf5326eddfe44ab266956a79ff").value();
    std::copy(root.begin(), root.end(), body.root.begin());
    Bytes note = make_checkpoint_note(body, identity);
    NoteKeyId id = note_key_id(body.origin, kNoteTypeEd25519, identity.public_key());

    CHECK(shows("identity public key  " + to_hex(view(identity.public_key()))));
    CHECK(shows("log id               " + to_hex({log_id.data(), log_id.size()})));
    CHECK(shows("key id               " + to_hex({id.data(), id.size()})));
    CHECK(shows("  " + verifier_key_text({body.origin, kNoteTypeEd25519, identity.public_key()}) +
                "\n"));
    CHECK(shows("SHA-256 of the text  " + to_hex(view(timestamp_imprint(body)))));
    CHECK(shows("the note, " + std::to_string(note.size()) + " bytes"));
    for (size_t at = 0; at < note.size(); at += kHexBytesALine) {
        CHECK(shows("\n  " + to_hex(ByteView(note).substr(at, kHexBytesALine)) + "\n"));
    }
    CHECK(shows("\n" + note + "```"));
}
