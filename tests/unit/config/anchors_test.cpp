#include "config_case.h"

using namespace llmtrail;

namespace {

const std::string kKey = "w.example/1+0a1b2c3d+BAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f";

LoadedSettings load_anchor(const std::string& keys) {
    return load_text(kOneSource + "anchors:\n  - {id: a, " + keys + "}\n");
}

// The one error that this gives.
std::string refused(const std::string& keys) {
    LoadedSettings loaded = load_anchor(keys);
    CAPTURE(all_errors(loaded));
    REQUIRE(loaded.errors.size() == 1);
    return loaded.errors[0].message;
}

bool has(const std::string& text, const std::string& part) {
    return text.find(part) != text.npos;
}

}  // namespace

TEST_CASE("anchors are read with their defaults") {
    LoadedSettings loaded = load_text(
        kOneSource +
        "anchors:\n"
        "  - {id: tsa, type: timestamp, url: 'https://tsa.example.com/', ca_file: /etc/ca.pem}\n"
        "  - {id: w, type: witness, url: 'https://w.example.com/log/', key: '" +
        kKey + "', interval: 5min, tls: {ca_file: /etc/tls.pem}}\n");
    REQUIRE_MESSAGE(loaded.settings, all_errors(loaded));
    const AnchorSettings& tsa = loaded.settings->anchors.at(0);
    CHECK(tsa.id == "tsa");
    CHECK(tsa.type == AnchorType::kTimestamp);
    CHECK(tsa.url == "https://tsa.example.com/");
    CHECK(tsa.ca_file == "/etc/ca.pem");
    CHECK(tsa.interval_ms == 3'600'000);
    CHECK_FALSE(tsa.allow_http);
    const AnchorSettings& witness = loaded.settings->anchors.at(1);
    CHECK(witness.type == AnchorType::kWitness);
    CHECK(witness.url == "https://w.example.com/log");
    CHECK(witness.key == kKey);
    CHECK(witness.interval_ms == 300'000);
    CHECK(witness.tls_ca_file == "/etc/tls.pem");
    CHECK(load_text(kOneSource).settings->anchors.empty());
}

TEST_CASE("http needs a word of its own, and a URL is host and path alone") {
    const std::string rest = ", type: timestamp, ca_file: /c";
    CHECK(has(refused("url: 'http://tsa.example.com'" + rest), "is not https"));
    LoadedSettings allowed = load_anchor("url: 'http://tsa.example.com', allow_http: true" + rest);
    REQUIRE_MESSAGE(allowed.settings, all_errors(allowed));
    CHECK(allowed.settings->anchors[0].allow_http);
    for (const char* url :
         {"ftp://x/", "https://", "https:///p", "https://user@x/", "https://x/#f", "https://x/?q=1",
          "x.example.com", "https://x/ y", "https://:443/", "HTTPS://x/", "file:///etc/passwd"}) {
        CAPTURE(url);
        CHECK(
            has(refused("url: '" + std::string(url) + "', allow_http: true" + rest), "is no URL"));
    }
}

TEST_CASE("each kind of anchor has its keys and refuses the other's") {
    const std::string url = "url: 'https://x/', ";
    CHECK(has(refused(url + "type: timestamp"), "ca_file"));
    CHECK(has(refused(url + "type: timestamp, ca_file: /c, key: x"), "`key`"));
    CHECK(has(refused(url + "type: timestamp, ca_file: /c, policy: 1"), "object identifier"));
    CHECK(has(refused(url + "type: timestamp, ca_file: /c, policy: 1..2.3"), "object identifier"));
    CHECK(has(refused(url + "type: witness"), "key"));
    CHECK(has(refused(url + "type: witness, key: '" + kKey + "', ca_file: /c"), "`ca_file`"));
    CHECK(has(refused("type: timestamp, ca_file: /c"), "url"));
    CHECK(has(refused(url + "type: timestamp, ca_file: /c, interval: 2d"), "interval"));
    for (std::string key : {std::string("x"), std::string("w+0a1b2c3d+AAAA"),
                            "+0a1b2c3d+" + kKey.substr(21), kKey.substr(0, kKey.size() - 4)}) {
        CAPTURE(key);
        CHECK(has(refused(url + "type: witness, key: '" + key + "'"), "no key of a witness"));
    }
}

TEST_CASE("ids of anchors are there once") {
    LoadedSettings loaded =
        load_text(kOneSource +
                  "anchors:\n"
                  "  - {id: a, type: timestamp, url: 'https://x/', ca_file: /c}\n"
                  "  - {id: a, type: timestamp, url: 'https://x/', ca_file: /c}\n");
    REQUIRE(loaded.errors.size() == 1);
    CHECK(has(loaded.errors[0].message, "a"));
    CHECK(load_text(kOneSource + "anchors: 3\n").errors.size() == 1);
}
