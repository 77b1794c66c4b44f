// One host whose applications log a little: a disk in memory, a clock, and the real writer on it.
// What sample_logs tells histories with; one thread. What fails ends the program: it is a defect of
// the history.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <utility>

#include "fakes/fake_clock.h"
#include "fakes/fake_disk.h"
#include "fakes/fake_random.h"
#include "sample_logs.h"
#include "spool/role_key.h"
#include "spool/spool.h"

namespace llmtrail {

[[noreturn]] inline void give_up(const std::string& what) {
    std::fprintf(stderr, "sample log: %s\n", what.c_str());
    std::exit(1);
}

template <typename T>
T must(Result<T> result) {
    if (!result) {
        give_up(result.error().message);
    }
    if constexpr (!std::is_void_v<T>) {
        return std::move(*result);
    }
}

inline const std::string kSamplePassphrase = "correct horse battery staple";

class SampleHost {
 public:
    explicit SampleHost(uint64_t seed) : random(seed), shapes(seed * 7 + 1) {
        options.directory = "/state/spool";
        options.key_directory = "/state/keys";
        options.max_size_bytes = uint64_t{64} << 20;
        options.min_free_bytes = 0;
        options.segment_bytes_max = uint64_t{1} << 20;
    }

    void start() { writer = must(SpoolWriter::open(options, {disk, clock, random})); }

    void stop() {
        must(writer->close());
        writer.reset();
    }

    void die() { writer.reset(); }

    Result<void> try_batch(size_t text_bytes) {
        uint64_t records = 1 + shapes.below(3);
        for (uint64_t i = 0; i < records; ++i) {
            std::string name = "turn " + std::to_string(turn_) + "." + std::to_string(i);
            std::string prompt = shapes.below(4) != 0 ? "asks " + name : "";
            std::string sources = shapes.below(3) == 0 ? "source of " + name : "";
            std::string output = shapes.below(4) != 0 ? text(text_bytes) : "";
            writer->append({"envelope of " + name, prompt, sources, output});
        }
        ++turn_;
        auto batch = writer->commit({{"source", "at " + std::to_string(turn_)}});
        clock.advance_millis(20);
        return batch ? Result<void>{} : Result<void>(fail(batch.error()));
    }

    void batches(int count, size_t text_bytes = 40) {
        for (int i = 0; i < count; ++i) {
            must(try_batch(text_bytes));
        }
    }

    // One record and a position that the host's logs chose the value of.
    void batch_with_position(const Bytes& value) {
        writer->append({"envelope", "", "", ""});
        must(writer->commit({{"source", value}}));
    }

    void seal(SealReason reason = SealReason::kInterval) {
        writer->note_cursors({{"soc", writer->next_index()}});
        writer->note_ledger("ledger " + std::to_string(turn_));
        must(writer->seal(reason));
    }

    // Batches and seals in turn; the last batches are not sealed.
    void work(int seals = 1, size_t text_bytes = 40) {
        for (int i = 0; i < seals; ++i) {
            batches(1, text_bytes);
            seal();
        }
        batches(1, text_bytes);
    }

    std::string last_segment() const {
        std::string last;
        for (const std::string& name : disk.names(options.directory)) {
            last = name.ends_with(".lsp") ? options.directory + "/" + name : last;
        }
        return last;
    }

    void cut(size_t bytes) {
        Bytes content = disk.content(last_segment());
        disk.put_file(last_segment(), content.substr(0, content.size() - bytes));
    }

    void cut_to(size_t bytes) {
        disk.put_file(last_segment(), disk.content(last_segment()).substr(0, bytes));
    }

    void zero_from(size_t offset) {
        Bytes content = disk.content(last_segment());
        disk.put_file(last_segment(),
                      content.substr(0, offset) + Bytes(content.size() - offset, '\0'));
    }

    std::string segment_path(uint64_t number) const {
        char name[40];
        std::snprintf(name, sizeof name, "/seg-%020llu.lsp",
                      static_cast<unsigned long long>(number));
        return options.directory + name;
    }

    // Four segments, confirmed.
    void fill() {
        options.retention.required_outputs = {"soc"};
        options.retention.max_age_ms = 60'000;
        start();
        for (int i = 0; i < 4; ++i) {
            work();
            seal(SealReason::kSegmentEnd);
        }
        writer->note_cursors({{"soc", writer->next_index()}});
    }

    // And vouched for, and old enough to go.
    void fill_and_age() {
        fill();
        age();
    }

    void age() {
        clock.advance_millis(120'000);
        writer->note_cursors({{"soc", writer->next_index()}});
        writer->note_coverage({writer->next_index(), "anchor of soc"});
    }

    void erase(uint64_t first, uint64_t last, uint8_t sections) {
        must(writer->erase({first, last, sections, "request 17", "privacy office"}));
    }

    void add_recipient(Role role) {
        RoleKey key = must(RoleKey::generate(role, random));
        options.recipients.push_back(key.recipient());
        Secret passphrase = Secret::copy_of(kSamplePassphrase);
        disk.put_file(options.key_directory + "/" + std::string(role_name(role)) + ".key",
                      must(key.protect(passphrase, random)));
        disk.put_file(options.key_directory + "/passphrase", kSamplePassphrase + "\n");
    }

    size_t segment_bytes() const { return disk.content(last_segment()).size(); }

    SampleLog files(const std::string& name) const {
        SampleLog log{name, {}, {}};
        for (const std::string& file : disk.names(options.directory)) {
            log.spool[file] = disk.content(options.directory + "/" + file);
        }
        for (const std::string& file : disk.names(options.key_directory)) {
            log.keys[file] = disk.content(options.key_directory + "/" + file);
        }
        return log;
    }

    FakeDisk disk;
    FakeClock clock;
    FakeRandom random;
    FakeRandom shapes;
    SpoolOptions options;
    std::unique_ptr<SpoolWriter> writer;

 private:
    std::string text(size_t bytes) {
        std::string made = "answer " + std::to_string(turn_) + " ";
        for (uint64_t i = shapes.below(bytes + 1); i > 0; --i) {
            made += static_cast<char>('a' + shapes.below(26));
        }
        return made;
    }

    uint64_t turn_ = 0;
};

}  // namespace llmtrail
