#include "http/http_client.h"

#include <doctest/doctest.h>

#include <array>
#include <cstdlib>
#include <filesystem>

#include "fakes/http_server.h"
#include "fakes/temp_directory.h"
#include "platform/posix.h"
#include "platform/wait.h"

using namespace llmtrail;

namespace {

std::unique_ptr<HttpClient> client_of(HttpOptions options) {
    Result<std::unique_ptr<HttpClient>> client = make_http_client(std::move(options));
    REQUIRE(client);
    return std::move(*client);
}

HttpOptions trusting(const HttpServer& server) {
    HttpOptions options;
    options.tls.ca_file = server.ca_file();
    return options;
}

HttpDone next_done(HttpClient& client) {
    for (;;) {
        client.work();
        if (std::optional<HttpDone> done = client.take_done()) {
            return std::move(*done);
        }
        std::array entries{WaitEntry{client.descriptor()}};
        REQUIRE(wait_for(entries, client.timer_ms()));
    }
}

Result<HttpReply> get(HttpClient& client, const std::string& url) {
    HttpCall call = client.start({.url = url});
    HttpDone done = next_done(client);
    CHECK(done.call == call);
    return std::move(done.reply);
}

ErrorCode refusal(HttpOptions options, const std::string& url) {
    auto client = client_of(std::move(options));
    Result<HttpReply> reply = get(*client, url);
    REQUIRE_FALSE(reply);
    CHECK_FALSE(reply.error().message.empty());
    return reply.error().code;
}

}  // namespace

TEST_CASE("a POST carries its headers, its authorization and its body, and the answer comes back") {
    HttpServer server;
    auto client = client_of(trusting(server));
    HttpRequest request{.url = server.https("/echo")};
    request.headers = {{"Content-Type", "application/json"}, {"X-Channel", "7"}};
    request.authorization = std::make_shared<const Secret>(Secret::copy_of("Splunk s3cret"));
    request.body = Bytes("\0{}\n", 4);
    client->start(request);
    Result<HttpReply> reply = next_done(*client).reply;
    REQUIRE_MESSAGE(reply, reply.error().message);
    CHECK(reply->status == 200);
    CHECK(reply->body.starts_with("POST /echo\n"));
    for (const char* line : {"Content-Type: application/json\n", "X-Channel: 7\n",
                             "Authorization: Splunk s3cret\n", "Content-Length: 4\n"}) {
        CHECK_MESSAGE(reply->body.find(line) != Bytes::npos, reply->body);
    }
    CHECK(reply->body.find("Expect:") == Bytes::npos);
    CHECK(reply->body.ends_with(ByteView("\n\n\0{}\n", 6)));
    CHECK(reply->header("x-odd") == "a: b");
    CHECK(reply->header("absent").empty());
}

TEST_CASE("any status is an answer, and a redirect is one too") {
    HttpServer server;
    auto client = client_of(trusting(server));
    for (int status : {204, 400, 403, 413, 429, 503}) {
        Result<HttpReply> reply = get(*client, server.https("/status/" + std::to_string(status)));
        REQUIRE(reply);
        CHECK(reply->status == status);
        CHECK(reply->header("retry-after") == "7");
    }
    Result<HttpReply> reply = get(*client, server.https("/redirect"));
    REQUIRE(reply);
    CHECK(reply->status == 302);
}

TEST_CASE("several requests are under way at once") {
    HttpServer server;
    auto client = client_of(trusting(server));
    HttpCall silent = client->start({.url = server.https("/silent")});
    HttpCall quick = client->start({.url = server.https("/status/200")});
    HttpDone done = next_done(*client);
    CHECK(done.call == quick);
    CHECK(done.call != silent);
}

TEST_CASE("a server that does not answer in time, or too much, is an error") {
    HttpServer server;
    HttpOptions hasty = trusting(server);
    hasty.request_ms = 50;
    CHECK(refusal(hasty, server.https("/silent")) == ErrorCode::kTimeout);
    CHECK(refusal(trusting(server), server.https("/big")) == ErrorCode::kLimit);
}

