#include "spool/local_wrap.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "spool/segment_file.h"

namespace llmtrail {
namespace {

constexpr uint32_t kKeyFileMode = 0600;

std::string path_of(const std::string& directory, uint64_t segment_no) {
    return directory + "/" + keys_file_name(segment_no);
}

Result<KeyStanzas> read_stanzas(FileSystem& files, const std::string& directory,
                                uint64_t segment_no) {
    Result<Bytes> bytes = files.read_file(path_of(directory, segment_no), kKeyFileBytesMax);
    Result<KeyStanzas> stanzas =
        bytes ? decode_key_stanzas(*bytes) : Result<KeyStanzas>(fail(bytes.error()));
    if (stanzas && stanzas->segment_no != segment_no) {
        return fail(ErrorCode::kCorrupt, "the key file of another segment");
    }
    if (!stanzas) {
        return fail(std::move(stanzas).error().with_context(keys_file_name(segment_no)));
    }
    return stanzas;
}

Result<KeyStanzas> read_stanzas(FileSystem& files, const std::string& directory,
                                const SegmentHeader& header) {
    Result<KeyStanzas> stanzas = read_stanzas(files, directory, header.segment_no);
    if (stanzas && stanzas->log_id != header.log_id) {
        return fail(ErrorCode::kCorrupt,
                    keys_file_name(header.segment_no) + ": the key file of another log");
    }
    return stanzas;
}

Result<void> write_stanzas(FileSystem& files, const std::string& directory,
                           const KeyStanzas& stanzas) {
    Result<void> written = files.replace_file(path_of(directory, stanzas.segment_no),
                                              encode_key_stanzas(stanzas), kKeyFileMode);
    return written ? written
                   : fail(std::move(written).error().with_context("rewriting a segment's keys"));
}

const LocalKey* key_of(const KeyStanza& stanza, const std::vector<LocalKey>& local) {
    ByteView id = local_id_of(stanza);
    for (const LocalKey& key : local) {
        if (!id.empty() && id == ByteView(key.id.data(), key.id.size())) {
            return &key;
        }
    }
    return nullptr;
}

// The same key under `first`; the stanza as it is when no key opens it.
Result<KeyStanza> wrapped_anew(const KeyStanza& stanza, const SegmentHeader& log,
                               const LocalKey& old, const LocalKey& first, Random& random) {
    if (stanza.type == StanzaType::kPositionKey) {
        Result<Secret> key = open_position_stanza(stanza, log, old);
        return key ? make_position_stanza(log, *key, first, random)
                   : Result<KeyStanza>(fail(key.error()));
    }
    Result<DailyKey> daily = open_daily_stanza(stanza, log, old);
    return daily ? make_daily_stanza(log, *daily, first, random)
                 : Result<KeyStanza>(fail(daily.error()));
}

// What take_over_local_wraps() does with one file. True: something is another.
Result<bool> take_over(KeyStanzas& stanzas, Random& random, const std::vector<LocalKey>& local) {
    const LocalKey& first = local.front();
    SegmentHeader log;
    log.log_id = stanzas.log_id;
    bool has_position = has_stanza(stanzas, StanzaType::kPositionKey, kWholeSegment);
    std::optional<KeyStanza> position;
    bool changed = false;
    for (KeyStanza& stanza : stanzas.list) {
        const LocalKey* old = key_of(stanza, local);
        if (old == nullptr || old == &first) {
            continue;
        }
        Result<KeyStanza> anew = wrapped_anew(stanza, log, *old, first, random);
        if (anew && stanza.type == StanzaType::kDailyKey && !has_position && !position) {
            // Until now the position key followed from the key that is about to go.
            Result<KeyStanza> made =
                make_position_stanza(log, hkdf_expand(old->key, kPositionsInfo), first, random);
            if (!made) {
                return fail(made.error());
            }
            position = std::move(*made);
        }
        if (!anew) {
            return fail(std::move(anew).error().with_context(keys_file_name(stanzas.segment_no)));
        }
        stanza = std::move(*anew);
        changed = true;
    }
    if (position) {
        stanzas.list.push_back(std::move(*position));
    }
    return changed;
}

bool is_foreign(const KeyStanzas& stanzas, const std::vector<LocalKey>& local) {
    bool has_one = false;
    for (const KeyStanza& stanza : stanzas.list) {
        if (stanza.type == StanzaType::kDailyKey) {
            has_one = true;
            if (key_of(stanza, local) != nullptr) {
                return false;
            }
        }
    }
    return has_one;
}

bool is_wrapped_for(const KeyStanzas& stanzas, const Recipient& recipient, Section section) {
    RecipientId id = recipient_id(recipient.public_key);
    return std::any_of(stanzas.list.begin(), stanzas.list.end(), [&](const KeyStanza& stanza) {
        std::optional<RecipientStanza> read = read_recipient_stanza(stanza);
        return read && stanza.section == static_cast<uint8_t>(section) &&
               read->id == ByteView(id.data(), id.size()) &&
               read->role == role_name(recipient.role);
    });
}

}  // namespace

Result<LocalWrapEnd> destroy_local_wrap(FileSystem& files, const std::string& directory,
                                        const SegmentHeader& header) {
    Result<KeyStanzas> stanzas = read_stanzas(files, directory, header);
    if (!stanzas) {
        return stanzas.error().code == ErrorCode::kNotFound
                   ? Result<LocalWrapEnd>(LocalWrapEnd::kWasGone)
                   : Result<LocalWrapEnd>(fail(stanzas.error()));
    }
    if (!has_local_wrap(*stanzas)) {
        return LocalWrapEnd::kWasGone;
    }
    bool any = false;
    for (uint8_t s = 0; s < kSectionCount; ++s) {
        if (!has_stanza(*stanzas, StanzaType::kDataKey, s)) {
            continue;
        }
        if (!has_auditor(*stanzas, s)) {
            return LocalWrapEnd::kNoRecoveryKey;
        }
        any = true;
    }
    if (!any) {
        return LocalWrapEnd::kNoRecoveryKey;
    }
    std::erase_if(stanzas->list,
                  [](const KeyStanza& stanza) { return is_local_wrap(stanza.type); });
    Result<void> written = write_stanzas(files, directory, *stanzas);
    return written ? Result<LocalWrapEnd>(LocalWrapEnd::kDestroyed)
                   : Result<LocalWrapEnd>(fail(written.error()));
}

Result<bool> erase_section_keys(FileSystem& files, const std::string& directory,
                                const SegmentHeader& header, uint8_t sections) {
    Result<KeyStanzas> stanzas = read_stanzas(files, directory, header);
    if (!stanzas) {
        return fail(stanzas.error());
    }
    // A type that this version does not know may hold any section's key under the number 255.
    size_t erased = std::erase_if(stanzas->list, [&](const KeyStanza& stanza) {
        bool of_section = stanza.section < kSectionCount && (sections >> stanza.section & 1) != 0;
        bool of_any = stanza.section >= kSectionCount && stanza.type != StanzaType::kDailyKey &&
                      stanza.type != StanzaType::kPositionKey;
        return of_section || of_any;
    });
    if (erased == 0) {
        return false;
    }
    Result<void> written = write_stanzas(files, directory, *stanzas);
    return written ? Result<bool>(true) : Result<bool>(fail(written.error()));
}

TakeOver take_over_local_wraps(FileSystem& files, Random& random, const std::string& directory,
                               const std::vector<uint64_t>& segments,
                               const std::vector<LocalKey>& local) {
    TakeOver done;
    for (uint64_t segment_no : segments) {
        Result<KeyStanzas> stanzas = read_stanzas(files, directory, segment_no);
        if (!stanzas) {
            if (stanzas.error().code != ErrorCode::kNotFound) {
                done.errors.push_back(stanzas.error());
            }
            continue;
        }
        done.foreign += is_foreign(*stanzas, local) ? 1U : 0U;
        Result<bool> changed = take_over(*stanzas, random, local);
        if (changed && *changed) {
            Result<void> written = write_stanzas(files, directory, *stanzas);
            changed = written ? changed : Result<bool>(fail(written.error()));
        }
        if (!changed) {
            done.errors.push_back(changed.error());
        } else if (*changed) {
            done.rewritten += 1;
        }
    }
    return done;
}

Result<uint64_t> add_missing_recipients(FileSystem& files, Random& random,
                                        const std::string& directory, const SegmentHeader& header,
                                        const std::vector<LocalKey>& local,
                                        const std::vector<Recipient>& recipients) {
    Result<KeyStanzas> stanzas = read_stanzas(files, directory, header);
    if (!stanzas) {
        return fail(stanzas.error());
    }
    Result<DataKeys> keys = open_key_file(encode_key_stanzas(*stanzas), header, local);
    if (!keys) {
        return fail(keys.error());
    }
    uint64_t added = 0;
    for (const Recipient& recipient : recipients) {
        for (Section section : kSections) {
            const Secret& key = (*keys)[index_of(section)];
            if (key.empty() || !role_opens(recipient.role, section) ||
                is_wrapped_for(*stanzas, recipient, section)) {
                continue;
            }
            Result<KeyStanza> made = make_recipient_stanza(header, section, key, recipient, random);
            if (!made) {
                return fail(made.error());
            }
            stanzas->list.push_back(std::move(*made));
            added += 1;
        }
    }
    if (stanzas->list.size() > kStanzasMax) {
        return fail(ErrorCode::kLimit, keys_file_name(header.segment_no) + " is full");
    }
    Result<void> written = added == 0 ? Result<void>{} : write_stanzas(files, directory, *stanzas);
    return written ? Result<uint64_t>(added) : Result<uint64_t>(fail(written.error()));
}

Result<Secret> find_position_key(FileSystem& files, Random& random, const std::string& directory,
                                 const std::vector<uint64_t>& segments,
                                 const std::vector<LocalKey>& local) {
    for (auto segment_no = segments.rbegin(); segment_no != segments.rend(); ++segment_no) {
        Result<Bytes> bytes = files.read_file(path_of(directory, *segment_no), kKeyFileBytesMax);
        Result<KeyStanzas> stanzas =
            bytes ? decode_key_stanzas(*bytes) : Result<KeyStanzas>(fail(bytes.error()));
        if (!stanzas) {
            continue;
        }
        SegmentHeader log;
        log.log_id = stanzas->log_id;
        log.segment_no = stanzas->segment_no;
        Result<Secret> key = open_position_key(*bytes, log, local);
        if (key) {
            return key;
        }
    }
    return Secret::random(random, kDataKeyBytes);
}

}  // namespace llmtrail
