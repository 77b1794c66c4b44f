#include "spool/frame_encoder.h"

#include <utility>

namespace llmtrail {
namespace {

// The clear bytes and the body of the frame that occupies `out` from `at`.
ByteView head_of(const Bytes& out, size_t at) {
    return ByteView(out).substr(at, kFrameHeaderClearBytes);
}

}  // namespace

FrameEncoder::FrameEncoder(SegmentHeader header, const DataKeys& keys, LogHead head, Clock& clock,
                           Random& random)
    : header_(std::move(header)),
      sealers_(keys),
      head_(std::move(head)),
      clock_(clock),
      random_(random) {}

Result<void> FrameEncoder::control(FrameType type, uint16_t flags, ByteView clear, Bytes& out) {
    FrameHeader header;
    header.type = type;
    header.flags = flags;
    header.leaf_count = 1;
    header.section_bytes[0] = kAeadTagBytes;
    Result<size_t> at = begin(header, clear, out);
    if (!at) {
        return fail(at.error());
    }
    Result<void> sealed = seal_section(header, *at, Section::kEnvelope, {}, out);
    if (!sealed) {
        return sealed;
    }
    finish(header, *at, out, nullptr);
    return {};
}

Result<void> FrameEncoder::batch(const std::vector<BatchRecord>& records,
                                 const std::vector<PositionEntry>& positions,
                                 const std::array<Bytes, kSectionCount>& sections, Bytes& out) {
    FrameHeader header;
    header.type = FrameType::kBatch;
    header.section_mask = 0;
    header.leaf_count = static_cast<uint32_t>(records.size());
    for (size_t s = 0; s < kSectionCount; ++s) {
        if (!sections[s].empty()) {
            header.section_mask = static_cast<uint8_t>(header.section_mask | 1U << s);
            header.section_bytes[s] = static_cast<uint32_t>(sections[s].size() + kAeadTagBytes);
        }
    }
    clear_.clear();
    put_u32(clear_, static_cast<uint32_t>(positions.size()));
    for (const BatchRecord& record : records) {
        clear_.append(view(record.leaf));
    }
    put_position_entries(clear_, positions);
    Result<size_t> at = begin(header, clear_, out);
    if (!at) {
        return fail(at.error());
    }
    for (Section section : kSections) {
        const Bytes& plaintext = sections[index_of(section)];
        if (plaintext.empty()) {
            continue;
        }
        Result<void> sealed = seal_section(header, *at, section, plaintext, out);
        if (!sealed) {
            return sealed;
        }
    }
    finish(header, *at, out, &records);
    return {};
}

Result<void> FrameEncoder::seal(SealBody& body, const SigningKey& key, Bytes& out) {
    body.tree_size = head_.tree.size();
    body.root = head_.tree.root();
    body.chain = head_.chain;
    body.durable_index = body.tree_size;
    FrameHeader header;
    header.type = FrameType::kSeal;
    header.section_bytes[0] = kAeadTagBytes;
    Result<size_t> at = begin(header, encode_seal(body), out);
    if (!at) {
        return fail(at.error());
    }
    Result<void> sealed = seal_section(header, *at, Section::kEnvelope, {}, out);
    if (!sealed) {
        return sealed;
    }
    Bytes text =
        seal_signed_text(header_, head_of(out, *at), ByteView(out).substr(*at + kFrameHeaderBytes));
    out.append(view(key.sign(text)));
    finish(header, *at, out, nullptr);
    return {};
}

Result<size_t> FrameEncoder::begin(FrameHeader& header, ByteView clear, Bytes& out) {
    uint64_t size = kFrameHeaderBytes + clear.size() + header.trailer_bytes();
    for (uint32_t bytes : header.section_bytes) {
        size += bytes;
    }
    if (size > kFrameBytesMax || frame_no_ >= kSegmentFramesMax) {
        return fail(ErrorCode::kLimit, "a frame larger than the spool's format allows");
    }
    header.frame_no = frame_no_;
    header.frame_bytes = static_cast<uint32_t>(size);
    header.index = head_.tree.size();
    header.clear_bytes = static_cast<uint32_t>(clear.size());
    header.wall_ns = clock_.wall_now().value;
    Result<void> salted = random_.fill(&header.salt, sizeof header.salt);
    if (!salted) {
        return fail(salted.error());
    }
    size_t at = out.size();
    out.reserve(at + header.frame_bytes);
    put_frame_header(out, header);
    out.append(clear);
    return at;
}

Result<void> FrameEncoder::seal_section(const FrameHeader& header, size_t at, Section section,
                                        ByteView plaintext, Bytes& out) {
    // begin() reserved the whole frame, so these views stay good while ciphertext is appended.
    ByteView head = head_of(out, at);
    ByteView clear = ByteView(out).substr(at + kFrameHeaderBytes, header.clear_bytes);
    return sealers_.aead[index_of(section)].seal(
        header.salt, header.frame_no, {view(header_.header_hash), view(head_.chain), head, clear},
        plaintext, out);
}

void FrameEncoder::finish(const FrameHeader& header, size_t at, Bytes& out,
                          const std::vector<BatchRecord>* records) {
    finish_frame(out, at);
    Digest digest =
        frame_digest(hash_, head_of(out, at), ByteView(out).substr(at + kFrameHeaderBytes));
    head_.chain = chain_after(hash_, head_.chain, digest);
    frame_no_ += 1;
    if (records != nullptr) {
        for (const BatchRecord& record : *records) {
            head_.tree.add(record.leaf);
        }
    } else if (header.leaf_count == 1) {
        head_.tree.add(control_leaf(hash_, header.index, digest));
    }
}

}  // namespace llmtrail
