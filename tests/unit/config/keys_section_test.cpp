#include <doctest/doctest.h>

#include "config_case.h"

using namespace llmtrail;

namespace {

const std::string kKey = "x25519:AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA=";

std::string recipients(const std::string& lines) {
    return kOneSource + "spool:\n  recipients:\n" + lines;
}

// The only error, with its hint after a bar.
std::string refusal(const std::string& text) {
    LoadedSettings loaded = load_text(text);
    CHECK(loaded.settings == nullptr);
    REQUIRE_MESSAGE(loaded.errors.size() == 1, all_errors(loaded));
    return loaded.errors[0].message + " | " + loaded.errors[0].hint;
}

}  // namespace

TEST_CASE("recipients are read with role and key; without them only this host opens the spool") {
    CHECK(load_text(kOneSource).settings->spool.recipients.empty());
    LoadedSettings loaded =
        load_text(recipients("    - {role: auditor, key: \"" + kKey +
                             "\"}\n    - {role: analyst, key: \"" + kKey + "\"}\n"));
    REQUIRE_MESSAGE(loaded.settings, all_errors(loaded));
    const auto& read = loaded.settings->spool.recipients;
    REQUIRE(read.size() == 2);
    CHECK(read[0].role == Role::kAuditor);
    CHECK(read[1].role == Role::kAnalyst);
    for (size_t i = 0; i < read[0].public_key.size(); ++i) {
        CHECK(read[0].public_key[i] == static_cast<char>(i + 1));
    }
}

TEST_CASE("a recipient that is none is refused at its place, and its key is not repeated") {
    CHECK(refusal(recipients("    - {role: audtor, key: \"" + kKey + "\"}\n")) ==
          "`audtor` is not a role | did you mean `auditor`?");
    CHECK(refusal(recipients("    - {role: auditor}\n")).starts_with("recipient needs `key`"));
    CHECK(refusal(recipients("    - {key: \"" + kKey + "\"}\n"))
              .starts_with("recipient needs `role`"));
    CHECK(refusal(recipients("    - {role: auditor, key: \"ed25519:AAAA\"}\n"))
              .starts_with("that is a key for signatures"));
    const std::vector<std::string> no_keys = {
        "x25519:",
        "x25519:AAAA",
        kKey + "A",
        kKey.substr(7),
        "x25519:" + std::string(43, 'A') + "=",
        "llmtrail-role-key-v1",
        "X25519:" + kKey.substr(7),
        "x25519:AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyB=",
    };
    for (const std::string& wrong : no_keys) {
        LoadedSettings loaded =
            load_text(recipients("    - {role: auditor, key: \"" + wrong + "\"}\n"));
        REQUIRE_MESSAGE(loaded.errors.size() == 1, all_errors(loaded));
        CHECK(loaded.errors[0].message ==
              "that is not a public key (x25519: and base64 of 32 bytes)");
    }
    CHECK(refusal(recipients("    - {role: auditor, key: \"" + kKey +
                             "\"}\n    - {role: auditor, "
                             "key: \"" +
                             kKey + "\"}\n"))
              .starts_with("the same key stands here twice for one role"));
    CHECK(refusal(kOneSource + "spool: {recipients: auditor}\n")
              .starts_with("`recipients` is a list"));
}

TEST_CASE("at most 64 recipients") {
    std::string lines;
    for (char c = 'A'; c <= 'Z'; ++c) {
        for (const char* role : {"auditor", "analyst", "prompt_engineer"}) {
            lines += std::string("    - {role: ") + role + ", key: \"x25519:" + c +
                     std::string(42, 'A') + "=\"}\n";
        }
    }
    CHECK(refusal(recipients(lines)).starts_with("more than 64 recipients"));
}

TEST_CASE("local keys come from the key directory or from credentials, in the order written") {
    using List = std::vector<std::string>;
    CHECK(load_text(kOneSource).settings->local_keys == List{"auto"});
    CHECK(load_text(kOneSource + "keys: {local: auto}\n").settings->local_keys == List{"auto"});
    CHECK(
        load_text(kOneSource + "keys: {local: credential:llmtrail-local}\n").settings->local_keys ==
        List{"credential:llmtrail-local"});
    CHECK(load_text(kOneSource + "keys: {local: [credential:b, credential:a, auto]}\n")
              .settings->local_keys == List{"credential:b", "credential:a", "auto"});
}

TEST_CASE("what is no place of a local key is refused") {
    for (const char* wrong :
         {"none", "\"credential:\"", "credential:../etc/shadow", "credential:a/b", "credential:..",
          "\"credential:a b\"", "[auto, [auto]]", "{a: b}", "file:/x", "Auto"}) {
        CAPTURE(wrong);
        CHECK(refusal(kOneSource + "keys: {local: " + wrong + "}\n")
                  .starts_with("that is no place of a local key"));
    }
    CHECK(refusal(kOneSource + "keys: {local: [auto, auto]}\n")
              .starts_with("`auto` stands here twice"));
    CHECK(refusal(kOneSource + "keys: {local: []}\n").starts_with("no local key is named"));
    CHECK(refusal(kOneSource + "keys: {locl: auto}\n").ends_with("did you mean `local`?"));
}

TEST_CASE("a segment cannot be made to outlive its data keys") {
    CHECK(load_text(kOneSource + "spool: {segment: {max_size: 64MiB, max_age: 1h}}\n").settings);
    CHECK(refusal(kOneSource + "spool: {segment: {max_size: 65MiB}}\n").find("64MiB") !=
          std::string::npos);
    CHECK(refusal(kOneSource + "spool: {segment: {max_age: 61min}}\n").find("1h") !=
          std::string::npos);
}
