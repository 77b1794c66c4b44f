#include "config/secret_reference.h"

#include "config_case.h"

using namespace llmtrail;

TEST_CASE("a reference names its place, and is shown as it is written") {
    const std::pair<const char*, SecretReference> cases[] = {
        {"${cred:hec_token}", {SecretPlace::kCredential, "hec_token"}},
        {"${cred:hec-token.2}", {SecretPlace::kCredential, "hec-token.2"}},
        {"${file:/etc/llmtrail/token}", {SecretPlace::kFile, "/etc/llmtrail/token"}},
        {"${env:HEC_TOKEN}", {SecretPlace::kEnvironment, "HEC_TOKEN"}},
    };
    for (const auto& [text, expected] : cases) {
        auto reference = parse_secret_reference(text);
        REQUIRE_MESSAGE(reference, text);
        CHECK(*reference == expected);
        CHECK(describe(*reference) == text);
    }
}

TEST_CASE("anything else is no reference") {
    for (const char* text :
         {"", "abc", "${}", "${cred}", "${cred:}", "${cred:../x}", "${cred:.hidden}", "${cred:a/b}",
          "${file:etc/token}", "${file:/a b}", "${env:A-B}", "${env:A B}", "${vault:x}",
          "x${cred:a}", "${cred:a}x", "$cred:a", "${cred:a", "${CRED:a}"}) {
        CHECK_MESSAGE(!parse_secret_reference(text), text);
    }
}

TEST_CASE("a secret that stands in the configuration is refused and never shown") {
    LoadedSettings loaded = load_text(read_project_file("tests/config/bad/splunk-hec.yaml"));
    CHECK(loaded.settings == nullptr);
    std::string shown = all_errors(loaded);
    CHECK(shown.find("`token` must say where the token is") != std::string::npos);
    CHECK(shown.find("canary") == std::string::npos);
    CHECK(shown.find("8a1f2c3d") == std::string::npos);
}
