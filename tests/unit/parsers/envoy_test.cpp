#include <doctest/doctest.h>

#include <string>

#include "record_list.h"

using namespace llmtrail;

TEST_CASE("What Envoy writes as '-' or null is absent") {
    auto records = read_records(
        R"({"start_time":"2026-02-03T09:00:00.5Z","response_flags":"-","upstream_host":"-","user-agent":null,"route":"-"})");
    CHECK_FALSE(holds(records, "\"-\""));
    CHECK_FALSE(holds(records, "server.address"));
    CHECK_FALSE(holds(records, "unmapped"));
}

TEST_CASE("A route's name is no provider") {
    auto records = read_records(
        R"({"response_code":200,"response_flags":"-","gen_ai.provider.name":"default/a/route/b","gen_ai.request.model":"m"})");
    CHECK(holds(records, R"("llm.audit.unmapped":{"gen_ai.provider.name":"default/a/route/b")"));
    CHECK_FALSE(holds(records, R"("gen_ai.provider.name":"default/a/route/b",)"));
}

TEST_CASE("Addresses are told from their ports in both families") {
    for (auto [peer, address] :
         {std::pair("203.0.113.7:80", "203.0.113.7"), std::pair("[2001:db8::7]:80", "2001:db8::7"),
          std::pair("2001:db8::7", "2001:db8::7"), std::pair("203.0.113.7", "203.0.113.7")}) {
        auto records =
            read_records(R"({"response_code":200,"response_flags":"-","upstream_host":")" +
                         std::string(peer) + R"(","downstream_remote_address":")" + peer + R"("})");
        CHECK(holds(records, std::string(R"("server.address":")") + address + '"'));
        CHECK(holds(records, std::string(R"("client.ip":")") + address + '"'));
    }
}

TEST_CASE("Ten thousand members of an access log entry are read") {
    std::string entry = R"({"response_code":200,"response_flags":"-")";
    for (int i = 0; i < 10000; ++i) {
        entry += ",\"k" + std::to_string(i) + "\":\"-\"";
    }
    CHECK(read_records(entry + "}").size() == 1);
}
