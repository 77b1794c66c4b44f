#include "anchor/anchor_file.h"

#include <algorithm>
#include <utility>

#include "anchor/checkpoint_finder.h"
#include "anchor/checkpoint_note.h"

namespace llmtrail {

namespace {

constexpr size_t kPieceBytes = size_t{1} << 20;
constexpr size_t kOverlapBytes = 4096;  // no note is longer, escapes included
constexpr size_t kNamesBytesMax = 200;
constexpr size_t kSortEvery = 32'768;

// What the note says, before its signature is looked at.
Result<CheckpointBody> claimed(const Bytes& note) {
    Result<SignedNote> parsed = parse_signed_note(note);
    return parsed ? decode_checkpoint_text(parsed->text)
                  : Result<CheckpointBody>(fail(parsed.error()));
}

class Collector {
 public:
    Collector(std::string_view origin, const PublicKey& identity, const std::string& path,
              KeptCheckpoints& kept)
        : origin_(origin), identity_(identity), path_(path), kept_(kept) {
        sorted_ = kept_.list.size();
        file_ = static_cast<uint32_t>(kept_.files.size());
        kept_.files.push_back(path);
    }

    // Signatures take longest: a note that is known already is not checked again.
    Result<void> take(const FoundNote& found, uint64_t offset) {
        Result<CheckpointBody> body = claimed(found.note);
        if (!body) {
            refuse(offset);
            return {};
        }
        if (body->origin != origin_) {
            if (kept_.foreign++ == 0) {
                kept_.foreign_origin = body->origin.substr(0, kNamesBytesMax);
            }
            return {};
        }
        KeptCheckpoint checkpoint{body->tree_size, body->root, file_};
        if (is_known(checkpoint)) {
            return {};
        }
        if (!open_checkpoint_note(found.note, origin_, identity_)) {
            refuse(offset);
            return {};
        }
        if (kept_.list.size() == kKeptCheckpointsMax) {
            return fail(ErrorCode::kLimit,
                        "more than " + std::to_string(kKeptCheckpointsMax) +
                            " checkpoints: export a shorter time, or every tenth");
        }
        kept_.list.push_back(checkpoint);
        if (kept_.list.size() - sorted_ >= kSortEvery) {
            sort();
        }
        return {};
    }

    void sort() {
        std::sort(kept_.list.begin(), kept_.list.end());
        auto same = [](const KeptCheckpoint& a, const KeptCheckpoint& b) {
            return a.tree_size == b.tree_size && a.root == b.root;
        };
        kept_.list.erase(std::unique(kept_.list.begin(), kept_.list.end(), same), kept_.list.end());
        sorted_ = kept_.list.size();
    }

 private:
    void refuse(uint64_t offset) {
        if (kept_.refused++ == 0) {
            kept_.refused_place = path_ + ", byte " + std::to_string(offset);
        }
    }

    // Among those that are sorted; an export in order of time is found at its end.
    bool is_known(const KeptCheckpoint& one) const {
        KeptCheckpoint least = one;
        least.file = 0;
        auto end = kept_.list.begin() + static_cast<std::ptrdiff_t>(sorted_);
        auto at = std::lower_bound(kept_.list.begin(), end, least);
        if (at != end && at->tree_size == one.tree_size && at->root == one.root) {
            return true;
        }
        constexpr size_t kLookBack = 64;
        size_t from = std::max(sorted_, kept_.list.size() - std::min(kept_.list.size(), kLookBack));
        return std::any_of(kept_.list.begin() + static_cast<std::ptrdiff_t>(from), kept_.list.end(),
                           [&](const KeptCheckpoint& other) {
                               return other.tree_size == one.tree_size && other.root == one.root;
                           });
    }

    std::string_view origin_;
    const PublicKey& identity_;
    const std::string& path_;
    KeptCheckpoints& kept_;
    size_t sorted_ = 0;
    uint32_t file_ = 0;
};

// Fills `text` up to a piece from the file; false at its end.
Result<bool> read_more(ReadableFile& file, uint64_t& at, Bytes& text) {
    size_t have = text.size();
    text.resize(kPieceBytes);
    while (have < text.size()) {
        Result<size_t> got = file.read_at(at, text.data() + have, text.size() - have);
        if (!got) {
            return fail(got.error());
        }
        if (*got == 0) {
            text.resize(have);
            return false;
        }
        at += *got;
        have += *got;
    }
    return true;
}

}  // namespace

Result<void> add_anchor_file(FileSystem& files, const std::string& path, std::string_view origin,
                             const PublicKey& identity, KeptCheckpoints& kept) {
    Result<std::unique_ptr<ReadableFile>> file = files.open_readable(path, true);
    if (!file) {
        return fail(std::move(file.error()));
    }
    Collector collector(origin, identity, path, kept);
    Bytes text;
    uint64_t at = 0;
    uint64_t begins_at = 0;  // of `text` in the file
    for (bool more = true; more;) {
        Result<bool> read = read_more(**file, at, text);
        if (!read) {
            return fail(read.error());
        }
        more = *read;
        // A note that begins in the overlap is found again with all that follows it.
        size_t settled = more ? text.size() - kOverlapBytes : text.size();
        for (const FoundNote& found : find_checkpoint_notes(text)) {
            if (found.offset >= settled) {
                break;
            }
            if (Result<void> taken = collector.take(found, begins_at + found.offset); !taken) {
                return taken;
            }
        }
        text.erase(0, settled);
        begins_at += settled;
    }
    collector.sort();
    return {};
}

}  // namespace llmtrail
