#include "cli/key_inventory.h"

#include <algorithm>

#include "base/hex.h"
#include "spool/key_file.h"
#include "spool/private_file.h"
#include "spool/role_key.h"
#include "spool/segment_survey.h"

namespace llmtrail {

namespace {

constexpr std::string_view kUntilNow = "once";

int64_t seconds_between(UnixNanos from, UnixNanos to) {
    return (to.value - from.value) / kNanosPerSecond;
}

std::string days(int64_t seconds) {
    return std::to_string(seconds / kDaySeconds) + " days";
}

// What age and limit say together.
std::string change_after(int64_t age_seconds, int64_t limit_seconds, std::string_view how) {
    int64_t left = limit_seconds - age_seconds;
    return (left > 0 ? "in " + days(left) : days(-left) + " overdue") + ": " + std::string(how);
}

class Inventory {
 public:
    Inventory(const KeyCommandPlaces& places, CommandSeams seams)
        : places_(places), seams_(seams), now_(seams.clock.wall_now()) {}

    KeyInventory take() {
        survey_ =
            places_.spool.empty() ? SegmentSurvey{} : survey_segments(seams_.files, places_.spool);
        load_local();
        add_identity();
        add_local();
        add_daily();
        add_data();
        add_recipients();
        add_seal();
        judge_segments();
        return std::move(inventory_);
    }

 private:
    void complain(ExitCode code, std::string message, std::string hint) {
        inventory_.problems.push_back({true, code, std::move(message), std::move(hint)});
    }

    void warn(std::string message, std::string hint) {
        inventory_.problems.push_back({false, ExitCode::kOk, std::move(message), std::move(hint)});
    }

    void complain(const Error& error, std::string hint) {
        bool permission = error.code == ErrorCode::kPermission;
        complain(permission ? ExitCode::kPermission : ExitCode::kIo, error.message,
                 std::move(hint));
    }

    // The age of the file, as far as clocks can be believed.
    void date(ListedKey& key, const FileInfo& info) {
        int64_t age = seconds_between(info.modified, now_);
        if (age < 0) {
            key.age_note = "dated in the future: check this host's clock";
            return;
        }
        key.age_seconds = age;
    }

    void limit_age(ListedKey& key, int64_t limit_seconds, std::string_view how) {
        key.limit_seconds = limit_seconds;
        key.limit = days(limit_seconds);
        if (!key.age_seconds) {
            return;
        }
        key.next_change = change_after(*key.age_seconds, limit_seconds, how);
        if (*key.age_seconds > limit_seconds) {
            complain(ExitCode::kConfig,
                     "the " + key.name + " key is " + days(*key.age_seconds) +
                         " old, its limit is " + key.limit,
                     std::string(how));
        }
    }

    void load_local();
    void add_identity();
    void add_local();
    void add_daily();
    void add_data();
    void add_recipients();
    void add_seal();
    void judge_segments();

