// What the tests of key files share: a segment header that commits to known keys, local keys, and
// recipients of each role.
#pragma once

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "fakes/fake_random.h"
#include "spool/key_file.h"
#include "spool/role_key.h"

namespace llmtrail {

struct KeyRig {
    explicit KeyRig(uint64_t seed = 1, uint64_t segment_no = 7) : random(seed) {
        data_keys = *make_data_keys(random);
        daily = *make_daily_key(random);
        position_key = *Secret::random(random, kDataKeyBytes);
        local.push_back(make_local_key(*Secret::random(random, kDataKeyBytes)));
        header.log_id.fill('L');
        header.segment_no = segment_no;
        for (Section section : kSections) {
            size_t s = index_of(section);
            header.key_commitments[s] = key_commitment(data_keys[s], section);
        }
        for (Role role : kRoles) {
            roles.push_back(*RoleKey::generate(role, random));
        }
    }

    const RoleKey& role(Role role) const { return roles[static_cast<size_t>(role)]; }

    std::vector<Recipient> all_recipients() const {
        std::vector<Recipient> recipients;
        for (const RoleKey& key : roles) {
            recipients.push_back(key.recipient());
        }
        return recipients;
    }

    Bytes key_file(const std::vector<Recipient>& recipients) {
        LocalKeys keys{{}, *SigningKey::generate(random), false};
        keys.local.push_back(make_local_key(local.front().key.clone()));
        Result<Bytes> made =
            encode_key_file(header, data_keys, daily, keys, random, {&recipients, &position_key});
        REQUIRE_MESSAGE(made, made.error().message);
        return *made;
    }

    // Which keys are there; those that are must be the right ones.
    std::string opened(const Result<DataKeys>& keys) const {
        if (!keys) {
            return keys.error().message;
        }
        std::string names;
        for (Section section : kSections) {
            const Secret& key = (*keys)[index_of(section)];
            if (!key.empty()) {
                CHECK(key.reveal() == data_keys[index_of(section)].reveal());
                names.append(names.empty() ? "" : " ").append(section_name(section));
            }
        }
        return names;
    }

    FakeRandom random;
    DataKeys data_keys;
    DailyKey daily;
    Secret position_key;
    std::vector<LocalKey> local;
    SegmentHeader header;
    std::vector<RoleKey> roles;
};

}  // namespace llmtrail