TEST_CASE("a server that cannot be trusted gets nothing") {
    HttpServer server;
    CHECK(refusal({}, server.https("/echo")) == ErrorCode::kTls);
    HttpOptions pinned = trusting(server);
    pinned.tls.pins = {"sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="};
    CHECK(refusal(pinned, server.https("/echo")) == ErrorCode::kTls);
    HttpServer old("TLSv1_2");
    CHECK(refusal(trusting(old), old.https("/echo")) == ErrorCode::kTls);
}

TEST_CASE("pins are the receiver's: another host is verified by its authority alone") {
    HttpServer server;
    HttpOptions pinned = trusting(server);
    pinned.tls.pins = {"sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="};
    auto client = client_of(pinned);
    client->start({.url = server.https("/echo"), .to_receiver = false});
    CHECK(next_done(*client).reply);
    client->start({.url = server.https("/echo")});  // nor is that connection used for it
    CHECK_FALSE(next_done(*client).reply);

    auto stranger = client_of({});
    stranger->start({.url = server.https("/echo"), .to_receiver = false});
    CHECK_FALSE(next_done(*stranger).reply);
}

TEST_CASE("http without TLS is refused unless it is asked for") {
    HttpServer server;
    CHECK(refusal({}, server.http("/echo")) == ErrorCode::kInvalidArgument);
    CHECK(refusal({}, "file:///etc/hostname") == ErrorCode::kInvalidArgument);
    HttpOptions options;
    options.plain_http = true;
    CHECK(get(*client_of(options), server.http("/echo")));
}

TEST_CASE("a proxy of the environment is not used") {
    HttpServer server;
    ::setenv("https_proxy", "http://127.0.0.1:1", 1);
    ::setenv("ALL_PROXY", "http://127.0.0.1:1", 1);
    Result<HttpReply> reply = get(*client_of(trusting(server)), server.https("/echo"));
    ::unsetenv("https_proxy");
    ::unsetenv("ALL_PROXY");
    CHECK(reply);
}

TEST_CASE("cookies are kept only when they are asked for") {
    HttpServer server;
    for (bool kept : {false, true}) {
        HttpOptions options = trusting(server);
        options.cookies = kept;
        auto client = client_of(options);
        REQUIRE(get(*client, server.https("/cookie")));
        Result<HttpReply> reply = get(*client, server.https("/echo"));
        REQUIRE(reply);
        CHECK((reply->body.find("Cookie: seat=12") != Bytes::npos) == kept);
    }
}

TEST_CASE("a client that goes away ends what is under way") {
    HttpServer server;
    auto client = client_of(trusting(server));
    client->start({.url = server.https("/silent")});
    client->work();
    client.reset();
}

TEST_CASE("an authority file that is replaced is used from the next connection on") {
    HttpServer before;
    HttpServer after;
    TempDirectory directory;
    auto put = [&](const HttpServer& server) {
        std::filesystem::copy_file(server.ca_file(), directory / "ca.pem",
                                   std::filesystem::copy_options::overwrite_existing);
    };
    HttpOptions options;
    options.tls.ca_file = directory / "ca.pem";
    put(before);
    auto client = client_of(options);
    CHECK(get(*client, before.https("/echo")));
    Result<HttpReply> refused = get(*client, after.https("/echo"));
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == ErrorCode::kTls);
    put(after);
    CHECK(get(*client, after.https("/echo")));
}

TEST_CASE("when the receiver's certificate ends is known after the first answer") {
    HttpServer server;
    auto client = client_of(trusting(server));
    CHECK_FALSE(client->certificate_ends().receiver);
    for (int request = 0; request < 2; ++request) {  // the second on the connection of the first
        REQUIRE(get(*client, server.https("/status/204")));
        auto end = client->certificate_ends().receiver;
        REQUIRE(end);
        CHECK(end->value > make_posix_clock()->wall_now().value);
        CHECK_FALSE(client->certificate_ends().own);
    }
}
