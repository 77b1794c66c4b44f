#include <doctest/doctest.h>

#include "sentinel_bench.h"

using namespace llmtrail;

namespace {

void check_all_arrive(SentinelBench& bench, uint64_t count) {
    CHECK(bench.run_until_confirmed());
    CHECK(bench.stored().size() == count);
    CHECK(bench.output->resent_events() == 0);
    bench.check_rules();
}

// Nothing is sent; what the output says instead.
std::string complaint_of(const AzureScript& script, const SentinelTrial& trial) {
    SentinelBench bench(script, 5, trial);
    bench.run(60);
    CHECK(bench.output->confirmed_end() == 0);
    CHECK(bench.server.log_of("request").empty());
    CHECK(bench.output->health() == OutputHealth::kBackingOff);
    return bench.output->last_error().message;
}

}  // namespace

TEST_CASE("a client secret is exchanged for a token") {
    SentinelBench bench({}, 50);
    check_all_arrive(bench, 50);
    CHECK(bench.server.log_of("token").at(0).at(1) == "secret");
}

TEST_CASE("a managed identity gets its token from the metadata service of this host") {
    SentinelBench bench({}, 50, {.identity = AzureIdentity::kManaged});
    check_all_arrive(bench, 50);
    SentinelBench of_system({}, 50, {.identity = AzureIdentity::kManaged, .client_id = ""});
    check_all_arrive(of_system, 50);
    CHECK(of_system.server.log_of("token").at(0).at(1) == "imds");
}

TEST_CASE("an Arc agent's challenge is answered with the key file that it wrote") {
    SentinelBench bench({.arc = true}, 50, {.identity = AzureIdentity::kArc});
    check_all_arrive(bench, 50);
    CHECK(bench.server.log_of("token").at(0).at(1) == "arc");
}

TEST_CASE("a key file outside the Arc agent's directory is not read") {
    for (const char* realm : {"/etc/shadow.key", "/var/opt/azcmagent/tokens/x.key", "x.key", ""}) {
        AzureScript script{.arc = true};
        script.realm = realm[0] == '\0' ? "/" : realm;
        std::string said = complaint_of(script, {.identity = AzureIdentity::kArc});
        CHECK(said.find("its token: it names a key file outside ") == 0);
    }
}

TEST_CASE("a path out of the Arc agent's directory is refused, whatever it begins with") {
    auto files = make_posix_file_system();
    AzureAuth auth;
    auth.identity = AzureIdentity::kArc;
    for (const char* name : {"../../../../etc/passwd.key", "a/b.key", ".key", "..key", "a.pem",
                             "a.key/../../x.key", "", "a b.key"}) {
        CAPTURE(name);
        AzureToken token(auth, *files);
        REQUIRE(token.request());
        HttpReply reply;
        reply.status = 401;
        reply.headers.push_back(
            {"www-authenticate", "Basic realm=" + auth.arc_key_directory + "/" + name});
        CHECK(token.take(reply, {}).action == TokenAction::kHold);
    }
}

TEST_CASE("an Arc agent that asks for key after key is not followed") {
    SentinelBench bench({.tokens = {"ok", "page:401"}, .arc = true}, 5,
                        {.identity = AzureIdentity::kArc});
    bench.run(40);
    CHECK(bench.output->last_error().message == "its token: HTTP 401");
    check_all_arrive(bench, 5);
}

TEST_CASE("a token that is refused is asked for anew, once, and then the output holds") {
    SentinelBench bench({.events = {"ok", "revoke", "ok"}}, 3'000, {.batch_bytes_max = 50'000});
    check_all_arrive(bench, 3'000);
    CHECK(bench.server.log_of("token").size() == 2);
    CHECK(bench.problems.empty());

    SentinelBench refused({.events = {"page:401", "page:401", "page:401"}}, 30);
    CHECK(refused.run_until_confirmed());
    CHECK(refused.problems == std::set<std::string>{"HTTP 401: the token is refused"});
    CHECK(refused.server.log_of("token").size() == 4);
    CHECK(refused.stored().size() == 30);
}

