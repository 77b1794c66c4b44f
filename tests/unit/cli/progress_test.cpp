#include "cli/read_progress.h"
#include "command_case.h"

using namespace llmtrail;

namespace {

constexpr char kSegment[] = "/s/seg-00000000000000000001.lsp";

// Reads the segment in tenths, 100 ms each.
std::string shown(bool terminal) {
    CommandCase command;
    command.talk_text.terminal = terminal;
    command.files.files[kSegment].text.assign(1000, 'x');
    Talk talk(command.talk_text);
    {
        ReadProgress files("verifying", "/s",
                           CommandSeams{command.data, talk, command.inputs, command.files,
                                        command.clock, command.random, 0});
        auto file = files.open_readable(kSegment, false);
        REQUIRE(file);
        std::string piece(100, '\0');
        for (uint64_t offset = 0; offset < 1000; offset += 100) {
            command.clock.advance_millis(100);
            CHECK((*file)->read_at(offset, piece.data(), piece.size()).value() == 100);
        }
    }
    talk.say("done");
    CHECK(command.data.text.empty());
    return command.talk_text.text;
}

}  // namespace

TEST_CASE("on a terminal the share that was read stands on one line, which goes away") {
    const std::string clear = "\r\x1b[K";
    CHECK(shown(true) == clear + "verifying, 20 %" + clear + "verifying, 40 %" + clear +
                             "verifying, 60 %" + clear + "verifying, 80 %" + clear +
                             "verifying, 99 %" + clear + "done\n");
}

TEST_CASE("elsewhere nothing is shown") {
    CHECK(shown(false) == "done\n");
}
