// bench_stages FILE.jsonl WORK_DIR: each stage of the pipeline alone on one thread, over the same
// input. Prints a table row a stage: MB/s and CPU seconds per GB of input, microseconds a record;
// then what sealing costs beside zstd (sealing.h), and verifying beside the libraries
// (verifying.h).
#include <array>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "base/limits.h"
#include "format/formatter.h"
#include "parsers/parser.h"
#include "platform/posix.h"
#include "record/record_codec.h"
#include "sealing.h"
#include "spool/spool.h"
#include "stage.h"
#include "tail/document_splitter.h"
#include "verifying.h"

using namespace llmtrail;

namespace {

class EncodingSink : public RecordSink {
 public:
    AuditRecord& begin() override {
        record.clear();
        return record;
    }

    void commit() override {
        ++records;
        if (encoded != nullptr) {
            encoded->emplace_back();
            encode_record(record, encoded->back().sections);
        }
    }

    AuditRecord record;
    size_t records = 0;
    std::vector<Encoded>* encoded = nullptr;
};

constexpr size_t kReadBytes = size_t{256} << 10;

void split_stage(const std::string& path, FileSystem& files, Clock& clock) {
    Stage stage("read and split", clock);
    auto file = files.open_readable(path, true);
    if (!file) {
        give_up(file.error());
    }
    DocumentSplitter splitter(0, kDocumentBytesMaxDefault);
    Bytes buffer(kReadBytes, '\0');
    size_t documents = 0;
    uint64_t bytes = 0;
    for (;;) {
        Result<size_t> got = (*file)->read_at(splitter.wants(), buffer.data(), buffer.size());
        if (!got || *got == 0) {
            break;
        }
        uint64_t at = splitter.wants();
        while (at <= splitter.wants() && splitter.wants() <= at + *got) {
            auto span = splitter.next(
                ByteView(buffer).substr(splitter.wants() - at, *got - (splitter.wants() - at)));
            if (!span) {
                break;
            }
            ++documents;
            bytes = span->end;
        }
    }
    stage.end(bytes, documents);
}

std::vector<std::string_view> lines_of(ByteView text) {
    std::vector<std::string_view> lines;
    for (size_t at = 0, end = text.find('\n'); end != ByteView::npos;
         at = end + 1, end = text.find('\n', at)) {
        lines.push_back(text.substr(at, end - at));
    }
    return lines;
}

size_t parse_stage(const std::vector<std::string_view>& lines, size_t bytes, Clock& clock,
                   std::vector<Encoded>* encoded) {
    auto reader = DocumentReader::make("auto", {}, 0);
    if (!reader) {
        give_up(reader.error());
    }
    EncodingSink sink;
    sink.encoded = encoded;
    UnixNanos now = clock.wall_now();
    Stage stage("parse to records", clock);
    for (std::string_view line : lines) {
        (*reader)->read({.bytes = line,
                         .padded = true,
                         .truncated = false,
                         .full_size_bytes = line.size(),
                         .observed = now},
                        sink);
    }
    if (encoded == nullptr) {
        stage.end(bytes, sink.records);
    }
    return sink.records;
}

std::string stage_directory(const std::string& work, int compression) {
    return work + "/stages-" + std::to_string(compression);
}

void seal_stage(const char* name, int compression, const std::vector<Encoded>& encoded,
                size_t bytes, const std::string& work, SpoolSeams seams) {
    std::string directory = stage_directory(work, compression);
    SpoolOptions options{.directory = directory + "/spool",
                         .key_directory = directory + "/keys",
                         .min_free_bytes = 1};
    options.compression_level = compression;
    if (auto made = seams.files.make_directories(directory, 0700); !made) {
        give_up(made.error());
    }
    auto spool = SpoolWriter::open(options, seams);
    if (!spool) {
        give_up(spool.error());
    }
    Stage stage(name, seams.clock);
    uint64_t syncs = (*spool)->syncs();
    uint64_t before = (*spool)->stored_bytes();
    auto commit = [&] {
        if (auto batch = (*spool)->commit({}); !batch) {
            give_up(batch.error());
        }
    };
    for (const Encoded& record : encoded) {
        std::array<ByteView, kSectionCount> views;
        for (size_t s = 0; s < kSectionCount; ++s) {
            views[s] = record.sections[s];
        }
        (*spool)->append(views);
        if ((*spool)->batch_full()) {
            commit();
        }
    }
    if ((*spool)->batch_records() > 0) {
        commit();
    }
    stage.end(bytes, encoded.size());
    std::printf(
        "| ... syncs %llu, spool/input | %.3f | | |\n",
        static_cast<unsigned long long>((*spool)->syncs() - syncs),
        static_cast<double>((*spool)->stored_bytes() - before) / static_cast<double>(bytes));
    if (auto closed = (*spool)->close(); !closed) {
        give_up(closed.error());
    }
}

void format_stage(const std::vector<Encoded>& encoded, size_t bytes, Clock& clock) {
    auto formatter = make_cef_formatter({.host_id = "0123456789abcdef",
                                         .host_name = "bench",
                                         .event_bytes_max = 8000,
                                         .prompt_preview_characters = 256,
                                         .response_preview_characters = 256});
    Bytes digest(32, 'd');
    SpoolReference reference{.index = 1,
                             .leaf = digest,
                             .commitments = {digest, digest, digest, digest},
                             .event_id = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"};
    AuditRecord record;
    std::string out;
    size_t out_bytes = 0;
    Stage stage("decode and format CEF", clock);
    for (const Encoded& one : encoded) {
        record.clear();
        for (Section section : kSections) {
            (void)decode_section(one.sections[static_cast<size_t>(section)], section, record);
        }
        out.clear();
        formatter->format(record, reference, out);
        out_bytes += out.size();
    }
    stage.end(bytes, encoded.size());
    std::printf("| ... bytes an event | %zu | | |\n", out_bytes / encoded.size());
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 3) {
        std::fprintf(stderr, "usage: bench_stages FILE WORK_DIR\n");
        return 2;
    }
    auto clock = make_posix_clock();
    auto files = make_posix_file_system();
    auto random = make_posix_random();
    std::printf("| stage | MB/s | CPU s/GB | us/record |\n|---|---|---|---|\n");
    split_stage(argv[1], *files, *clock);
    auto text = files->read_file(argv[1], size_t{1} << 30);
    if (!text) {
        give_up(text.error());
    }
    size_t bytes = text->size();
    text->append(kDocumentPaddingBytes, '\0');
    auto lines = lines_of(*text);
    parse_stage(lines, bytes, *clock, nullptr);
    std::vector<Encoded> encoded;
    parse_stage(lines, bytes, *clock, &encoded);
    SpoolSeams seams{*files, *clock, *random};
    seal_stage("seal, zstd 1, synced", 1, encoded, bytes, argv[2], seams);
    seal_stage("seal, no compression, synced", 0, encoded, bytes, argv[2], seams);
    format_stage(encoded, bytes, *clock);
    print_sealing(encoded, argv[2], seams);
    for (int compression : {1, 0}) {
        print_verifying(encoded, compression, stage_directory(argv[2], compression), seams);
    }
    return 0;
}
