// Proof files: text <-> struct.
#include <algorithm>
#include <charconv>

#include "anchor/checkpoint_note.h"
#include "base/hex.h"
#include "base/utf8.h"
#include "query/proof.h"
#include "spool/frame.h"
#include "spool/merkle_proof.h"

namespace llmtrail {
namespace {

constexpr std::string_view kInclusionTitle = "llmtrail-inclusion-proof@v1";
constexpr std::string_view kConsistencyTitle = "llmtrail-consistency-proof@v1";
constexpr std::string_view kPathTitle = "c2sp.org/tlog-proof@v1";
constexpr size_t kInclusionParagraphs = 4;
constexpr size_t kConsistencyParagraphs = 6;

tl::unexpected<Error> malformed(const char* what) {
    return fail(ErrorCode::kCorrupt, std::string("not a proof file: ") + what);
}

void put_line(Bytes& out, std::string_view name, std::string_view value) {
    out.append(name).append(" ").append(value).append("\n");
}

void put_hashes(Bytes& out, const std::vector<Digest>& hashes) {
    for (const Digest& hash : hashes) {
        out.append(to_base64(view(hash))).append("\n");
    }
    out += '\n';
}

Bytes encode_inclusion(const InclusionProof& proof) {
    Bytes out(kInclusionTitle);
    out += '\n';
    if (const auto* record = std::get_if<RecordPreimage>(&proof.preimage)) {
        for (Section section : kSections) {
            put_line(out, section_name(section),
                     to_hex(view(record->commitments[index_of(section)])));
        }
        for (Section section : kSections) {
            if (const auto& opening = record->opened[index_of(section)]) {
                out.append("open ").append(section_name(section)).append(" ");
                put_line(out, to_hex(view(opening->blinding)), to_base64(opening->bytes));
            }
        }
    } else if (const auto* frame = std::get_if<FramePreimage>(&proof.preimage)) {
        put_line(out, "frame", to_hex(view(frame->frame_digest)));
    } else {
        put_line(out, "leaf", to_hex(view(std::get<BareLeaf>(proof.preimage).leaf)));
    }
    out.append("\n").append(kPathTitle).append("\n");
    put_line(out, "index", std::to_string(proof.index));
    put_hashes(out, proof.path);
    return out + proof.checkpoint;
}

Bytes encode_consistency(const ConsistencyProof& proof) {
    Bytes out(kConsistencyTitle);
    out.append("\n\n").append(proof.old_checkpoint).append("\n");
    put_line(out, "old", std::to_string(proof.old_size));
    put_hashes(out, proof.hashes);
    return out + proof.new_checkpoint;
}

// Lines of one paragraph, from front to back.
class Lines {
 public:
    explicit Lines(ByteView text) : text_(text) {}

    bool at_end() const { return text_.empty(); }

    // "" at the end, too: no line of a proof is empty.
    ByteView next() {
        size_t end = std::min(text_.find('\n'), text_.size());
        ByteView line = text_.substr(0, end);
        text_.remove_prefix(std::min(end + 1, text_.size()));
        return line;
    }

    bool next_is(std::string_view name) const { return text_.starts_with(name); }

    // What follows "NAME " on the next line; nothing when that is another line.
    std::optional<ByteView> value(std::string_view name) {
        ByteView line = next();
        if (!line.starts_with(name) || line.size() <= name.size() || line[name.size()] != ' ') {
            return std::nullopt;
        }
        return line.substr(name.size() + 1);
    }

 private:
    ByteView text_;
};

std::optional<Digest> digest_of(const std::optional<Bytes>& bytes) {
    if (!bytes || bytes->size() != kDigestBytes) {
        return std::nullopt;
    }
    Digest digest;
    std::copy(bytes->begin(), bytes->end(), digest.begin());
    return digest;
}

std::optional<Digest> hex_digest(std::optional<ByteView> text) {
    return text ? digest_of(from_hex(*text)) : std::nullopt;
}

std::optional<uint64_t> number(std::optional<ByteView> text) {
    uint64_t value = 0;
    if (!text || text->empty() || (text->size() > 1 && text->front() == '0')) {
        return std::nullopt;
    }
    auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), value);
    if (error != std::errc{} || end != text->data() + text->size()) {
        return std::nullopt;
    }
    return value;
}

