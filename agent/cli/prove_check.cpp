#include "cli/prove_check.h"

#include "base/hex.h"
#include "base/json_text.h"
#include "base/utf8.h"
#include "cli/query_source.h"
#include "query/found_record.h"
#include "query/proof.h"
#include "record/record_codec.h"
#include "spool/local_keys.h"

namespace llmtrail {

namespace {

ExitCode code_of(ProofVerdict verdict) {
    switch (verdict) {
        case ProofVerdict::kHolds:
            return ExitCode::kOk;
        case ProofVerdict::kDoesNotHold:
            return ExitCode::kTampered;
        case ProofVerdict::kCannotCheck:
            return ExitCode::kCannotVerify;
    }
    return ExitCode::kCannotVerify;
}

// What the openings say, as a record; nothing when they are no record's.
std::optional<AuditRecord> opened_record(const RecordPreimage& preimage) {
    AuditRecord record;
    for (Section section : kSections) {
        const auto& opening = preimage.opened[static_cast<size_t>(section)];
        if (opening && !decode_section(opening->bytes, section, record)) {
            return std::nullopt;
        }
    }
    return record;
}

void append_inclusion_text(const InclusionProof& proof, bool holds, std::string& text) {
    text += "leaf: " + std::to_string(proof.index) + "\n";
    Digest leaf = leaf_of(proof);
    text += "event.id: " + event_id_of(leaf) + "\n";
    text += "leaf hash: " + to_hex(view(leaf)) + "\n";
    const auto* preimage = std::get_if<RecordPreimage>(&proof.preimage);
    if (preimage == nullptr) {
        text += std::holds_alternative<FramePreimage>(proof.preimage)
                    ? "it is a control frame\n"
                    : "only the leaf is known: compare it with the event's\n";
        return;
    }
    // What does not hold is not shown.
    std::optional<AuditRecord> record = holds ? opened_record(*preimage) : std::nullopt;
    for (Section section : kSections) {
        size_t s = static_cast<size_t>(section);
        std::string_view state = preimage->opened[s]                    ? "opened here"
                                 : preimage->commitments[s] == Digest{} ? "empty"
                                                                        : "not opened";
        text.append(section_name(section)).append(": ").append(state).append("\n");
        if (preimage->opened[s] && record) {
            append_fields(text, *record, section);
        } else if (preimage->opened[s] && holds) {
            text += "  bytes that are no record's: " +
                    std::to_string(preimage->opened[s]->bytes.size()) + "\n";
        }
    }
}

std::string as_text(const ProofReport& report) {
    std::string text = std::string(proof_verdict_name(report.verdict)) + "\n";
    text += "reason: " + terminal_safe(report.reason) + "\n";
    if (!report.proof) {
        return text;
    }
    if (report.old_size > 0) {
        text += "older tree: " + std::to_string(report.old_size) + " leaves\n";
    }
    if (report.tree_size > 0) {
        text += "tree: " + std::to_string(report.tree_size) + " leaves\n";
    }
    if (const auto* inclusion = std::get_if<InclusionProof>(&*report.proof)) {
        append_inclusion_text(*inclusion, report.verdict == ProofVerdict::kHolds, text);
    }
    return text;
}

void append_inclusion_json(const InclusionProof& proof, bool holds, std::string& json) {
    Digest leaf = leaf_of(proof);
    json += ",\"index\":" + std::to_string(proof.index) + ",\"event.id\":\"" + event_id_of(leaf) +
            "\",\"leaf\":\"" + to_hex(view(leaf)) + "\"";
    const auto* preimage = std::get_if<RecordPreimage>(&proof.preimage);
    std::optional<AuditRecord> record =
        holds && preimage != nullptr ? opened_record(*preimage) : std::nullopt;
    if (record) {
        json += ",\"record\":";
        append_record_json(json, *record, "");
    }
}

std::string as_json(const ProofReport& report) {
    std::string json =
        "{\"verdict\":\"" + std::string(proof_verdict_name(report.verdict)) + "\",\"reason\":";
    append_json_string(json, report.reason);
    if (report.tree_size > 0) {
        json += ",\"tree_size\":" + std::to_string(report.tree_size);
    }
    if (report.old_size > 0) {
        json += ",\"old_size\":" + std::to_string(report.old_size);
    }
    if (report.proof) {
        if (const auto* inclusion = std::get_if<InclusionProof>(&*report.proof)) {
            append_inclusion_json(*inclusion, report.verdict == ProofVerdict::kHolds, json);
        }
    }
    return json + "}\n";
}

}  // namespace

ExitCode check_proof_file(const ProveArguments& arguments, CommandSeams seams) {
    if (arguments.trust.empty()) {
        seams.talk.error("a proof is checked against a key that you trust");
        seams.talk.hint("give --trust FILE with the log's identity.pub");
        return ExitCode::kUsage;
    }
    Result<PublicKey> trusted = read_public_key(seams.files, absolute_path(arguments.trust));
    if (!trusted) {
        return seams.talk.refuse(
            std::move(trusted).error().with_context("reading the trusted key"));
    }
    Result<Bytes> text = seams.files.read_file(absolute_path(arguments.check), kProofBytesMax);
    if (!text) {
        return seams.talk.refuse(std::move(text).error().with_context("reading the proof"));
    }
    ProofReport report = check_proof(*text, *trusted);
    Result<void> written = arguments.json ? write_line(as_json(report), seams.data)
                                          : seams.data.write(as_text(report));
    return written ? code_of(report.verdict) : seams.talk.refuse(written.error());
}

}  // namespace llmtrail
