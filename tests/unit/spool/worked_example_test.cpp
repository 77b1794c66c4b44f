// The worked example of docs/spool-format.md is made here, from fixed keys, and must stand in the
// page as it is made.
#include <doctest/doctest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

#include "base/hex.h"
#include "fakes/fake_clock.h"
#include "spool/frame_encoder.h"
#include "spool/key_file.h"
#include "spool/batch_builder.h"

using namespace llmtrail;

namespace {

// Salts of the frames: 00 01 .. 07, then 08 09 .. 0f, and so on.
class CountingRandom : public Random {
 public:
    Result<void> fill(void* bytes, size_t size) override {
        for (size_t i = 0; i < size; ++i) {
            static_cast<uint8_t*>(bytes)[i] = next_++;
        }
        return {};
    }

 private:
    uint8_t next_ = 0;
};

SigningKey signing_key(char byte) {
    return *SigningKey::from_seed(Secret::copy_of(std::string(kSigningSeedBytes, byte)));
}

void print(std::ostream& out, const char* name, ByteView bytes) {
    constexpr size_t kLineBytes = 40;
    out << name << ", " << bytes.size() << " bytes\n";
    for (size_t at = 0; at < bytes.size(); at += kLineBytes) {
        out << "  " << to_hex(bytes.substr(at, kLineBytes)) << "\n";
    }
}

std::string worked_example() {
    FakeClock clock;
    CountingRandom random;
    SigningKey identity = signing_key(1);
    SigningKey first_seal = signing_key(2);
    DataKeys keys;
    SegmentHeader header;
    for (Section section : kSections) {
        size_t s = index_of(section);
        keys[s] = Secret::copy_of(std::string(kDataKeyBytes, static_cast<char>(0x40 + s)));
        header.key_commitments[s] = key_commitment(keys[s], section);
    }
    header.log_id = log_id_of(identity.public_key());
    header.identity_hash = sha256(view(identity.public_key()));
    header.generation = 1;
    header.wall_ns = clock.wall_now().value;
    header.monotonic_ns = clock.monotonic_now().value;
    header.first_seal_pk = first_seal.public_key();
    std::ostringstream out;
    print(out, "header", encode_segment_header(header, identity));
    out << "header_hash\n  " << to_hex(view(header.header_hash)) << "\n";

    FrameEncoder encoder(header, keys, {header.header_hash, {}}, clock, random);
    Bytes frame;
    REQUIRE(encoder.control(FrameType::kPositions, 0, encode_positions({}), frame));
    print(out, "frame 0, POSITIONS: none", frame);
    frame.clear();
    GenesisBody genesis{kGenesisFirstStart, 0, 0, "example"};
    REQUIRE(encoder.control(FrameType::kGenesis, 0, encode_genesis(genesis), frame));
    print(out, "frame 1, GENESIS: first start", frame);
    frame.clear();
    SealBody seal;
    seal.reasons = kSealForced;
    seal.next_pk = signing_key(3).public_key();
    REQUIRE(encoder.seal(seal, first_seal, frame));
    print(out, "frame 2, SEAL: signed by first_seal_pk", frame);
    frame.clear();
    BatchBuilder batch(0);
    batch.append({"alice asks gpt", "hello", "", "hi"});
    REQUIRE(batch.encode(encoder, {{"file", "at 10"}}, frame));
    print(out, "frame 3, BATCH: one record, one position", frame);
    frame.clear();
    std::shared_ptr<const Batch> made = batch.take(0, 2);
    for (Section section : kSections) {
        out << "c_" << section_name(section) << "\n  "
            << to_hex(view(made->records[0].commitments[index_of(section)])) << "\n";
    }
    out << "event.id\n  " << event_id_of(made->records[0].leaf) << "\n";
    SealBody last;
    last.seal_no = 1;
    last.reasons = kSealCleanShutdown;
    last.cursors = {{"soc", 3}};
    REQUIRE(encoder.seal(last, signing_key(3), frame));
    print(out, "frame 4, SEAL: clean shutdown", frame);
    out << "root of the 3 leaves\n  " << to_hex(view(last.root)) << "\n";
    return out.str();
}

}  // namespace

TEST_CASE("the worked example stands in docs/spool-format.md byte for byte") {
    std::ifstream file(LLMTRAIL_SOURCE_DIR "/docs/spool-format.md");
    std::stringstream page;
    page << file.rdbuf();
    std::string example = worked_example();
    bool stands = page.str().find("```\n" + example + "```") != std::string::npos;
    CHECK_MESSAGE(stands, "the page should hold:\n" << example);
}
