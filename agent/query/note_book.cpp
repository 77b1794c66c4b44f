#include "query/note_book.h"

#include "anchor/checkpoint_finder.h"
#include "anchor/checkpoint_note.h"
#include "spool/segment_header.h"

namespace llmtrail {

NoteBook::NoteBook(const PublicKey& identity) : identity_(identity) {
    auto log_id = log_id_of(identity);
    origin_ = checkpoint_origin({log_id.data(), log_id.size()});
}

Result<void> NoteBook::add(ByteView note) {
    Result<CheckpointBody> body = open_checkpoint_note(note, origin_, identity_);
    if (!body) {
        return fail(std::move(body.error()));
    }
    auto [kept, is_new] = notes_.try_emplace(body->tree_size, HeldNote{Bytes(note), body->root});
    bool has_more = kept->second.root == body->root && note.size() > kept->second.note.size();
    if (!is_new && has_more) {
        kept->second.note = note;  // with signatures of witnesses
    }
    return {};
}

// Whole notes first: they keep the signatures of witnesses.
size_t NoteBook::add_all(ByteView text) {
    size_t before = notes_.size();
    for (ByteView note : split_notes(text)) {
        (void)add(note);
    }
    for (const FoundNote& found : find_checkpoint_notes(text)) {
        (void)add(found.note);
    }
    return notes_.size() - before;
}

const HeldNote* NoteBook::of_size(uint64_t tree_size) const {
    auto found = notes_.find(tree_size);
    return found == notes_.end() ? nullptr : &found->second;
}

std::optional<uint64_t> NoteBook::first_size_above(uint64_t index) const {
    auto found = notes_.upper_bound(index);
    return found == notes_.end() ? std::nullopt : std::optional(found->first);
}

}  // namespace llmtrail
