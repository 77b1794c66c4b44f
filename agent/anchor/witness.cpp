#include "anchor/witness.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

#include "base/hex.h"
#include "base/utf8.h"

namespace llmtrail {

namespace {

constexpr std::string_view kRequestType = "text/plain";
constexpr std::string_view kSizeType = "text/x.tlog.size";
constexpr size_t kTimeBytes = 8;
constexpr uint64_t kSecondsMax = uint64_t{INT64_MAX} / kNanosPerSecond;
constexpr int kAttemptsMax = 3;  // more than two only when another sender is at work

// The body of an answer 409: the size that the witness knows.
std::optional<uint64_t> size_known(const PostReply& reply) {
    std::string_view text = reply.body;
    if (reply.content_type != kSizeType || !text.ends_with('\n')) {
        return std::nullopt;
    }
    text.remove_suffix(1);
    uint64_t size = 0;
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), size);
    bool whole = error == std::errc{} && end == text.data() + text.size();
    return whole && (text.size() == 1 || text.front() != '0') ? std::optional(size) : std::nullopt;
}

uint64_t big_endian(ByteView bytes) {
    uint64_t value = 0;
    for (char c : bytes) {
        value = value << 8 | static_cast<uint8_t>(c);
    }
    return value;
}

class WitnessHolder final : public AnchorHolder {
 public:
    WitnessHolder(WitnessOptions options, HttpPoster& http, ConsistencyProof prove)
        : options_(std::move(options)), http_(http), prove_(std::move(prove)) {}

    std::string_view id() const override { return options_.id; }

    Result<AnchorReceipt> anchor(const AnchorTask& task) override;

 private:
    Result<PostReply> submit(const AnchorTask& task);
    Result<void> learn_size(const AnchorTask& task, const PostReply& reply);
    Error refusal(const PostReply& reply) const;
    Result<AnchorReceipt> receipt(const AnchorTask& task, const PostReply& reply);

    WitnessOptions options_;
    HttpPoster& http_;
    ConsistencyProof prove_;
    uint64_t known_size_ = 0;  // what it cosigned last; 0: none, or not known yet
};

Result<AnchorReceipt> WitnessHolder::anchor(const AnchorTask& task) {
    for (int attempt = 0; attempt < kAttemptsMax; ++attempt) {
        Result<PostReply> reply = submit(task);
        if (!reply) {
            return fail(std::move(reply.error()));
        }
        if (reply->status == 200) {
            return receipt(task, *reply);
        }
        if (reply->status != 409) {
            return fail(refusal(*reply));
        }
        if (Result<void> learnt = learn_size(task, *reply); !learnt) {
            return fail(std::move(learnt.error()));
        }
    }
    return fail(ErrorCode::kBusy, "the witness names another tree size each time");
}

Result<PostReply> WitnessHolder::submit(const AnchorTask& task) {
    std::vector<Digest> proof;
    if (known_size_ > 0 && known_size_ < task.body.tree_size) {
        Result<std::vector<Digest>> made = prove_(known_size_, task.body.tree_size);
        if (!made) {
            return fail(std::move(made.error()).with_context("proving consistency"));
        }
        proof = std::move(*made);
    }
    return http_.post({options_.url + "/add-checkpoint", std::string(kRequestType),
                       encode_add_checkpoint(known_size_, proof, task.note), options_.tls_ca_file,
                       options_.allow_http});
}

// Answer 409: the witness stands elsewhere than we thought, or it knows another tree of our size.
Result<void> WitnessHolder::learn_size(const AnchorTask& task, const PostReply& reply) {
    std::optional<uint64_t> size = size_known(reply);
    if (!size) {
        return fail(ErrorCode::kUnsupported, "the witness answers 409 without a tree size");
    }
    if (*size > task.body.tree_size) {
        return fail(ErrorCode::kCorrupt, "the witness has cosigned a tree of " +
                                             std::to_string(*size) + " leaves, this log has " +
                                             std::to_string(task.body.tree_size) +
                                             ": it was rolled back, or its key signs elsewhere");
    }
    if (*size == known_size_ && *size == task.body.tree_size) {
        return fail(ErrorCode::kCorrupt, "the witness has cosigned another tree of " +
                                             std::to_string(*size) + " leaves: this log is a fork");
    }
    known_size_ = *size;
    return {};
}