// To the end of the paragraph.
std::optional<std::vector<Digest>> hashes_of(Lines& lines) {
    std::vector<Digest> hashes;
    while (!lines.at_end()) {
        std::optional<Digest> hash = digest_of(from_base64(lines.next()));
        if (!hash || hashes.size() == kProofHashesMax) {
            return std::nullopt;
        }
        hashes.push_back(*hash);
    }
    return hashes;
}

std::optional<Opening> opening_of(Lines& lines, Section section) {
    std::optional<ByteView> rest = lines.value("open " + std::string(section_name(section)));
    size_t space = rest ? rest->find(' ') : ByteView::npos;
    if (space == ByteView::npos) {
        return std::nullopt;
    }
    std::optional<Digest> blinding = hex_digest(rest->substr(0, space));
    std::optional<Bytes> bytes = from_base64(rest->substr(space + 1));
    if (!blinding || !bytes || bytes->empty()) {
        return std::nullopt;
    }
    return Opening{*blinding, std::move(*bytes)};
}

Result<RecordPreimage> decode_record(Lines& lines) {
    RecordPreimage record;
    for (Section section : kSections) {
        std::optional<Digest> commitment = hex_digest(lines.value(section_name(section)));
        if (!commitment) {
            return malformed("a record has four lines of commitments");
        }
        record.commitments[index_of(section)] = *commitment;
    }
    for (Section section : kSections) {
        if (!lines.next_is("open " + std::string(section_name(section)) + " ")) {
            continue;
        }
        std::optional<Opening> opening = opening_of(lines, section);
        if (!opening || record.commitments[index_of(section)] == Digest{}) {
            return malformed("an opened section cannot be read");
        }
        record.opened[index_of(section)] = std::move(opening);
    }
    return record;
}

Result<void> decode_preimage(Lines& lines, InclusionProof& proof) {
    if (lines.next_is("frame ") || lines.next_is("leaf ")) {
        bool is_frame = lines.next_is("frame ");
        std::optional<Digest> digest = hex_digest(lines.value(is_frame ? "frame" : "leaf"));
        if (!digest) {
            return malformed("the leaf cannot be read");
        }
        if (is_frame) {
            proof.preimage = FramePreimage{*digest};
        } else {
            proof.preimage = BareLeaf{*digest};
        }
    } else {
        Result<RecordPreimage> record = decode_record(lines);
        if (!record) {
            return fail(std::move(record.error()));
        }
        proof.preimage = std::move(*record);
    }
    if (!lines.at_end()) {
        return malformed("lines in front of the path that do not belong there");
    }
    return {};
}

// Paragraphs without their separating lines, each with its last newline. Empty: not such a text.
std::vector<ByteView> paragraphs_of(ByteView text) {
    std::vector<ByteView> paragraphs;
    while (!text.empty() && paragraphs.size() <= kConsistencyParagraphs) {
        size_t end = text.find("\n\n");
        if (end == ByteView::npos) {
            paragraphs.push_back(text);
            break;
        }
        paragraphs.push_back(text.substr(0, end + 1));
        text.remove_prefix(end + 2);
        if (text.empty()) {
            return {};
        }
    }
    bool whole = std::all_of(paragraphs.begin(), paragraphs.end(), [](ByteView paragraph) {
        return paragraph.size() > 1 && paragraph.front() != '\n' && paragraph.back() == '\n';
    });
    return whole ? paragraphs : std::vector<ByteView>();
}

