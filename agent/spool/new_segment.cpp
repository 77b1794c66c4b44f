#include "spool/new_segment.h"

#include <algorithm>
#include <utility>

#include "base/hex.h"

namespace llmtrail {
namespace {

constexpr uint32_t kFileMode = 0600;
constexpr uint64_t kReserveStepBytes = uint64_t{4} << 20;
constexpr std::string_view kNewSuffix = ".new";
constexpr std::string_view kBootIdPath = "/proc/sys/kernel/random/boot_id";
constexpr size_t kBootIdTextBytes = 36;
constexpr size_t kBootIdFileBytesMax = 64;

std::array<char, kBootIdBytes> read_boot_id(FileSystem& files) {
    std::array<char, kBootIdBytes> id{};
    Result<Bytes> text = files.read_file(std::string(kBootIdPath), kBootIdFileBytesMax);
    if (!text || text->size() < kBootIdTextBytes) {
        return id;
    }
    text->resize(kBootIdTextBytes);
    std::erase(*text, '-');
    std::optional<Bytes> raw = from_hex(*text);
    if (raw && raw->size() == id.size()) {
        std::copy(raw->begin(), raw->end(), id.begin());
    }
    return id;
}

}  // namespace

Result<void> reserve_space(AppendFile& file, uint64_t bytes, uint64_t& reserved_bytes) {
    if (bytes <= reserved_bytes) {
        return {};
    }
    uint64_t wanted = (bytes + kReserveStepBytes - 1) / kReserveStepBytes * kReserveStepBytes;
    Result<void> reserved = file.reserve(wanted);
    if (!reserved && reserved.error().code == ErrorCode::kNoSpace) {
        return reserved;
    }
    reserved_bytes = wanted;
    return {};
}

NewSegment::NewSegment(const SpoolOptions& options, SpoolSeams seams, SigningKey header_key,
                       SigningKey seal_key)
    : options_(&options),
      seams_(seams),
      header_key_(std::move(header_key)),
      seal_key_(std::move(seal_key)) {}

std::string NewSegment::path() const {
    return options_->directory + "/" + segment_file_name(header_.segment_no);
}

Result<NewSegment> NewSegment::prepare(const SpoolOptions& options, SpoolSeams seams,
                                       const LocalKeys& keys, const DailyKey& daily,
                                       const Secret& position_key, uint64_t segment_no) {
    Result<SigningKey> header_key = SigningKey::generate(seams.random);
    Result<SigningKey> seal_key = SigningKey::generate(seams.random);
    Result<DataKeys> data_keys = make_data_keys(seams.random);
    if (!header_key || !seal_key || !data_keys) {
        return fail(ErrorCode::kCrypto, "no randomness for the keys of a segment");
    }
    NewSegment made(options, seams, std::move(*header_key), std::move(*seal_key));
    made.data_keys_ = std::move(*data_keys);
    made.header_.segment_no = segment_no;
    made.header_.log_id = log_id_of(keys.identity.public_key());
    made.header_.identity_hash = sha256(view(keys.identity.public_key()));
    made.header_.boot_id = read_boot_id(seams.files);
    for (Section section : kSections) {
        size_t s = index_of(section);
        made.header_.key_commitments[s] = key_commitment(made.data_keys_[s], section);
    }
    std::string temporary = made.path() + std::string(kNewSuffix);
    Result<void> removed = seams.files.remove(temporary);
    if (!removed && removed.error().code != ErrorCode::kNotFound) {
        return fail(removed.error());
    }
    Result<std::unique_ptr<AppendFile>> file = seams.files.create_exclusive(temporary, kFileMode);
    if (!file) {
        return fail(std::move(file).error().with_context("making a segment"));
    }
    made.file_ = std::move(*file);
    Result<void> reserved = reserve_space(
        *made.file_, std::min(options.segment_bytes_max, kReserveStepBytes), made.reserved_bytes_);
    Result<Bytes> key_file = encode_key_file(made.header_, made.data_keys_, daily, keys,
                                             seams.random, {&options.recipients, &position_key});
    if (!reserved || !key_file) {
        return fail(reserved ? key_file.error() : reserved.error());
    }
    Result<void> written = seams.files.replace_file(
        options.directory + "/" + keys_file_name(segment_no), *key_file, kFileMode);
    if (!written) {
        return fail(std::move(written).error().with_context("writing a segment's keys"));
    }
    made.key_file_bytes_ = key_file->size();
    return made;
}

Result<OpenSegment> NewSegment::begin(uint64_t generation, const LogHead& head,
                                      const SigningKey& signer, Bytes& first_bytes) {
    header_.generation = generation;
    header_.first_index = head.tree.size();
    header_.wall_ns = seams_.clock.wall_now().value;
    header_.monotonic_ns = seams_.clock.monotonic_now().value;
    header_.prev_chain = head.chain;
    header_.first_seal_pk = seal_key_.public_key();
    header_.frontier = head.tree.frontier();
    first_bytes = encode_segment_header(header_, signer);
    LogHead first{header_.header_hash, head.tree};
    return OpenSegment{std::move(file_),
                       std::make_unique<FrameEncoder>(header_, data_keys_, std::move(first),
                                                      seams_.clock, seams_.random),
                       std::move(seal_key_),
                       reserved_bytes_,
                       seams_.clock.monotonic_now(),
                       {},
                       0};
}

Result<void> NewSegment::publish(OpenSegment& segment, ByteView first_bytes) {
    Result<void> done = segment.file->append(first_bytes);
    if (done) {
        done = segment.file->sync();
    }
    if (done) {
        done = seams_.files.rename(path() + std::string(kNewSuffix), path());
    }
    if (!done) {
        return fail(std::move(done).error().with_context("starting a segment"));
    }
    segment.durable = segment.encoder->head();
    segment.durable_bytes = first_bytes.size();
    return {};
}

}  // namespace llmtrail