    const KeyCommandPlaces& places_;
    CommandSeams seams_;
    UnixNanos now_;
    SegmentSurvey survey_;
    std::vector<LocalKey> local_;
    KeyInventory inventory_;
};

bool is_credential(const std::string& source) {
    return source.starts_with(kCredentialWord);
}

void Inventory::load_local() {
    bool only_in_the_unit =
        places_.keys.credentials.empty() &&
        std::any_of(places_.keys.local.begin(), places_.keys.local.end(), is_credential);
    if (only_in_the_unit) {
        return;
    }
    auto keys = load_local_secrets(seams_.files, places_.keys);
    if (keys) {
        local_ = std::move(*keys);
    } else {
        complain(keys.error(), keys.error().code == ErrorCode::kNotFound
                                   ? "keys are made when the agent first starts, or by `llmtrail "
                                     "keys init`"
                                   : "who could read or replace it can open this spool");
    }
}

void Inventory::add_identity() {
    ListedKey key;
    key.name = "identity";
    key.kind = "Ed25519";
    key.where = identity_path(places_.keys.directory);
    key.purpose = "signs the beginnings of the log and its checkpoints";
    auto info = seams_.files.info(key.where, false);
    if (!info) {
        complain(info.error(), "without it this host cannot write the log");
        return;
    }
    date(key, *info);
    auto checked = check_private_file(key.where, *info, PrivateFile::kKey, seams_.own_user);
    if (checked) {
        checked = check_way_to(seams_.files, key.where, seams_.own_user);
    }
    if (!checked) {
        complain(checked.error(), "who could read it can forge this log from then on");
    }
    std::string public_path = identity_public_path(places_.keys.directory);
    auto value = read_public_key(seams_.files, public_path);
    if (value) {
        auto id = log_id_of(*value);
        key.id = to_hex({id.data(), id.size()});
        key.value = public_key_text(*value);
    } else {
        complain(value.error(), "keep a copy off this host and give it to verify --trust");
    }
    limit_age(key, kIdentityKeyAgeMaxSeconds, "a new log: llmtrail keys rotate identity says how");
    inventory_.keys.push_back(std::move(key));
}

void Inventory::add_local() {
    for (size_t i = 0; i < local_.size(); ++i) {
        ListedKey key;
        key.name = "local";
        key.kind = "AES-256";
        key.id = to_hex({local_[i].id.data(), local_[i].id.size()});
        key.where = local_[i].path;
        key.purpose = i == 0 ? "wraps a random key each day: opens on this host what is not yet "
                               "confirmed"
                             : "opens what was written under it before";
        bool handed_over = !places_.keys.credentials.empty() &&
                           key.where.starts_with(places_.keys.credentials + "/");
        auto info = seams_.files.info(key.where, false);
        if (handed_over) {
            key.age_note = "not known here: systemd hands it over anew at each start";
        } else if (info) {
            date(key, *info);
        }
        limit_age(key, kLocalKeyAgeMaxSeconds,
                  handed_over ? "a new credential, named first in keys.local"
                              : "llmtrail keys rotate local");
        inventory_.keys.push_back(std::move(key));
    }
    for (const std::string& source : places_.keys.local) {
        if (is_credential(source) && places_.keys.credentials.empty()) {
            ListedKey key;
            key.name = "local";
            key.kind = "AES-256";
            key.where = source;
            key.purpose =
                "wraps a random key each day: opens on this host what is not yet "
                "confirmed";
            key.age_note = "not known here: only the unit is handed this credential";
            key.limit = days(kLocalKeyAgeMaxSeconds);
            inventory_.keys.push_back(std::move(key));
        }
    }
}

void Inventory::add_daily() {
    const SurveyedSegment* newest = survey_.newest();
    if (newest == nullptr || newest->daily_id.empty()) {
        return;
    }
    UnixNanos since = newest->begun;
    for (const SurveyedSegment& segment : survey_.segments) {
        if (segment.daily_id == newest->daily_id) {
            since = std::min(since, segment.begun);
        }
    }
    ListedKey key;
    key.name = "daily";
    key.kind = "AES-256";
    key.id = to_hex(newest->daily_id);
    key.where = "memory of the agent; wrapped in each key file of its day";
    key.purpose = "wraps the data keys of a day's segments";
    key.age_seconds = std::max<int64_t>(0, seconds_between(since, newest->last_written));
    key.age_note = "from its first segment to what was written last";
    key.limit_seconds = kDailyKeyAgeMaxMs / 1000;
    key.limit = "24 h";
    key.next_change = "with the first segment after 24 h, and with each start";
    // A segment that is begun under it may still run for its hour, and for a seal.
    constexpr int64_t kSlackSeconds = kSegmentKeyAgeMaxMs / 1000 + 16 * 60;
    if (*key.age_seconds > *key.limit_seconds + kSlackSeconds) {
        complain(ExitCode::kConfig,
                 "the daily key was used for " + std::to_string(*key.age_seconds / 3600) +
                     " h, its limit is 24 h",
                 "did this host's clock jump? restarting the agent makes a new one");
    }
    inventory_.keys.push_back(std::move(key));
}

void Inventory::add_data() {
    const SurveyedSegment* newest = survey_.newest();
    if (newest == nullptr) {
        return;
    }
    ListedKey key;
    key.name = "data";
    key.kind = "AES-256";
    key.id = to_hex(newest->commitment_head);
    key.where = segment_file_name(newest->segment_no) + ", four of them; wrapped in " +
                keys_file_name(newest->segment_no);
    key.purpose = "seal the sections of one segment";
    key.age_seconds = std::max<int64_t>(0, seconds_between(newest->begun, newest->last_written));
    key.age_note = "from the segment's beginning to what was written last; " +
                   std::to_string(newest->bytes >> 10) + " KiB so far";
    key.limit_seconds = kSegmentKeyAgeMaxMs / 1000;
    key.limit = "1 h, 64 MiB or 2^20 records";
    key.next_change = "with the next segment";
    inventory_.keys.push_back(std::move(key));
}

void Inventory::add_recipients() {
    for (const Recipient& recipient : places_.recipients) {
        RecipientId id = recipient_id(recipient.public_key);
        ListedKey key;
        key.name = "recipient";
        key.kind = "X25519";
        key.id = to_hex({id.data(), id.size()});
        key.where = "spool.recipients; its private half is kept off this host";
        key.purpose = "role " + std::string(role_name(recipient.role)) + ": opens";
        for (Section section : kSections) {
            key.purpose +=
                role_opens(recipient.role, section) ? " " + std::string(section_name(section)) : "";
        }
        key.value = recipient_key_text(recipient.public_key);
        std::optional<UnixNanos> since = survey_.first_use_of(id);
        key.age_note = since ? "at least: since the oldest segment here that is wrapped for it"
                             : "not in use yet";
        key.limit_seconds = kRecipientKeyAgeMaxSeconds;
        key.limit = "90 days, at most 365";
        if (since) {
            key.age_seconds = std::max<int64_t>(0, seconds_between(*since, now_));
            constexpr std::string_view kHow = "llmtrail keys new, then put it in spool.recipients";
            key.next_change = change_after(*key.age_seconds, kRecipientKeyAgeSeconds, kHow);
            std::string message = "recipient key " + key.id + " (" +
                                  std::string(role_name(recipient.role)) +
                                  ") has been in use for " + days(*key.age_seconds) + ", ";
            if (*key.age_seconds > kRecipientKeyAgeMaxSeconds) {
                complain(ExitCode::kConfig, message + "its hard limit is 365 days",
                         std::string(kHow));
            } else if (*key.age_seconds > kRecipientKeyAgeSeconds) {
                warn(message + "its limit is 90 days", std::string(kHow));
            }
        }
        inventory_.keys.push_back(std::move(key));
    }
}

void Inventory::add_seal() {
    ListedKey key;
    key.name = "seal";
    key.kind = "Ed25519";
    key.where = "memory of the agent, never written";
    key.purpose = "signs one seal each, certified by the seal before";
    key.limit = "one signature";
    key.next_change = std::string(kUntilNow) + " it has signed";
    inventory_.keys.push_back(std::move(key));
}

void Inventory::judge_segments() {
    if (places_.configured &&
        std::none_of(places_.recipients.begin(), places_.recipients.end(),
                     [](const Recipient& recipient) { return recipient.role == Role::kAuditor; })) {
        complain(ExitCode::kConfig, "no recovery key: only this host can open the spool",
                 "on another machine: llmtrail keys new --role auditor --out FILE; put the line it "
                 "prints below spool.recipients");
    }
    for (const Error& error : survey_.errors) {
        complain(error, "llmtrail verify says what else is wrong");
    }
    for (const SurveyedSegment& segment : survey_.segments) {
        inventory_.segments += 1;
        inventory_.locally_wrapped += segment.local_wrap ? 1U : 0U;
        inventory_.host_only += segment.local_wrap && !segment.auditor ? 1U : 0U;
        if (!segment.local_id.empty() && !local_.empty()) {
            bool first =
                segment.local_id == ByteView(local_.front().id.data(), local_.front().id.size());
            bool known = std::any_of(local_.begin(), local_.end(), [&](const LocalKey& key) {
                return segment.local_id == ByteView(key.id.data(), key.id.size());
            });
            inventory_.under_older_key += known && !first ? 1U : 0U;
            inventory_.foreign += known ? 0U : 1U;
        }
        std::optional<std::string> passed = passed_limit(segment);
        if (passed) {
            complain(ExitCode::kConfig,
                     segment_file_name(segment.segment_no) + ": data keys " + *passed,
                     "the agent ends a segment before: was this one written by another version?");
        }
    }
    if (inventory_.foreign > 0) {
        complain(ExitCode::kConfig,
                 std::to_string(inventory_.foreign) +
                     " segments are wrapped under a local key that is not here",
                 "name that key in keys.local, or leave them to their recipients");
    }
    if (inventory_.under_older_key > 0) {
        warn(std::to_string(inventory_.under_older_key) +
                 " segments are wrapped under an older local key",
             "the agent takes them over when it starts; llmtrail keys rewrap while it is stopped");
    }
}

}  // namespace

KeyInventory take_key_inventory(const KeyCommandPlaces& places, CommandSeams seams) {
    return Inventory(places, seams).take();
}

}  // namespace llmtrail