// UTF-8 without control characters but line feeds, and without spaces at the ends of lines.
bool is_plain_text(ByteView text) {
    if (!is_valid_utf8(text) || text.find(" \n") != ByteView::npos) {
        return false;
    }
    for (size_t i = 0; i < text.size(); ++i) {
        auto byte = static_cast<unsigned char>(text[i]);
        bool c1 = byte == 0xC2 && static_cast<unsigned char>(text[i + 1]) < 0xA0;
        if ((byte < 0x20 && byte != '\n') || byte == 0x7F || c1) {
            return false;
        }
    }
    return true;
}

// Two paragraphs as the note that they are.
Result<Bytes> note_of(ByteView text, ByteView signatures) {
    Bytes note = Bytes(text) + "\n" + Bytes(signatures);
    Result<SignedNote> parsed = parse_signed_note(note);
    if (!parsed) {
        return malformed("a checkpoint is no signed note");
    }
    if (!decode_checkpoint_text(parsed->text)) {
        return malformed("a checkpoint cannot be read");
    }
    return note;
}

Result<Proof> decode_inclusion(const std::vector<ByteView>& paragraphs) {
    InclusionProof proof;
    Lines leaf(paragraphs[0]);
    leaf.next();
    Result<void> decoded = decode_preimage(leaf, proof);
    if (!decoded) {
        return fail(std::move(decoded.error()));
    }
    Lines path(paragraphs[1]);
    if (path.next() != kPathTitle) {
        return malformed("the path's first line is not a C2SP proof's");
    }
    std::optional<uint64_t> index = number(path.value("index"));
    std::optional<std::vector<Digest>> hashes = index ? hashes_of(path) : std::nullopt;
    if (!hashes) {
        return malformed("the path cannot be read");
    }
    Result<Bytes> note = note_of(paragraphs[2], paragraphs[3]);
    if (!note) {
        return fail(std::move(note.error()));
    }
    proof.index = *index;
    proof.path = std::move(*hashes);
    proof.checkpoint = std::move(*note);
    return Proof(std::move(proof));
}

Result<Proof> decode_consistency(const std::vector<ByteView>& paragraphs) {
    ConsistencyProof proof;
    if (paragraphs[0].size() != kConsistencyTitle.size() + 1) {
        return malformed("lines behind the title that do not belong there");
    }
    Lines lines(paragraphs[3]);
    std::optional<uint64_t> old_size = number(lines.value("old"));
    std::optional<std::vector<Digest>> hashes = old_size ? hashes_of(lines) : std::nullopt;
    if (!hashes) {
        return malformed("the hashes cannot be read");
    }
    Result<Bytes> old_note = note_of(paragraphs[1], paragraphs[2]);
    Result<Bytes> new_note = old_note ? note_of(paragraphs[4], paragraphs[5]) : old_note;
    if (!new_note) {
        return fail(std::move(new_note.error()));
    }
    proof.old_checkpoint = std::move(*old_note);
    proof.old_size = *old_size;
    proof.hashes = std::move(*hashes);
    proof.new_checkpoint = std::move(*new_note);
    return Proof(std::move(proof));
}

}  // namespace

Bytes encode_proof(const Proof& proof) {
    const auto* inclusion = std::get_if<InclusionProof>(&proof);
    return inclusion != nullptr ? encode_inclusion(*inclusion)
                                : encode_consistency(std::get<ConsistencyProof>(proof));
}

Result<Proof> decode_proof(ByteView text) {
    if (text.size() > kProofBytesMax) {
        return malformed("it is too long");
    }
    if (!is_plain_text(text)) {
        return malformed("it is not plain text in UTF-8");
    }
    std::vector<ByteView> paragraphs = paragraphs_of(text);
    if (paragraphs.empty()) {
        return malformed("it has no paragraphs of lines");
    }
    ByteView title = Lines(paragraphs[0]).next();
    if (title == kInclusionTitle && paragraphs.size() == kInclusionParagraphs) {
        return decode_inclusion(paragraphs);
    }
    if (title == kConsistencyTitle && paragraphs.size() == kConsistencyParagraphs) {
        return decode_consistency(paragraphs);
    }
    return malformed("its first line or the number of its paragraphs is not that of a proof");
}

}  // namespace llmtrail
