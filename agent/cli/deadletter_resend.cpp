// llmtrail deadletter resend: builds events again from their sealed records and sends them, marked,
// through the outputs that could not deliver them. The spool is only read: its one writer is the
// agent, which may be running.
#include <algorithm>
#include <charconv>
#include <map>
#include <memory>

#include "cli/deadletter.h"
#include "cli/output_beside.h"
#include "crypto/secret.h"
#include "platform/posix.h"
#include "spool/batch.h"

namespace llmtrail {

namespace {

using LettersByIndex = std::multimap<uint64_t, const DeadLetter*>;

// Each output that is needed, made when it is and made anew after a failure.
class Resender {
 public:
    Resender(const Settings& settings, CommandSeams seams)
        : settings_(settings),
          seams_(seams),
          names_(host_names(settings, seams.files)),
          network_(make_posix_network()) {}

    void resend(const FoundRecord& found, const DeadLetter& letter);
    void refuse(const DeadLetter& letter, const Error& error);
    void end();

    // The first failure of all; kOk: none.
    ExitCode exit_code() const { return exit_code_; }

 private:
    struct Way {
        std::unique_ptr<Formatter> formatter;
        std::unique_ptr<Output> output;  // null: to be made
    };

    Result<void> deliver(const FoundRecord& found, const DeadLetter& letter);
    Result<Way*> way_of(const std::string& output);
    void report(const DeadLetter& letter, const std::string& words);

    const Settings& settings_;
    CommandSeams seams_;
    HostNames names_;
    std::unique_ptr<Network> network_;
    std::map<std::string, Way> ways_;
    ExitCode exit_code_ = ExitCode::kOk;
};

Result<Resender::Way*> Resender::way_of(const std::string& output) {
    auto settings = std::find_if(settings_.outputs.begin(), settings_.outputs.end(),
                                 [&](const OutputSettings& one) { return one.id == output; });
    if (settings == settings_.outputs.end()) {
        return fail(ErrorCode::kConfig, "no output `" + output + "` is configured");
    }
    Way& way = ways_[output];
    if (!way.formatter) {
        way.formatter = make_formatter(*settings, names_);
    }
    if (!way.output) {
        auto made = make_output_beside(*settings, names_, *network_, seams_);
        if (!made) {
            return fail(std::move(made.error()));
        }
        way.output = std::move(*made);
    }
    return &way;
}

Result<void> Resender::deliver(const FoundRecord& found, const DeadLetter& letter) {
    std::string event_id = event_id_of(found.leaf);
    if (event_id != letter.event_id) {
        return fail(ErrorCode::kCorrupt, "the record there is not the one it was");
    }
    for (Section section : kSections) {
        if (found.sections[index_of(section)] == SectionState::kSealed) {
            return fail(ErrorCode::kPermission, "the key does not open its section `" +
                                                    std::string(section_name(section)) + "`");
        }
    }
    Result<Way*> way = way_of(letter.output);
    if (!way) {
        return fail(std::move(way.error()));
    }
    SpoolReference reference{.index = found.index,
                             .leaf = view(found.leaf),
                             .commitments = {},
                             .event_id = event_id,
                             .resent = true};
    for (size_t s = 0; s < kSectionCount; ++s) {
        reference.commitments[s] = view(found.commitments[s]);
    }
    std::string text;
    OutputEvent event = event_of(found.record, reference, *(*way)->formatter, text);
    return deliver_once(*(*way)->output, event, seams_.clock);
}

void Resender::report(const DeadLetter& letter, const std::string& words) {
    Result<void> written =
        write_line("output " + letter.output + ", record " + std::to_string(letter.index) +
                       ", event " + letter.event_id + ": " + words + "\n",
                   seams_.data);
    if (!written && exit_code_ == ExitCode::kOk) {
        exit_code_ = seams_.talk.refuse(written.error());
    }
}

void Resender::refuse(const DeadLetter& letter, const Error& error) {
    report(letter, "not delivered");
    seams_.talk.error("output `" + letter.output + "`, record " + std::to_string(letter.index) +
                      ": " + error.message);
    // What a receiver says to it is no usage of ours.
    ExitCode code = error.code == ErrorCode::kPermission || error.code == ErrorCode::kCorrupt
                        ? exit_code_of(error.code)
                        : ExitCode::kIo;
    exit_code_ = exit_code_ == ExitCode::kOk ? code : exit_code_;
}

void Resender::resend(const FoundRecord& found, const DeadLetter& letter) {
    Result<void> delivered = deliver(found, letter);
    if (delivered) {
        report(letter, confirmed_words(ways_[letter.output].output->confirmation()));
        return;
    }
    if (auto way = ways_.find(letter.output); way != ways_.end()) {
        way->second.output.reset();
    }
    refuse(letter, delivered.error());
}

void Resender::end() {
    for (auto& [id, way] : ways_) {
        if (way.output) {
            end_beside(*way.output, seams_.clock);
        }
    }
}

// The letters that are asked for, by the index of their records. Not kOk: it has been told.
ExitCode choose(const std::vector<std::string>& indexes, const std::vector<FoundLetter>& letters,
                LettersByIndex& chosen, Talk& talk) {
    LettersByIndex all;
    for (const FoundLetter& found : letters) {
        all.emplace(found.letter.index, &found.letter);
    }
    if (indexes.empty()) {
        chosen = std::move(all);
        return ExitCode::kOk;
    }
    for (const std::string& text : indexes) {
        uint64_t index = 0;
        auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), index);
        if (error != std::errc() || end != text.data() + text.size()) {
            talk.error("`" + text + "` is no index of a record");
            talk.hint("llmtrail deadletter list shows them");
            return ExitCode::kUsage;
        }
        auto [first, last] = all.equal_range(index);
        if (chosen.count(index) == 0) {
            chosen.insert(first, last);
        }
        if (first == last) {
            talk.error("record " + text + " is no dead letter");
            talk.hint("llmtrail deadletter list shows them");
            return ExitCode::kIo;
        }
    }
    return ExitCode::kOk;
}

}  // namespace

