// The C++ half of the comparison of the two verifiers (see compare.py). Prints JSON lines:
//   mutant_verdicts mutants COUNT SEED   every sample log as {"base":...}, then COUNT mutants
//                                        as {"case":...}, each with this verifier's verdict
//   mutant_verdicts write NAME DIR       one sample log into DIR/spool and DIR/keys
//   mutant_verdicts hostile DIR          a log with a frame of the greatest size that its form
//                                        allows behind it, which no key seals
//   mutant_verdicts list                 names of the sample logs
// A mutant is told as what it changes: file -> [bytes kept at the front, bytes kept at the end,
// base64 of what stands between], or null for a file that is gone; "odd" names what is no regular
// file, or unreadable.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "base/hex.h"
#include "base/json_text.h"
#include "mutation.h"
#include "odd_files.h"
#include "sample_logs.h"
#include "spool/format.h"
#include "spool/frame.h"
#include "spool/segment_header.h"
#include "spool/verify.h"

using namespace llmtrail;

namespace {

constexpr const char* kSpool = "/state/spool";
constexpr const char* kKeys = "/state/keys";

struct Subject {
    SampleLog log;
    KeptCheckpoints kept;  // its last seal, as a SIEM would have it
};

VerifyReport judge(const Subject& subject, const LogFiles& spool, bool keys, bool anchor,
                   const OddFiles& odd = {}) {
    OddDisk disk;
    (void)disk.make_directories(kSpool, 0700);
    for (const auto& [name, bytes] : spool) {
        disk.put_file(std::string(kSpool) + "/" + name, bytes);
    }
    for (const auto& [name, kind] : odd) {
        disk.put_odd(std::string(kSpool) + "/" + name, kind);
    }
    for (const auto& [name, bytes] : subject.log.keys) {
        disk.put_file(std::string(kKeys) + "/" + name, bytes);
    }
    VerifyOptions options;
    options.directory = kSpool;
    options.key_directory = keys ? kKeys : "";
    options.trust_file = std::string(kKeys) + "/identity.pub";
    if (anchor) {
        options.kept = subject.kept;
    }
    return verify_spool(options, disk);
}

std::string json_string(std::string_view text) {
    std::string out;
    append_json_string(out, text);
    return out;
}

std::string files_json(const LogFiles& files) {
    std::string out = "{";
    for (const auto& [name, bytes] : files) {
        out +=
            (out.size() > 1 ? "," : "") + json_string(name) + ":" + json_string(to_base64(bytes));
    }
    return out + "}";
}

std::string verdict_json(const VerifyReport& report) {
    return "{\"verdict\":" + json_string(verdict_name(report.verdict)) +
           ",\"segment\":" + json_string(report.segment) +
           ",\"frame\":" + std::to_string(report.frame) +
           ",\"offset\":" + std::to_string(report.offset) +
           ",\"reason\":" + json_string(report.reason) + "}";
}

std::string odd_json(const OddFiles& odd) {
    std::string out = "{";
    for (const auto& [name, kind] : odd) {
        out += (out.size() > 1 ? "," : "") + json_string(name) + ":" +
               (kind == OddFile::kUnreadable ? "\"unreadable\"" : "\"irregular\"");
    }
    return out + "}";
}

std::string changed_json(const LogFiles& before, const LogFiles& after) {
    std::string out = "{";
    auto add = [&out](const std::string& name, const std::string& change) {
        out += (out.size() > 1 ? "," : "") + json_string(name) + ":" + change;
    };
    for (const auto& [name, bytes] : before) {
        if (after.count(name) == 0) {
            add(name, "null");
        }
    }
    for (const auto& [name, bytes] : after) {
        auto found = before.find(name);
        const Bytes old = found == before.end() ? Bytes() : found->second;
        if (found != before.end() && old == bytes) {
            continue;
        }
        size_t most = std::min(old.size(), bytes.size());
        size_t front = 0;
        while (front < most && old[front] == bytes[front]) {
            ++front;
        }
        size_t back = 0;
        while (back < most - front &&
               old[old.size() - 1 - back] == bytes[bytes.size() - 1 - back]) {
            ++back;
        }
        ByteView middle = ByteView(bytes).substr(front, bytes.size() - front - back);
        add(name, "[" + std::to_string(front) + "," + std::to_string(back) + "," +
                      json_string(to_base64(middle)) + "]");
    }
    return out + "}";
}

std::vector<Subject> subjects() {
    std::vector<Subject> made;
    for (const std::string& name : sample_log_names()) {
        Subject subject{make_sample_log(name), {}};
        VerifyReport report = judge(subject, subject.log.spool, false, false);
        if (report.seals > 0) {
            KeptCheckpoint kept;
            kept.tree_size = report.tree_size;
            Bytes root = from_hex(report.root_hex).value_or(Bytes(kept.root.size(), '\0'));
            std::copy(root.begin(), root.end(), kept.root.begin());
            subject.kept.list.push_back(kept);
            subject.kept.files = {"kept"};
        }
        std::string kept_json = "null";
        if (!subject.kept.list.empty()) {
            kept_json =
                "[" + std::to_string(report.tree_size) + "," + json_string(report.root_hex) + "]";
        }
        std::printf("{\"base\":%s,\"spool\":%s,\"keys\":%s,\"kept\":%s,\"expected\":%s}\n",
                    json_string(name).c_str(), files_json(subject.log.spool).c_str(),
                    files_json(subject.log.keys).c_str(), kept_json.c_str(),
                    verdict_json(judge(subject, subject.log.spool, true, false)).c_str());
        made.push_back(std::move(subject));
    }
    return made;
}

int print_mutants(uint64_t count, uint64_t seed) {
    std::vector<Subject> all = subjects();
    FakeRandom random(seed);
    for (uint64_t number = 0; number < count; ++number) {
        const Subject& subject = all[static_cast<size_t>(random.below(all.size()))];
        const Subject& strange = all[static_cast<size_t>(random.below(all.size()))];
        LogFiles files = subject.log.spool;
        std::string what = mutate(files, strange.log.spool, random);
        while (random.below(6) == 0 && !files.empty()) {
            what += "; " + mutate(files, strange.log.spool, random);
        }
        OddFiles odd;
        if (random.below(12) == 0) {
            files = random.below(2) == 0 ? subject.log.spool : files;
            what = (files == subject.log.spool ? "" : what + "; ") + put_odd(odd, files, random);
        }
        bool keys = random.below(2) == 0;
        bool anchor = random.below(2) == 0;
        std::printf(
            "{\"case\":%llu,\"base\":%s,\"what\":%s,\"keys\":%s,\"anchor\":%s,\"changed\":%s,"
            "\"odd\":%s,\"expected\":%s}\n",
            static_cast<unsigned long long>(number), json_string(subject.log.name).c_str(),
            json_string(what).c_str(), keys ? "true" : "false", anchor ? "true" : "false",
            changed_json(subject.log.spool, files).c_str(), odd_json(odd).c_str(),
            verdict_json(judge(subject, files, keys, anchor, odd)).c_str());
    }
    return 0;
}

// What a reader would keep of it: a clear body and one section at a time, each at its limit.
Bytes greatest_frame(ByteView segment) {
    FrameHeader header;
    Result<size_t> at = segment_header_size(segment);
    FrameView before;
    for (size_t from = at.value_or(segment.size());
         split_frame(segment.substr(from), before) == FrameFault::kNone;
         from += before.header.frame_bytes) {
        header.index = before.header.end_index();
        ++header.frame_no;
    }
    header.type = FrameType::kBatch;
    header.section_mask = 0x0F;
    header.leaf_count = kFrameRecordsMax;
    constexpr uint32_t kPositions = 19;  // each of the greatest value
    Bytes clear;
    put_u32(clear, kPositions);
    clear.append(kFrameRecordsMax * kDigestBytes, 'x');
    for (uint32_t i = 0; i < kPositions; ++i) {
        put_sized(clear, "key");
        put_sized(clear, Bytes(kPositionValueBytesMax, 'x'));
    }
    header.clear_bytes = static_cast<uint32_t>(clear.size());
    header.section_bytes.fill(kSealedSectionBytesMax);
    header.frame_bytes = static_cast<uint32_t>(kFrameHeaderBytes + clear.size() +
                                               kSectionCount * kSealedSectionBytesMax);
    Bytes frame;
    put_frame_header(frame, header);
    frame += clear;
    frame.resize(header.frame_bytes, 'x');
    finish_frame(frame, 0);
    return frame;
}

int write_log(const SampleLog& log, const std::filesystem::path& directory) {
    for (const auto& [folder, files] :
         {std::pair("spool", log.spool), std::pair("keys", log.keys)}) {
        std::filesystem::create_directories(directory / folder);
        for (const auto& [file, bytes] : files) {
            std::ofstream out(directory / folder / file, std::ios::binary);
            out.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
            if (!out.flush()) {
                return 1;
            }
        }
    }
    return 0;
}

}  // namespace

int main(int count, char** arguments) {
    std::vector<std::string> words(arguments + 1, arguments + count);
    if (words.size() == 3 && words[0] == "mutants") {
        return print_mutants(std::strtoull(words[1].c_str(), nullptr, 10),
                             std::strtoull(words[2].c_str(), nullptr, 10));
    }
    if (words.size() == 3 && words[0] == "write") {
        return write_log(make_sample_log(words[1]), words[2]);
    }
    if (words.size() == 2 && words[0] == "hostile") {
        SampleLog log = make_sample_log("open_tail");
        Bytes& segment = log.spool.at(segment_file_name(0));
        segment += greatest_frame(segment);
        return write_log(log, words[1]);
    }
    if (words.size() == 1 && words[0] == "list") {
        for (const std::string& name : sample_log_names()) {
            std::puts(name.c_str());
        }
        return 0;
    }
    std::fputs("usage: mutant_verdicts mutants COUNT SEED | write NAME DIR | hostile DIR | list\n",
               stderr);
    return 2;
}