Error WitnessHolder::refusal(const PostReply& reply) const {
    if (reply.status == 422) {
        return {ErrorCode::kCorrupt,
                "the witness has cosigned a tree of " + std::to_string(known_size_) +
                    " leaves that this log does not begin with: it was rolled back and went on, or "
                    "is a fork",
                0};
    }
    if (reply.status == 404) {
        return {ErrorCode::kPermission, "the witness does not know this log's origin", 0};
    }
    if (reply.status == 403) {
        return {ErrorCode::kPermission, "the witness does not trust this log's key", 0};
    }
    return {ErrorCode::kUnsupported,
            "the witness answers with HTTP status " + std::to_string(reply.status), 0};
}

Result<AnchorReceipt> WitnessHolder::receipt(const AnchorTask& task, const PostReply& reply) {
    Result<SignedNote> note = parse_signed_note(task.note);
    if (!note) {
        return fail(std::move(note.error()));
    }
    Result<Cosignature> cosignature = open_cosignature(reply.body, note->text, options_.key);
    if (!cosignature) {
        return fail(std::move(cosignature.error()));
    }
    known_size_ = task.body.tree_size;
    note->signatures.push_back(std::move(cosignature->line));
    return AnchorReceipt{
        encode_signed_note(*note),
        UnixNanos{static_cast<int64_t>(cosignature->at_seconds) * kNanosPerSecond}};
}

}  // namespace

std::unique_ptr<AnchorHolder> make_witness_holder(WitnessOptions options, HttpPoster& http,
                                                  ConsistencyProof prove) {
    return std::make_unique<WitnessHolder>(std::move(options), http, std::move(prove));
}

Bytes encode_add_checkpoint(uint64_t old_size, const std::vector<Digest>& proof, ByteView note) {
    Bytes body = "old " + std::to_string(old_size) + "\n";
    for (const Digest& hash : proof) {
        body += to_base64(view(hash)) + "\n";
    }
    body += '\n';
    body += note;
    return body;
}

Bytes cosigned_text(uint64_t at_seconds, std::string_view checkpoint_text) {
    return "cosignature/v1\ntime " + std::to_string(at_seconds) + "\n" + Bytes(checkpoint_text);
}

Result<Cosignature> open_cosignature(ByteView lines, std::string_view checkpoint_text,
                                     const VerifierKey& key) {
    Result<std::vector<NoteSignature>> parsed = parse_signature_lines(lines);
    if (!parsed) {
        return fail(ErrorCode::kCrypto, "the witness answers with no signature lines");
    }
    NoteKeyId id = note_key_id(key.name, kNoteTypeCosignature, key.key);
    for (NoteSignature& line : *parsed) {
        if (line.name != key.name || line.key_id != id) {
            continue;
        }
        if (line.signature.size() != kTimeBytes + kSignatureBytes) {
            return fail(ErrorCode::kCrypto, "the witness's cosignature has the wrong size");
        }
        uint64_t seconds = big_endian(ByteView(line.signature).substr(0, kTimeBytes));
        if (seconds > kSecondsMax ||
            !verify_signature(key.key, cosigned_text(seconds, checkpoint_text),
                              ByteView(line.signature).substr(kTimeBytes))) {
            return fail(ErrorCode::kCrypto, "the witness's cosignature is wrong");
        }
        return Cosignature{std::move(line), seconds};
    }
    return fail(ErrorCode::kCrypto, "no cosignature of the configured witness key");
}

}  // namespace llmtrail
