#include "sample_logs.h"

#include "crafted_logs.h"
#include "sample_host.h"
#include "spool/local_keys.h"

namespace llmtrail {

namespace {

using Host = SampleHost;

constexpr size_t kLongText = 6000;  // more than a page

void one_segment(Host& host) {
    host.start();
    host.work(2);
    host.stop();
}

void stored(Host& host) {
    host.options.compression_level = 0;
    one_segment(host);
}

void three_segments(Host& host) {
    host.start();
    host.work();
    host.seal(SealReason::kSegmentEnd);
    host.work();
    host.seal(SealReason::kSegmentEnd);
    host.work();
    host.stop();
}

void generations(Host& host) {
    for (int i = 0; i < 4; ++i) {
        host.start();
        host.work(i % 2);
        host.stop();
    }
}

void only_started(Host& host) {
    host.start();
    host.die();
}

void open_tail(Host& host) {
    host.start();
    host.work(2);
    host.die();
}

void torn_tail(Host& host) {
    open_tail(host);
    host.cut(30);
}

void torn_header(Host& host) {
    open_tail(host);
    size_t whole = host.segment_bytes();
    host.start();
    host.batches(1);
    host.die();
    host.cut_to(whole % 300);
}

void recovered_whole(Host& host) {
    open_tail(host);
    host.start();
    host.work();
    host.stop();
}

void recovered_torn(Host& host) {
    torn_tail(host);
    host.start();
    host.work();
    host.stop();
}

// Three generations: closed, torn, closed; several segments each.
void mixed(Host& host) {
    three_segments(host);
    host.start();
    host.work();
    host.seal(SealReason::kSegmentEnd);
    host.work();
    host.die();
    host.cut(30);
    host.start();
    host.work();
    host.seal(SealReason::kSegmentEnd);
    host.work();
    host.stop();
}

void zero_pages(Host& host) {
    host.start();
    host.work(1, kLongText);
    host.batches(1, kLongText);
    size_t before = host.segment_bytes();
    host.batches(2, kLongText);
    host.die();
    host.zero_from(before + 100);
}

void recovered_zero_pages(Host& host) {
    zero_pages(host);
    host.start();
    host.work(1, kLongText);
    host.stop();
}

// Positions are clear: whole frames with zero pages, and a torn one with one.
void zeros_in_frames(Host& host) {
    host.start();
    host.batch_with_position(Bytes(3 * kLongText, '\0'));
    host.seal();
    host.batch_with_position(Bytes(3 * kLongText, '\0'));
    host.die();
    host.cut(100);
}

// A torn frame that holds the bytes of a whole one.
void frame_in_frame(Host& host) {
    host.start();
    host.work();
    host.batch_with_position(host.disk.content(host.segment_path(0)));
    host.die();
    host.cut(20);
}

// A start that died before its first frames were whole: the next one makes its segment void.
void void_segment(Host& host) {
    open_tail(host);
    host.start();
    host.die();
    host.cut_to(500);
    host.start();
    host.work();
    host.stop();
}

void void_header(Host& host) {
    open_tail(host);
    host.start();
    host.die();
    host.cut_to(200);
    host.start();
    host.work();
    host.stop();
}

// Longer than the shortest header, not as long as its own.
void void_long_header(Host& host) {
    open_tail(host);
    host.start();
    host.die();
    host.cut_to(440);
    host.start();
    host.work();
    host.stop();
}

void void_first(Host& host) {
    one_segment(host);
    make_void(host, must(load_local_keys(host.disk, host.options.key_directory)), 0);
}

void void_twice(Host& host) {
    void_segment(host);
    host.start();
    host.batches(1);
    host.die();
    host.cut(10);
    host.start();
    host.die();
    host.cut_to(470);
    host.start();
    host.die();
    host.cut_to(71);
    host.start();
    host.stop();
}

// The disk fails once while a batch is written; the writer goes on in a new generation.
void write_error(Host& host) {
    host.start();
    host.work();
    for (uint64_t i = 0; i < 3; ++i) {
        constexpr int kIoError = 5;
        host.disk.reset_count();
        host.disk.fail_operation(i, kIoError);
        if (!host.try_batch(40)) {
            must(host.try_batch(0));
        }
    }
    host.stop();
}

void damaged(Host& host) {
    host.start();
    host.work(2);
    host.die();
    Bytes content = host.disk.content(host.last_segment());
    content[content.size() - 200] = static_cast<char>(content[content.size() - 200] ^ 1);
    host.disk.put_file(host.last_segment(), content);
    host.start();
    host.work();
    host.stop();
}

void pruned(Host& host) {
    host.fill_and_age();
    must(host.writer->retain());
    host.work();
    host.stop();
}

// A generation with a torn end, and one that makes a segment void, are leaf files afterwards.
void pruned_recovery(Host& host) {
    recovered_torn(host);
    host.fill_and_age();
    must(host.writer->retain());
    host.work();
    host.stop();
}

// Power failed between the leaf file and the removal of its segment.
void pruning_interrupted(Host& host) {
    host.fill_and_age();
    Bytes first = host.disk.content(host.segment_path(0));
    must(host.writer->retain());
    host.die();
    host.disk.put_file(host.segment_path(0), first);
}

void pruned_twice(Host& host) {
    pruned(host);
    host.start();
    host.work();
    host.seal(SealReason::kSegmentEnd);
    host.age();
    must(host.writer->retain());
    host.stop();
}

void erased(Host& host) {
    host.fill();
    host.erase(0, 1, section_bit(Section::kPrompt));
    host.erase(1, 2, section_bit(Section::kSources) | section_bit(Section::kOutput));
    host.work();
    host.stop();
}

void recipients(Host& host) {
    host.add_recipient(Role::kAuditor);
    host.add_recipient(Role::kAnalyst);
    three_segments(host);
}

void erased_for_recipients(Host& host) {
    host.add_recipient(Role::kAuditor);
    host.fill();
    host.erase(0, 1, section_bit(Section::kPrompt));
    host.stop();
}

void later_after_stop(Host& host) {
    three_segments(host);
    work_as_later_version(host);
}

void later_after_torn(Host& host) {
    torn_tail(host);
    work_as_later_version(host);
}

// A start that died stands between the torn end and the later version.
void later_after_void(Host& host) {
    torn_tail(host);
    host.start();
    host.die();
    host.cut_to(200);
    work_as_later_version(host);
}

// After the later version one segment of this version, which another identity makes void.
void void_after_later(Host& host) {
    later_after_stop(host);
    Bytes first = host.disk.content(host.segment_path(0));
    host.disk.put_file(host.segment_path(4), first);
    make_void(host,
              must(load_or_make_local_keys(host.disk, host.random, std::string("/state/other"))),
              4);
}

// Few are asked, too many are not.
void few_announced(Host& host) {
    announce(host, 4);
}

void many_announced(Host& host) {
    announce(host, 40);
}

using History = void (*)(Host&);

const std::vector<std::pair<std::string, History>>& histories() {
    static const std::vector<std::pair<std::string, History>> all = {
        {"one_segment", one_segment},
        {"stored", stored},
        {"three_segments", three_segments},
        {"generations", generations},
        {"only_started", only_started},
        {"open_tail", open_tail},
        {"torn_tail", torn_tail},
        {"torn_header", torn_header},
        {"recovered_whole", recovered_whole},
        {"recovered_torn", recovered_torn},
        {"mixed", mixed},
        {"zero_pages", zero_pages},
        {"recovered_zero_pages", recovered_zero_pages},
        {"zeros_in_frames", zeros_in_frames},
        {"frame_in_frame", frame_in_frame},
        {"void_segment", void_segment},
        {"void_header", void_header},
        {"void_twice", void_twice},
        {"write_error", write_error},
        {"damaged", damaged},
        {"pruned", pruned},
        {"pruned_recovery", pruned_recovery},
        {"pruning_interrupted", pruning_interrupted},
        {"pruned_twice", pruned_twice},
        {"erased", erased},
        {"recipients", recipients},
        {"erased_for_recipients", erased_for_recipients},
        {"later_after_stop", later_after_stop},
        {"later_after_torn", later_after_torn},
        {"void_long_header", void_long_header},
        {"void_first", void_first},
        {"later_after_void", later_after_void},
        {"void_after_later", void_after_later},
        {"few_announced", few_announced},
        {"many_announced", many_announced},
    };
    return all;
}

}  // namespace

std::vector<std::string> sample_log_names() {
    std::vector<std::string> names;
    for (const auto& [name, history] : histories()) {
        names.push_back(name);
    }
    return names;
}

SampleLog make_sample_log(const std::string& name) {
    uint64_t seed = 1;
    for (const auto& [known, history] : histories()) {
        ++seed;
        if (known == name) {
            Host host(seed);
            history(host);
            return host.files(name);
        }
    }
    give_up("there is no log called " + name);
}

}  // namespace llmtrail