ExitCode resend_letters(const DeadletterArguments& arguments, const Settings& settings,
                        const QuerySource& source, const std::vector<FoundLetter>& letters,
                        CommandSeams seams) {
    LettersByIndex chosen;
    ExitCode code = choose(arguments.indexes, letters, chosen, seams.talk);
    if (code != ExitCode::kOk) {
        return code;
    }
    std::set<uint64_t> indexes;
    for (const auto& [index, letter] : chosen) {
        indexes.insert(index);
    }
    (void)init_secure_memory();  // tokens are shown to receivers; unlocked they still work
    Resender resender(settings, seams);
    auto for_letters_of = [&](uint64_t index, auto&& act) {
        auto [first, last] = chosen.equal_range(index);
        for (; first != last; ++first) {
            act(*first->second);
        }
    };
    RecordPick pick(
        std::move(indexes),
        [&](const FoundRecord& found) {
            for_letters_of(found.index,
                           [&](const DeadLetter& letter) { resender.resend(found, letter); });
        },
        [](const ScanProblem&) {});  // told when the letters were read
    ScanOptions options;
    options.directory = source.directory;
    options.trusted = source.trusted;
    Result<ScanTotals> totals =
        SpoolScan(seams.files, std::move(options), source.key_or_null()).run(pick);
    resender.end();
    if (!totals) {
        return seams.talk.refuse(totals.error());
    }
    for (uint64_t index : pick.missing()) {
        for_letters_of(index, [&](const DeadLetter& letter) {
            resender.refuse(letter,
                            {ErrorCode::kNotFound,
                             "its record is not in the spool any more, or does not open", 0});
        });
    }
    return resender.exit_code();
}

}  // namespace llmtrail
