// What the tests of search, show and prove share: a spool on a fake disk, written by the real
// writer for the four roles, with records whose fields follow from their number.
#pragma once

#include <doctest/doctest.h>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "query/spool_scan.h"
#include "record/audit_record.h"
#include "record/record_codec.h"
#include "spool/local_keys.h"
#include "unit/spool/spool_rig.h"

namespace llmtrail {

// Of record number n: users u-0 to u-2 in turn, two models, a second between events.
inline AuditRecord numbered_record(uint64_t n) {
    AuditRecord record;
    record.set_text(Field::kEventKind, n % 5 == 4 ? "guardrail" : "inference");
    record.set_time(Field::kEventTime,
                    UnixNanos{(1'767'225'600 + static_cast<int64_t>(n)) * kNanosPerSecond});
    record.set_text(Field::kEventOutcome, "success");
    record.set_text(Field::kUserId, "u-" + std::to_string(n % 3));
    record.set_text(Field::kUserEmail, "user" + std::to_string(n % 3) + "@example.com");
    record.set_text(Field::kGenAiRequestModel, n % 2 == 0 ? "gpt-4o" : "claude-x");
    record.set_integer(Field::kGenAiUsageInputTokens, static_cast<int64_t>(n * 10));
    record.append_to_list(Field::kUserRoles, n % 2 == 0 ? "admin" : "reader");
    record.set_text(Field::kPromptText, "PROMPT number " + std::to_string(n) + " Quoted \"word\"");
    record.set_json(Field::kDataSources,
                    "[{\"id\":\"SOURCE " + std::to_string(n) + "\",\"note\":\"a \\\"b\\\"\"}]");
    if (n % 4 != 3) {
        record.set_text(Field::kResponseText, "OUTPUT\nnumber " + std::to_string(n));
    }
    return record;
}

struct QueryRig : SpoolRig {
    QueryRig() {
        for (Role role : kRoles) {
            keys.emplace(role, *RoleKey::generate(role, random));
            options.recipients.push_back(keys.at(role).recipient());
        }
    }

    // Each batch has `batch_records` records; a seal after every second batch.
    void write(uint64_t records, uint64_t batch_records = 3) {
        auto writer = open();
        REQUIRE_MESSAGE(writer, writer.error().message);
        for (uint64_t n = 0; n < records;) {
            for (uint64_t i = 0; i < batch_records && n < records; ++i, ++n) {
                append(**writer, numbered_record(next_number++));
            }
            commit(**writer);
            if (n / batch_records % 2 == 0) {
                REQUIRE((*writer)->seal(SealReason::kInterval));
            }
        }
        if (close) {
            REQUIRE((*writer)->close());
        }
    }

    void append(SpoolWriter& writer, AuditRecord record) {
        std::array<Bytes, kSectionCount> sections;
        encode_record(record, sections);
        writer.append({sections[0], sections[1], sections[2], sections[3]});
    }

    void commit(SpoolWriter& writer) {
        auto batch = writer.commit({{"source", "at " + std::to_string(next_number)}});
        REQUIRE_MESSAGE(batch, batch.error().message);
        for (size_t i = 0; i < (*batch)->records.size(); ++i) {
            indexes.push_back((*batch)->first_index + i);
            leaves.push_back((*batch)->records[i].leaf);
        }
    }

    SpoolKey role_key(Role role) {
        // Made again from its file, since keys are not copied.
        constexpr uint8_t kQuick = 14;
        Secret phrase = Secret::copy_of("a long enough passphrase");
        Bytes file = *keys.at(role).protect(phrase, random, kQuick);
        return SpoolKey(*RoleKey::load(file, phrase));
    }

    // The same one each time: scrypt costs more than reading these spools.
    const SpoolKey& auditor() {
        if (!auditor_) {
            auditor_.emplace(role_key(Role::kAuditor));
        }
        return *auditor_;
    }

    SpoolKey local_key() { return SpoolKey(*load_local_secrets(disk, options.key_directory)); }

    PublicKey identity() {
        return *read_public_key(disk, identity_public_path(options.key_directory));
    }

    ScanOptions scan_options() {
        ScanOptions made;
        made.directory = options.directory;
        made.trusted = identity();
        return made;
    }

    // Changes one byte of a file.
    void flip(const std::string& name, size_t at) {
        Bytes bytes = disk.content(path(name));
        REQUIRE(at < bytes.size());
        bytes[at] = static_cast<char>(bytes[at] ^ 0x20);
        disk.put_file(path(name), bytes);
    }

    std::map<Role, RoleKey> keys;
    std::vector<uint64_t> indexes;  // of the records, by number
    std::vector<Digest> leaves;
    uint64_t next_number = 0;
    bool close = true;

 private:
    std::optional<SpoolKey> auditor_;
};

}  // namespace llmtrail
