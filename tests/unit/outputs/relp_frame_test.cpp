#include "outputs/relp_frame.h"

#include <doctest/doctest.h>

#include "fakes/fake_random.h"

using namespace llmtrail;

namespace {

// What a reader makes of `bytes`: its frames, then the error if there is one.
std::string read_all(std::string_view bytes, size_t piece = SIZE_MAX) {
    RelpReader reader;
    std::string found;
    while (!bytes.empty()) {
        reader.take(bytes.substr(0, piece));
        bytes.remove_prefix(std::min(piece, bytes.size()));
        for (;;) {
            auto frame = reader.next();
            if (!frame) {
                return found + "error: " + frame.error().message;
            }
            if (!*frame) {
                break;
            }
            found += std::to_string((*frame)->transaction) + "/" + (*frame)->command + "/" +
                     (*frame)->data + ";";
        }
    }
    return found;
}

}  // namespace

TEST_CASE("a frame is transaction, command, length in bytes, data and a line end") {
    std::string out;
    append_relp_frame(out, 1, "open", "a=b");
    append_relp_frame(out, 999'999'999, "syslog", "<13>\n\xC3\xA9");
    append_relp_frame(out, 2, "close", "");
    CHECK(out == "1 open 3 a=b\n999999999 syslog 7 <13>\n\xC3\xA9\n2 close 0\n");
    CHECK(read_all(out) == "1/open/a=b;999999999/syslog/<13>\n\xC3\xA9;2/close/;");
}

TEST_CASE("transaction numbers wrap to 1, never to 0") {
    CHECK(relp_after(1) == 2);
    CHECK(relp_after(999'999'998) == 999'999'999);
    CHECK(relp_after(999'999'999) == 1);
}

TEST_CASE("answers are read whatever pieces they come in") {
    std::string bytes;
    append_relp_frame(bytes, 1, "rsp",
                      "200 OK\nrelp_version=0\nrelp_software=librelp,1.11.0,"
                      "http://librelp.adiscon.com\ncommands=syslog");
    bytes += "2 rsp 6 200 OK\n3 rsp 0\n4 rsp 0 \n0 serverclose 0\n";
    std::string whole = read_all(bytes);
    CHECK(whole.ends_with(";2/rsp/200 OK;3/rsp/;4/rsp/;0/serverclose/;"));
    for (size_t piece : std::initializer_list<size_t>{1, 2, 3, 7, 50}) {
        CHECK(read_all(bytes, piece) == whole);
    }
}

TEST_CASE("what is no RELP is refused as soon as it can be told, and never kept") {
    for (std::string_view bytes :
         {"HTTP/1.1 400 Bad Request\r\n", "\n", " ", "1234567890", "-1 rsp 0\n", "1  rsp 0\n",
          "1 rsp x\n", "1 rsp 6x", "1 rsp 16385 ", "1 rsp 999999999 ", "1 rsp 1234567890",
          "1 rsp 3\nabc\n", "1 rsp 2 abc\n", "1 rsp! 0\n", "1\nrsp 0\n", "\x16\x03\x03",
          "1 rsp 0  \n", "1 abcdefghijklmnopqrstuvwxyzabcdefg"}) {
        CHECK_MESSAGE(read_all(bytes).starts_with("error: the receiver does not speak RELP"),
                      bytes);
        CHECK(read_all(bytes, 1) == read_all(bytes));
    }
    std::string endless(1 << 20, '7');
    CHECK(read_all(endless).starts_with("error: "));
}

TEST_CASE("no bytes make the reader keep more than one answer or stop the program") {
    FakeRandom random(5);
    constexpr std::string_view kLikely = "0123456789   \n\n rspserverclose200 OK";
    for (int round = 0; round < 20'000; ++round) {
        std::string bytes;
        for (uint64_t n = random.below(60); n > 0; --n) {
            bytes.push_back(random.below(9) == 0 ? static_cast<char>(random.below(256))
                                                 : kLikely[random.below(kLikely.size())]);
        }
        CHECK(read_all(bytes) == read_all(bytes, 1));
    }
}

TEST_CASE("a code is three digits at the front") {
    CHECK(relp_code("200 OK") == 200);
    CHECK(relp_code("200") == 200);
    CHECK(relp_code("500 no\nmore") == 500);
    CHECK(relp_code("200\ncommands=syslog") == 200);
    for (std::string_view bad : {"", "OK", "20 OK", "2000", "200x", "099 x", " 200", "-20"}) {
        CHECK_FALSE(relp_code(bad));
    }
}
