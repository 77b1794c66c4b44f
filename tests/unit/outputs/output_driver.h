// Plays the deliver thread for one output: offers events in index order, goes back when told, moves
// a clock by hand.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "fakes/fake_clock.h"
#include "outputs/output.h"

namespace llmtrail {

class OutputDriver {
 public:
    explicit OutputDriver(Output& to, uint64_t count, size_t text_bytes = 40)
        : output(to), count_(count), text_bytes_(text_bytes) {}

    static std::string text_of(uint64_t index, size_t bytes) {
        std::string text =
            "CEF:0|llmtrail|agent|0|100|n|1|externalId=" + std::to_string(index) + " msg=";
        text.append(bytes, 'x');
        return text;
    }

    // One turn: offer what is taken, work, and pass a little time.
    void turn(int64_t millis = 5) {
        output.work(clock.monotonic);
        uint64_t from = 0;
        if (output.take_rewind(from)) {
            rewinds.push_back(from);
            next = from;
        }
        while (next < count_ && offer(next)) {
            ++next;
        }
        output.work(clock.monotonic);
        clock.advance_millis(millis);
    }

    bool offer(uint64_t index) {
        std::string text = text_of(index, text_bytes_);
        OutputEvent event;
        event.index = index;
        event.event_id = "id";
        event.text = text;
        event.syslog_severity = 6;
        event.event_time_ns = 1'767'225'600'123'456'789;
        event.event_class = 100;
        return output.offer(event);
    }

    bool run_until_confirmed(int turns_max = 20'000) {
        while (output.confirmed_end() < count_ && turns_max-- > 0) {
            turn();
        }
        return output.confirmed_end() >= count_;
    }

    Output& output;
    FakeClock clock;
    uint64_t next = 0;
    std::vector<uint64_t> rewinds;

 private:
    uint64_t count_;
    size_t text_bytes_;
};

// Splits octet-counted frames; a torn last frame is left out, anything else wrong ends the list
// with "BROKEN".
inline std::vector<std::string> octet_frames(std::string_view bytes) {
    std::vector<std::string> frames;
    while (!bytes.empty()) {
        size_t space = bytes.find(' ');
        if (space == std::string_view::npos) {
            break;
        }
        size_t size = 0;
        for (char c : bytes.substr(0, space)) {
            if (c < '0' || c > '9') {
                frames.push_back("BROKEN");
                return frames;
            }
            size = size * 10 + static_cast<size_t>(c - '0');
        }
        if (bytes.size() < space + 1 + size) {
            break;
        }
        frames.emplace_back(bytes.substr(space + 1, size));
        bytes.remove_prefix(space + 1 + size);
    }
    return frames;
}

inline uint64_t index_in(std::string_view frame) {
    size_t at = frame.find("externalId=");
    return at == std::string_view::npos ? UINT64_MAX
                                        : std::stoull(std::string(frame.substr(at + 11)));
}

}  // namespace llmtrail
