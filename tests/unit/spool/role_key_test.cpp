#include "spool/role_key.h"

#include <doctest/doctest.h>

#include "base/hex.h"
#include "fakes/fake_random.h"

using namespace llmtrail;

namespace {

constexpr uint8_t kQuick = kScryptCostLeast;

Secret passphrase() {
    return Secret::copy_of("correct horse battery");
}

Bytes some_file(FakeRandom& random, const RoleKey& key) {
    Result<Bytes> file = key.protect(passphrase(), random, kQuick);
    REQUIRE(file);
    return *file;
}

Bytes replaced(Bytes text, std::string_view from, std::string_view to) {
    size_t at = text.find(from);
    REQUIRE(at != Bytes::npos);
    return text.replace(at, from.size(), to);
}

}  // namespace

TEST_CASE("a role key comes back from its file with the passphrase, and not without") {
    FakeRandom random(1);
    for (Role role : kRoles) {
        RoleKey key = *RoleKey::generate(role, random);
        Bytes file = some_file(random, key);
        CHECK(is_role_key_file(file));
        Result<RoleKey> loaded = RoleKey::load(file, passphrase());
        REQUIRE(loaded);
        CHECK(loaded->role() == role);
        CHECK(loaded->public_key() == key.public_key());
    }
    RoleKey key = *RoleKey::generate(Role::kAuditor, random);
    Result<RoleKey> refused =
        RoleKey::load(some_file(random, key), Secret::copy_of("correct horse batterz"));
    REQUIRE_FALSE(refused);
    CHECK(refused.error().message == "the passphrase does not open this role key");
}

TEST_CASE("the file is what docs/spool-format.md says, and holds the key nowhere in clear") {
    FakeRandom random(2);
    RoleKey key = *RoleKey::generate(Role::kPromptEngineer, random);
    Bytes file = some_file(random, key);
    CHECK(file.starts_with("llmtrail-role-key-v1\nrole: prompt_engineer\npublic: x25519:" +
                           to_base64({key.public_key().data(), 32}) +
                           "\nkdf: scrypt N=16384 r=8 p=1 salt="));
    CHECK(std::count(file.begin(), file.end(), '\n') == 5);
    CHECK(file.size() < kRoleKeyFileBytesMax);
    RoleKey same = *RoleKey::load(file, passphrase());
    Bytes again = some_file(random, same);
    CHECK(again != file);  // another salt, another nonce
}

TEST_CASE("the cost that `keys new` uses is 2^17") {
    FakeRandom random(3);
    RoleKey key = *RoleKey::generate(Role::kAuditor, random);
    Result<Bytes> file = key.protect(passphrase(), random);
    REQUIRE(file);
    CHECK(file->find("N=131072 r=8 p=1") != Bytes::npos);
    CHECK(RoleKey::load(*file, passphrase()));
}

TEST_CASE("a role key file with any byte changed is refused") {
    FakeRandom random(4);
    Bytes file = some_file(random, *RoleKey::generate(Role::kAuditor, random));
    // Every byte of what is read before the costly part, some of the rest.
    for (size_t at = 0; at < file.size(); at += at < 60 ? 7 : 23) {
        Bytes changed = file;
        changed[at] = static_cast<char>(changed[at] ^ 1);
        CAPTURE(at);
        CHECK_FALSE(RoleKey::load(changed, passphrase()));
    }
    for (const Bytes& wrong :
         {Bytes(), Bytes("llmtrail-role-key-v1\n"), file + "\n", file.substr(0, file.size() - 1),
          "\n" + file, replaced(file, "role: auditor", "role: root"),
          replaced(file, "role: auditor\n", ""), replaced(file, "N=16384", "N=016384"),
          replaced(file, "r=8", "r=9"), replaced(file, "N=", "N=+"),
          replaced(file, "\npublic", "\r\npublic"), Bytes(5000, 'x')}) {
        Result<RoleKey> loaded = RoleKey::load(wrong, passphrase());
        REQUIRE_FALSE(loaded);
        CHECK(loaded.error().code == ErrorCode::kCrypto);
    }
}

TEST_CASE("a role key file cannot ask for more work or less than is allowed") {
    FakeRandom random(5);
    Bytes file = some_file(random, *RoleKey::generate(Role::kAuditor, random));
    for (const char* rounds :
         {"N=0", "N=1", "N=8192", "N=2097152", "N=16385", "N=18446744073709551615"}) {
        CAPTURE(rounds);
        Result<RoleKey> loaded = RoleKey::load(replaced(file, "N=16384", rounds), passphrase());
        REQUIRE_FALSE(loaded);
        CHECK(loaded.error().code == ErrorCode::kLimit);
    }
    CHECK(RoleKey::load(replaced(file, "N=16384", "N=99999999999999999999"), passphrase())
              .error()
              .code == ErrorCode::kCrypto);
}

TEST_CASE("the role of a file cannot be changed without its passphrase") {
    FakeRandom random(6);
    Bytes file = some_file(random, *RoleKey::generate(Role::kAnalyst, random));
    Result<RoleKey> loaded =
        RoleKey::load(replaced(file, "role: analyst", "role: auditor"), passphrase());
    REQUIRE_FALSE(loaded);
    CHECK(loaded.error().message == "the passphrase does not open this role key");
}

TEST_CASE("a passphrase has 12 to 1,024 bytes") {
    FakeRandom random(7);
    RoleKey key = *RoleKey::generate(Role::kAuditor, random);
    for (size_t size : {size_t{0}, size_t{11}, size_t{1025}}) {
        Result<Bytes> file = key.protect(Secret::copy_of(Bytes(size, 'p')), random, kQuick);
        REQUIRE_FALSE(file);
        CHECK(file.error().code == ErrorCode::kLimit);
    }
    CHECK(key.protect(Secret::copy_of(Bytes(12, 'p')), random, kQuick));
    CHECK(key.protect(Secret::copy_of(Bytes(1024, 'p')), random, kQuick));
}

TEST_CASE("a recipient's key has one form") {
    FakeRandom random(8);
    X25519Public key = RoleKey::generate(Role::kAuditor, random)->public_key();
    std::string text = recipient_key_text(key);
    CHECK(recipient_key_of(text) == key);
    for (const std::string& wrong : {std::string(), text + "A", text.substr(0, text.size() - 1),
                                     "ed25519:" + text.substr(7), " " + text}) {
        CHECK_FALSE(recipient_key_of(wrong));
    }
}
