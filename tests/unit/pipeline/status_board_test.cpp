#include "pipeline/status_board.h"

#include <doctest/doctest.h>

using namespace llmtrail;

namespace {

AgentStatus busy_agent() {
    AgentStatus status;
    status.generation = 3;
    status.started = UnixNanos{1'772'362'800'000'000'000};
    status.spool_directory = "/s";
    status.spool_limits = {1000, 200};
    SourceStatus source;
    source.totals.id = "app";
    source.totals.read_bytes = 100;
    source.totals.record_bytes = 90;
    source.totals.skipped_bytes = 10;
    source.totals.documents = 4;
    source.totals.records = 5;
    source.lag_bytes = 77;
    status.intake.sources = {source};
    status.intake.log_size = 6;
    status.intake.sealed_root.fill('\x5a');
    status.intake.anchors = {"not anchored", "", 0, 5, 1500, 0};
    status.configuration = {2,
                            "\xab\x01",
                            UnixNanos{1'772'362'830'000'000'000},
                            "refused",
                            UnixNanos{1'772'362'840'000'000'000},
                            "\xcd",
                            "no"};
    OutputStatus output;
    output.totals.id = "soc";
    output.totals.confirmation = "sent";
    output.totals.spooled = 6;
    output.totals.pending = 5;
    output.health = OutputHealth::kBackingOff;
    output.last_error = "no \x1b[31m way \xff";
    output.certificate_ends = {UnixNanos{1'803'859'200'000'000'000}, std::nullopt};
    status.outputs = {output};
    return status;
}

SpoolUsage some_usage() {
    SpoolUsage usage;
    usage.payload_bytes = 40;
    usage.leaf_bytes = 2;
    usage.free_bytes = 500;
    return usage;
}

}  // namespace

TEST_CASE("the status is one line of JSON, in the order of its page") {
    std::string json =
        status_json(busy_agent(), some_usage(), UnixNanos{1'772'362'860'000'000'001});
    CHECK(json ==
          "{\"version\":\"" LLMTRAIL_VERSION
          "\",\"now\":\"2026-03-01T11:01:00.000000001Z\","
          "\"started\":\"2026-03-01T11:00:00.000000000Z\",\"generation\":3,"
          "\"spool_directory\":\"/s\","
          "\"spool\":{\"path\":\"/s\",\"bytes\":42,\"max_bytes\":1000,\"free_bytes\":500,"
          "\"min_free_bytes\":200},\"log_size\":6,"
          "\"configuration\":{\"generation\":2,\"digest\":\"ab01\","
          "\"since\":\"2026-03-01T11:00:30.000000000Z\",\"last_reload\":{\"verdict\":\"refused\","
          "\"at\":\"2026-03-01T11:00:40.000000000Z\",\"digest\":\"cd\",\"error\":\"no\"}},"
          "\"anchors\":{\"state\":\"not anchored\",\"holder\":\"\",\"sealed_size\":5,"
          "\"root\":\"5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a\","
          "\"anchored_size\":0,\"unanchored_seconds\":2},"
          "\"sources\":[{\"id\":\"app\",\"lag_bytes\":77,\"documents\":4,\"records\":5,"
          "\"rejected\":0,\"read_bytes\":100,\"record_bytes\":90,\"rejected_bytes\":0,"
          "\"skipped_bytes\":10,\"lost_bytes\":0,\"unreadable_files\":0,\"balances\":true}],"
          "\"outputs\":[{\"id\":\"soc\",\"state\":\"down\","
          "\"last_error\":\"no \\u001b[31m way \xef\xbf\xbd\","
          "\"tls_server_not_after\":\"2027-03-01T00:00:00.000000000Z\",\"confirmation\":\"sent\","
          "\"backlog\":0,\"spooled\":6,\"confirmed\":0,\"pending\":5,\"dead_lettered\":0,"
          "\"not_routed\":0,\"aggregated\":0,\"unreadable\":0,\"dropped\":0,\"resent\":0,"
          "\"balances\":false}]}\n");
}

TEST_CASE("of a spool that cannot be read only the limits are told") {
    std::string json = status_json(busy_agent(), std::nullopt, UnixNanos{5});
    CHECK(json.find("\"spool\":{\"path\":\"/s\",\"max_bytes\":1000,\"min_free_bytes\":200}") !=
          json.npos);
}

TEST_CASE("each part is what was put last") {
    StatusBoard board;
    CHECK(board.read().outputs.empty());
    AgentStatus status = busy_agent();
    board.put_start(status.generation, status.started, status.spool_directory);
    board.put_spool_limits(status.spool_limits);
    board.put_outputs({OutputStatus{}, OutputStatus{}});
    board.put_outputs(status.outputs);
    board.put_intake(status.intake);
    board.put_configuration(status.configuration);
    UnixNanos now{5};
    CHECK(status_json(board.read(), some_usage(), now) == status_json(status, some_usage(), now));
}