TEST_CASE("a token is renewed before it ends, while the present one is used on") {
    SentinelBench bench({.tokens = {"ok", "page:503"}, .token_seconds = 600}, 2);
    while (bench.output->confirmed_end() < 2) {
        bench.turn();
    }
    bench.clock.advance_millis(400'000);
    bench.more(2);
    CHECK(bench.run_until_confirmed());
    bench.run(100);  // until the renewal has failed
    CHECK(bench.problems.empty());
    CHECK(bench.server.log_of("token").size() == 1);
    bench.clock.advance_millis(60'000);
    bench.more(2);
    CHECK(bench.run_until_confirmed());
    bench.run(100);  // until the new token is here
    CHECK(bench.server.log_of("token").size() == 2);
    bench.more(2);
    CHECK(bench.run_until_confirmed());
    auto requests = bench.server.log_of("request");
    CHECK(requests.front().at(2) == requests.at(1).at(2));
    CHECK(requests.front().at(2) != requests.back().at(2));
    CHECK(bench.problems.empty());
    bench.check_rules();
}

TEST_CASE("a token that has ended is not used") {
    SentinelBench bench({.token_seconds = 600}, 2);
    CHECK(bench.run_until_confirmed());
    bench.clock.advance_millis(700'000);
    bench.more(2);
    CHECK(bench.run_until_confirmed());
    auto requests = bench.server.log_of("request");
    CHECK(requests.front().at(2) != requests.back().at(2));
}

TEST_CASE("what is wrong with the identity is said in our words") {
    CHECK(complaint_of({}, {.client_secret = "wrong"}) ==
          "its token: HTTP 401: the client secret is wrong or no longer valid");
    CHECK(complaint_of({}, {.client_id = "other"}) ==
          "its token: HTTP 400: no such client_id in this tenant");
    CHECK(complaint_of({}, {.identity = AzureIdentity::kManaged, .client_id = "other"}) ==
          "its token: HTTP 400: this host has no such identity");
    CHECK(complaint_of({.tokens = std::vector<std::string>(100, "page:200")}, {}) ==
          "its token: this is not what a token endpoint answers");
    CHECK(complaint_of({.tokens = std::vector<std::string>(100, "page:302:1")}, {}) ==
          "its token: HTTP 302: redirects are not followed");
}

TEST_CASE("a token endpoint that fails for a while is asked again") {
    for (const char* fault : {"page:500", "page:503", "page:429:3", "cut-before", "silent"}) {
        CAPTURE(fault);
        SentinelBench bench({.tokens = {fault, fault}}, 5, {.request_ms = 300});
        check_all_arrive(bench, 5);
        CHECK_FALSE(bench.problems.empty());
    }
    SentinelBench moved({.tokens = {"page:404", "page:410"}}, 5,
                        {.identity = AzureIdentity::kManaged});
    check_all_arrive(moved, 5);
}

TEST_CASE("an answer that holds no clean token is none") {
    auto files = make_posix_file_system();
    for (const char* body :
         {"", "{}", R"({"access_token":""})", R"({"access_token":"a b"})",
          R"({"access_token":"a\r\nX: y","expires_in":3600})", R"({"access_token":7})",
          R"({"access_token":"abc","expires_in":0})", R"([{"access_token":"abc"}])"}) {
        CAPTURE(body);
        AzureToken token({}, *files);
        HttpReply reply;
        reply.status = 200;
        reply.body = body;
        bool number = reply.body.find(":7}") != std::string::npos;
        TokenVerdict verdict = token.take(reply, {});
        CHECK((verdict.action == TokenAction::kRetry || number));
        CHECK(reply.body.find_first_not_of('\0') == std::string::npos);
    }
}
