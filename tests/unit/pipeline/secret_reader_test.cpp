#include "pipeline/secret_reader.h"

#include <doctest/doctest.h>

#include <cstdlib>

#include "fakes/memory_files.h"

using namespace llmtrail;

namespace {

constexpr const char* kCanary = "canary-5c1d";

SecretReference file_at(const std::string& path) {
    return {SecretPlace::kFile, path};
}

std::string problem_of(const SecretReference& reference, MemoryFiles& files,
                       const std::string& credentials = "/run/cred") {
    Result<Secret> read = read_secret(reference, credentials, files);
    REQUIRE_FALSE(read);
    CHECK(read.error().message.starts_with(describe(reference)));
    CHECK(read.error().message.find("canary") == std::string::npos);
    return read.error().message;
}

}  // namespace

TEST_CASE("a secret is read from a file, a credential and the environment, without its line end") {
    MemoryFiles files;
    files.files["/etc/llmtrail/token"] = {std::string(kCanary) + "\n", 0600, 0,
                                          ErrorCode::kInternal};
    files.files["/run/cred/hec"] = {std::string(kCanary) + "\r\n", 0440, 0, ErrorCode::kInternal};
    ::setenv("LLMTRAIL_TEST_TOKEN", kCanary, 1);
    for (const SecretReference& reference :
         {file_at("/etc/llmtrail/token"), SecretReference{SecretPlace::kCredential, "hec"},
          SecretReference{SecretPlace::kEnvironment, "LLMTRAIL_TEST_TOKEN"}}) {
        Result<Secret> read = read_secret(reference, "/run/cred", files);
        REQUIRE_MESSAGE(read, read.error().message);
        CHECK(read->reveal() == kCanary);
    }
    ::unsetenv("LLMTRAIL_TEST_TOKEN");
}

TEST_CASE("a file that group or others can read is refused") {
    for (uint32_t mode : {0640U, 0604U, 0644U, 0660U}) {
        MemoryFiles files;
        files.files["/etc/llmtrail/token"] = {kCanary, mode, 0, ErrorCode::kInternal};
        CHECK(problem_of(file_at("/etc/llmtrail/token"), files).find("chmod 600") !=
              std::string::npos);
    }
}

TEST_CASE("what is not there, empty or no single line of printable characters is an error") {
    MemoryFiles files;
    problem_of(file_at("/etc/llmtrail/token"), files);
    problem_of({SecretPlace::kCredential, "hec"}, files);
    CHECK(problem_of({SecretPlace::kCredential, "hec"}, files, "").find("LoadCredential") !=
          std::string::npos);
    problem_of({SecretPlace::kEnvironment, "LLMTRAIL_TEST_ABSENT"}, files);
    for (const char* text : {"", "\n", "canary two", "canary\r\nX-Forged: 1", "canary\n\n",
                             "canary\x01", "canary\xC3\xA9"}) {
        files.files["/etc/llmtrail/token"] = {text, 0600, 0, ErrorCode::kInternal};
        problem_of(file_at("/etc/llmtrail/token"), files);
    }
    files.files["/etc/llmtrail/token"].text = "canary" + std::string(kSecretBytesMax, 'x');
    problem_of(file_at("/etc/llmtrail/token"), files);
}
