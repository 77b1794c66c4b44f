// What the stages of bench_stages share: CPU time, a row of the table, records as the spool takes
// them. One thread; what fails ends the program.
#pragma once

#include <sys/resource.h>

#include <array>
#include <cstdio>
#include <cstdlib>

#include "base/result.h"
#include "base/section.h"
#include "platform/clock.h"

namespace llmtrail {

inline double cpu_seconds() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    auto seconds = [](const timeval& t) {
        return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
    };
    return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

class Stage {
 public:
    Stage(const char* name, Clock& clock)
        : name_(name), clock_(clock), wall_(clock.monotonic_now()), cpu_(cpu_seconds()) {}

    void end(size_t bytes, size_t records) {
        double wall = static_cast<double>(clock_.monotonic_now().value - wall_.value) / 1e9;
        double cpu = cpu_seconds() - cpu_;
        double size = static_cast<double>(bytes);
        std::printf("| %s | %.0f | %.2f | %.2f |\n", name_, size / wall / 1e6, cpu / size * 1e9,
                    cpu / static_cast<double>(records) * 1e6);
        std::fflush(stdout);
    }

 private:
    const char* name_;
    Clock& clock_;
    MonotonicNanos wall_;
    double cpu_;
};

struct Encoded {
    std::array<Bytes, kSectionCount> sections;
};

[[noreturn]] inline void give_up(const Error& error) {
    std::fprintf(stderr, "bench_stages: %s\n", error.message.c_str());
    std::exit(1);
}

}  // namespace llmtrail
