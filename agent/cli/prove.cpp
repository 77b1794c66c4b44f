#include <charconv>

#include "anchor/checkpoint_note.h"
#include "cli/prove_check.h"
#include "cli/query_source.h"
#include "query/prover.h"
#include "spool/verify.h"

namespace llmtrail {

namespace {

constexpr size_t kAnchorFileBytesMax = size_t{256} << 20;

std::optional<uint64_t> number(const std::string& text) {
    uint64_t value = 0;
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    bool whole = error == std::errc() && !text.empty() && end == text.data() + text.size();
    return whole ? std::optional(value) : std::nullopt;
}

ExitCode refuse_usage(const char* what, Talk& talk) {
    talk.error(what);
    talk.hint("llmtrail prove --help explains the three forms");
    return ExitCode::kUsage;
}

// The identity key that checkpoints must be signed with: the trusted one, else the one that the
// log's first segment was signed with.
std::optional<PublicKey> identity_of(const QuerySource& source, FileSystem& files) {
    if (source.trusted) {
        return source.trusted;
    }
    std::string stem = source.directory + "/" + segment_stem(0);
    Result<SegmentFile> file = SegmentFile::open(files, stem + std::string(kSegmentSuffix));
    if (file && file->header().identity_signed() && file->header().signature_valid) {
        return file->header().segment_pk;
    }
    Result<LeafFile> leaf = LeafFile::open(files, stem + std::string(kLeafSuffix));
    bool usable = leaf && leaf->header() && leaf->header()->identity_signed() &&
                  leaf->header()->signature_valid;
    return usable ? std::optional(leaf->header()->segment_pk) : std::nullopt;
}

ExitCode read_anchors(const ProveArguments& arguments, CommandSeams seams, NoteBook& notes) {
    for (const std::string& path : arguments.anchors) {
        Result<Bytes> text = seams.files.read_file(absolute_path(path), kAnchorFileBytesMax);
        if (!text) {
            return seams.talk.refuse(std::move(text).error().with_context("reading --anchor"));
        }
        if (notes.add_all(*text) == 0) {
            seams.talk.warning(path + " holds no checkpoint of this log that its key signed");
        }
    }
    return ExitCode::kOk;
}

// No checkpoint is at hand, but the key that signs them: a spool that verifies is signed now.
Result<void> sign_now(const QuerySource& source, CommandSeams seams, uint64_t size,
                      const Digest& root, NoteBook& notes) {
    if (source.key_directory.empty()) {
        return fail(ErrorCode::kNotFound, "no identity key is at hand");
    }
    Result<LocalKeys> keys = load_local_keys_as_reader(seams.files, source.key_directory);
    if (!keys) {
        return fail(std::move(keys.error()));
    }
    if (keys->identity.public_key() != notes.identity()) {
        return fail(ErrorCode::kNotFound, "the identity key here is another log's");
    }
    VerifyOptions options;
    options.directory = source.directory;
    options.key_directory = source.key_directory;
    VerifyReport report = verify_spool(options, seams.files);
    if (report.verdict != Verdict::kClean && report.verdict != Verdict::kOpenTail) {
        return fail(ErrorCode::kCorrupt,
                    "the spool does not verify: " + std::string(verdict_name(report.verdict)) +
                        ", " + report.reason);
    }
    auto log_id = log_id_of(notes.identity());
    CheckpointBody body{checkpoint_origin({log_id.data(), log_id.size()}), size, root};
    seams.talk.say(
        "no checkpoint covers this; signed now with this host's identity key: the tree "
        "of " +
        std::to_string(size) + " leaves");
    return notes.add(make_checkpoint_note(body, keys->identity));
}

ExitCode refuse_proof(const Error& error, const Prover& prover, Talk& talk) {
    for (const ScanProblem& problem : prover.problems()) {
        tell_problem(problem, talk);
    }
    talk.error(error.message);
    if (error.code == ErrorCode::kNotFound) {
        talk.hint(
            "name files with checkpoints from outside with --anchor, or a key that opens the "
            "envelope with --key: the log's own records hold checkpoints");
        return ExitCode::kCannotVerify;
    }
    return error.code == ErrorCode::kPermission ? ExitCode::kPermission : ExitCode::kTampered;
}

// A proof is checked as its reader will check it before it is handed out.
ExitCode hand_out(const Proof& proof, const NoteBook& notes, const Prover& prover,
                  CommandSeams seams) {
    if (!prover.problems().empty()) {
        return refuse_proof({ErrorCode::kCorrupt,
                             "what stands between the leaf and the checkpoint is not what was "
                             "written",
                             0},
                            prover, seams.talk);
    }
    Bytes text = encode_proof(proof);
    ProofReport report = check_proof(text, notes.identity());
    if (report.verdict != ProofVerdict::kHolds) {
        return refuse_proof(
            {ErrorCode::kCorrupt, "what was read gives no proof: " + report.reason, 0}, prover,
            seams.talk);
    }
    Result<void> written = seams.data.write(text);
    return written ? ExitCode::kOk : seams.talk.refuse(written.error());
}

ScanOptions scan_options(const QuerySource& source, uint64_t index) {
    ScanOptions options;
    options.directory = source.directory;
    options.trusted = source.trusted;
    options.first_index = index;
    options.from_there = true;
    return options;
}

ExitCode prove_inclusion(uint64_t index, const SectionChoice& open, const QuerySource& source,
                         NoteBook& notes, CommandSeams seams) {
    InclusionProver prover(notes, index, open);
    ScanOptions options = scan_options(source, index);
    options.sections = open;
    SpoolScan scan(seams.files, std::move(options), source.key_or_null());
    Result<ScanTotals> totals = scan.run(prover);
    if (!totals) {
        return seams.talk.refuse(totals.error());
    }
    if (!prover.seen()) {
        return refuse_proof(
            {ErrorCode::kNotFound, "leaf " + std::to_string(index) + " is not in this spool", 0},
            prover, seams.talk);
    }
    if (!prover.refusal().empty() || (open != SectionChoice{} && !prover.opened())) {
        return refuse_proof(
            {ErrorCode::kPermission,
             "leaf " + std::to_string(index) + ": " +
                 (prover.refusal().empty() ? "nothing of it could be opened" : prover.refusal()),
             0},
            prover, seams.talk);
    }
    Result<InclusionProof> proof = prover.make();
    if (!proof && proof.error().code == ErrorCode::kNotFound && prover.newest_size()) {
        uint64_t size = *prover.newest_size();
        Result<void> signed_now = sign_now(source, seams, size, prover.root_at(size), notes);
        if (signed_now || signed_now.error().code == ErrorCode::kCorrupt) {
            proof = signed_now ? prover.make() : fail(signed_now.error());
        }
    }
    if (!proof) {
        return refuse_proof(proof.error(), prover, seams.talk);
    }
    if (std::holds_alternative<BareLeaf>(proof->preimage)) {
        seams.talk.warning("only the leaf is proved: " +
                           (source.key ? source.key_name + " opens nothing of it, or its content "
                                                           "was pruned"
                                       : std::string("without a key its commitments stay sealed")));
    }
    return hand_out(*proof, notes, prover, seams);
}

ExitCode prove_consistency(uint64_t old_size, uint64_t new_size, const QuerySource& source,
                           NoteBook& notes, CommandSeams seams) {
    ConsistencyProver prover(notes, old_size, new_size);
    ScanOptions options = scan_options(source, old_size);
    options.sections = {};
    SpoolScan scan(seams.files, std::move(options), source.key_or_null());
    Result<ScanTotals> totals = scan.run(prover);
    if (!totals) {
        return seams.talk.refuse(totals.error());
    }
    if (!prover.reached()) {
        return refuse_proof({ErrorCode::kNotFound,
                             "this spool does not reach from " + std::to_string(old_size) + " to " +
                                 std::to_string(new_size) + " leaves",
                             0},
                            prover, seams.talk);
    }
    for (auto [size, root] :
         {std::pair(old_size, prover.old_root()), std::pair(new_size, prover.new_root())}) {
        if (notes.of_size(size) != nullptr) {
            continue;
        }
        Result<void> signed_now = sign_now(source, seams, size, root, notes);
        if (!signed_now && signed_now.error().code == ErrorCode::kCorrupt) {
            return refuse_proof(signed_now.error(), prover, seams.talk);
        }
    }
    Result<ConsistencyProof> proof = prover.make();
    return proof ? hand_out(*proof, notes, prover, seams)
                 : refuse_proof(proof.error(), prover, seams.talk);
}

}  // namespace

ExitCode prove_command(const ProveArguments& arguments, CommandSeams seams) {
    if (!arguments.check.empty()) {
        return arguments.what.empty() ? check_proof_file(arguments, seams)
                                      : refuse_usage("--check takes no index", seams.talk);
    }
    bool consistency = arguments.what.size() == 3 && arguments.what[0] == "consistency";
    if (!consistency && arguments.what.size() != 1) {
        return refuse_usage("prove takes an index, or consistency and two tree sizes", seams.talk);
    }
    std::optional<uint64_t> first = number(arguments.what[consistency ? 1 : 0]);
    std::optional<uint64_t> second = number(arguments.what.back());
    if (!first || !second || (consistency && (*first == 0 || *first > *second))) {
        return refuse_usage(consistency ? "tree sizes are numbers from 1, the smaller one first"
                                        : "an index is a number",
                            seams.talk);
    }
    SectionChoice open{};
    if (!choose_sections(arguments.open, open, seams.talk)) {
        return ExitCode::kUsage;
    }
    QuerySource source;
    ExitCode code = open_query_source(arguments, seams, open != SectionChoice{}, source);
    if (code != ExitCode::kOk) {
        return code;
    }
    std::optional<PublicKey> identity = identity_of(source, seams.files);
    if (!identity) {
        seams.talk.error("the log's identity key is not known here");
        seams.talk.hint("give --trust FILE");
        return ExitCode::kCannotVerify;
    }
    NoteBook notes(*identity);
    code = read_anchors(arguments, seams, notes);
    if (code != ExitCode::kOk) {
        return code;
    }
    return consistency ? prove_consistency(*first, *second, source, notes, seams)
                       : prove_inclusion(*first, open, source, notes, seams);
}

}  // namespace llmtrail
