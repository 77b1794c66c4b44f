// What a person reads of a status, and what the command says when nobody answers.
#include <doctest/doctest.h>

#include "cli/status_report.h"
#include "command_case.h"

using namespace llmtrail;

TEST_CASE("a healthy agent is told in a line a source and an output") {
    std::string text =
        describe_status(
            R"({"version":"1.2","now":"2026-03-01T14:00:00Z","started":"2026-03-01T11:00:00Z","generation":3,)"
            R"("spool_directory":"/s","log_size":6,)"
            R"("spool":{"path":"/s","bytes":1288490189,"max_bytes":10737418240,"free_bytes":59055800320,"min_free_bytes":1073741824},)"
            R"("anchors":{"state":"anchored","holder":"soc","sealed_size":6,"root":"5a5b","anchored_size":5,"unanchored_seconds":3},)"
            R"("sources":[{"id":"app","lag_bytes":0,"documents":4,"records":5,"rejected":0,"balances":true}],)"
            R"("outputs":[{"id":"soc","state":"up","tls_server_not_after":"2027-03-01T00:00:00Z","tls_client_not_after":"2026-05-06T07:08:09Z","confirmation":"acknowledged","confirmed":5,"pending":1,"balances":true}]})")
            .value();
    CHECK(text ==
          "llmtrail          version 1.2, generation 3, up 3 h\n"
          "source app        up to date; 4 documents, 5 records, 0 rejected\n"
          "log               6 records, 6 sealed, 5 anchored by soc; unanchored for 3 s\n"
          "chain head        5a5b of 6 sealed\n"
          "spool             1.2 GiB of 10.0 GiB, 55.0 GiB free (1.0 GiB stay free); /s\n"
          "output soc        up; its certificate ends 2027-03-01; ours ends 2026-05-06; "
          "5 acknowledged, 1 waiting in the spool\n");
}

TEST_CASE("what is wrong is told, and nothing of it reaches the terminal raw") {
    std::string text =
        describe_status(
            R"({"generation":1,"sources":[{"id":"a\u001b[2J","lag_bytes":1572864,"lost_bytes":5,"unreadable_files":2,"balances":false}],)"
            R"("outputs":[{"id":"soc","state":"down","last_error":"refused\n\u009b31m","confirmation":"sent","pending":9,"dead_lettered":3,"dropped":4,"balances":true}]})")
            .value();
    CHECK(text.find('\x1b') == std::string::npos);
    CHECK(text.find("\xc2\x9b") == std::string::npos);
    CHECK(std::count(text.begin(), text.end(), '\n') == 5);
    for (const char* words :
         {"1.5 MiB behind", "5 bytes LOST", "2 files or folders cannot be read",
          "THE LEDGER DOES NOT BALANCE", "down, refused", "9 waiting", "3 REFUSED", "4 REMOVED"}) {
        CAPTURE(words);
        CHECK(text.find(words) != std::string::npos);
    }
}

TEST_CASE("the spool is told as far as the answer has it") {
    std::string older = describe_status(R"({"generation":1,"spool_directory":"/s"})").value();
    CHECK(contains(older, "spool             /s\n"));
    CHECK_FALSE(contains(older, "chain head"));
    std::string unread =
        describe_status(
            R"({"generation":1,"spool_directory":"/s","spool":{"path":"/s","max_bytes":9,"min_free_bytes":1}})")
            .value();
    CHECK(contains(unread, "spool             CANNOT BE READ; /s\n"));
}

TEST_CASE("an agent without a source says what to do next") {
    std::string text = describe_status(R"({"generation":1,"sources":[],"outputs":[]})").value();
    CHECK(text.find("No source is configured") != std::string::npos);
    CHECK(text.find("llmtrail check") != std::string::npos);
}

TEST_CASE("what is no status is refused") {
    for (const char* json : {"", "[]", "{}", "{\"generation\":", "null", "\xff"}) {
        CAPTURE(json);
        CHECK_FALSE(describe_status(json));
    }
}

TEST_CASE("nobody there is an error with what to look at") {
    CommandCase host;
    CHECK(host.run({"status", "--socket", "/no/such/socket"}) == ExitCode::kIo);
    CHECK(contains(host.talk_text.text, "systemctl status llmtrail"));
}
