#include "sealing.h"

#include <zstd.h>

#include <memory>

#include "space.h"
#include "spool/format.h"
#include "spool/segment_file.h"

namespace llmtrail {

namespace {

constexpr size_t kFullBatch = 1024;
constexpr size_t kSmallBatch = 4;
constexpr int kLevel = 1;
constexpr int kRounds = 3;  // the cheapest counts: what else runs only adds

struct Cost {
    double micros = 0;  // of CPU, a record
    uint64_t syncs = 0;
    uint64_t records_bytes = 0;
    SpoolSpace space;
};

std::unique_ptr<SpoolWriter> open_spool(const std::string& directory, SpoolSeams seams) {
    SpoolOptions options{.directory = directory + "/spool",
                         .key_directory = directory + "/keys",
                         .min_free_bytes = 1};
    options.compression_level = kLevel;
    options.segment_bytes_max = kSegmentKeyBytesMax;
    if (auto made = seams.files.make_directories(directory, 0700); !made) {
        give_up(made.error());
    }
    auto spool = SpoolWriter::open(options, seams);
    if (!spool) {
        give_up(spool.error());
    }
    return std::move(*spool);
}

void commit(SpoolWriter& spool) {
    if (auto batch = spool.commit({}); !batch) {
        give_up(batch.error());
    }
}

void append(SpoolWriter& spool, const Encoded& record) {
    std::array<ByteView, kSectionCount> views;
    for (size_t s = 0; s < kSectionCount; ++s) {
        views[s] = record.sections[s];
    }
    spool.append(views);
}

// The sections of a batch, each behind its length and compressed as one: what any sealing must do.
Cost compress_alone(const std::vector<Encoded>& records, size_t batch) {
    std::unique_ptr<ZSTD_CCtx, decltype(&ZSTD_freeCCtx)> context(ZSTD_createCCtx(), ZSTD_freeCCtx);
    std::array<Bytes, kSectionCount> raw;
    Bytes out;
    double begun = cpu_seconds();
    for (size_t at = 0; at < records.size(); at += batch) {
        for (Bytes& section : raw) {
            section.clear();
        }
        for (size_t i = at; i < std::min(at + batch, records.size()); ++i) {
            for (size_t s = 0; s < kSectionCount; ++s) {
                put_sized(raw[s], records[i].sections[s]);
            }
        }
        for (const Bytes& section : raw) {
            out.resize(ZSTD_compressBound(section.size()));
            ZSTD_compressCCtx(context.get(), out.data(), out.size(), section.data(), section.size(),
                              kLevel);
        }
    }
    return {(cpu_seconds() - begun) / static_cast<double>(records.size()) * 1e6, 0, 0, {}};
}

Cost seal_all(const std::vector<Encoded>& records, size_t batch, const std::string& directory,
              SpoolSeams seams) {
    std::unique_ptr<SpoolWriter> spool = open_spool(directory, seams);
    Cost cost;
    uint64_t syncs = spool->syncs();
    double begun = cpu_seconds();
    for (const Encoded& record : records) {
        append(*spool, record);
        if (spool->batch_records() == batch || spool->batch_full()) {
            commit(*spool);
        }
        for (const Bytes& section : record.sections) {
            cost.records_bytes += section.size();
        }
    }
    if (spool->batch_records() > 0) {
        commit(*spool);
    }
    cost.micros = (cpu_seconds() - begun) / static_cast<double>(records.size()) * 1e6;
    cost.syncs = spool->syncs() - syncs;
    if (auto closed = spool->close(); !closed) {
        give_up(closed.error());
    }
    cost.space = measure_space(seams.files, directory + "/spool");
    return cost;
}

// What the format adds to the records: above the encrypted sections, and within them.
void print_space(const SpoolSpace& space, const std::vector<Encoded>& records) {
    uint64_t commitments = 0;
    for (const Encoded& record : records) {
        commitments += 1;
        for (size_t s = 1; s < kSectionCount; ++s) {
            commitments += record.sections[s].empty() ? 0 : kDigestBytes;
        }
    }
    auto each = [&](uint64_t bytes) {
        return static_cast<double>(bytes) / static_cast<double>(space.records);
    };
    std::printf("| ... bytes a record above the encrypted sections | %.1f | 40 |\n",
                space.above_sections());
    std::printf("| ... ... of them leaf tables and positions | %.1f | |\n",
                each(space.batch_clear_bytes));
    std::printf("| ... ... batches | %llu | |\n", static_cast<unsigned long long>(space.batches));
    std::printf("| ... bytes a record of commitments, within the envelope section | %.1f | |\n",
                each(commitments));
}

void compare(const std::vector<Encoded>& records, size_t batch, const std::string& work,
             SpoolSeams seams) {
    std::string directory = work + "/sealing-" + std::to_string(batch) + "-";
    Cost alone;
    Cost sealed;
    for (int round = 0; round < kRounds; ++round) {
        Cost zstd = compress_alone(records, batch);
        Cost seal = seal_all(records, batch, directory + std::to_string(round), seams);
        alone = round == 0 || zstd.micros < alone.micros ? zstd : alone;
        sealed = round == 0 || seal.micros < sealed.micros ? seal : sealed;
    }
    std::printf("| %zu records a batch: zstd alone, us/record | %.2f | |\n", batch, alone.micros);
    std::printf("| ... sealed, us/record | %.2f | %.2f |\n", sealed.micros, alone.micros + 6);
    print_space(sealed.space, records);
    std::printf(
        "| ... fdatasync calls per GB of records | %.0f | |\n",
        static_cast<double>(sealed.syncs) * 1e9 / static_cast<double>(sealed.records_bytes));
    std::fflush(stdout);
}

// A process dies when its open segment is nearly full; wall time of the next start.
void restart(const std::vector<Encoded>& records, const std::string& work, SpoolSeams seams) {
    constexpr uint64_t kRoomLeftBytes = uint64_t{2} << 20;
    std::string directory = work + "/sealing-restart";
    std::unique_ptr<SpoolWriter> spool = open_spool(directory, seams);
    Encoded record = records.front();
    Bytes& incompressible = record.sections[index_of(Section::kOutput)];
    incompressible.resize(size_t{16} << 10);
    uint64_t stored = spool->stored_bytes();
    while (spool->stored_bytes() - stored < kSegmentKeyBytesMax - kRoomLeftBytes) {
        if (auto filled = seams.random.fill(incompressible.data(), incompressible.size());
            !filled) {
            give_up(filled.error());
        }
        append(*spool, record);
        if (spool->batch_full()) {
            commit(*spool);
        }
    }
    uint64_t first = 0;
    auto open_bytes = seams.files.info(directory + "/spool/" + segment_file_name(first), false);
    spool.reset();
    MonotonicNanos begun = seams.clock.monotonic_now();
    spool = open_spool(directory, seams);
    double seconds = static_cast<double>(seams.clock.monotonic_now().value - begun.value) / 1e9;
    std::printf("| restart at an open segment of %.1f MiB, s | %.2f | 1 |\n",
                open_bytes ? static_cast<double>(open_bytes->size_bytes) / (1 << 20) : 0, seconds);
    if (auto closed = spool->close(); !closed) {
        give_up(closed.error());
    }
}

}  // namespace

void print_sealing(const std::vector<Encoded>& records, const std::string& work, SpoolSeams seams) {
    std::printf("\n| sealing | value | bar |\n|---|---|---|\n");
    compare(records, kFullBatch, work, seams);
    compare(records, kSmallBatch, work, seams);
    restart(records, work, seams);
}

}  // namespace llmtrail
