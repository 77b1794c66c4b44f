#include <algorithm>

#include "base/limits.h"
#include "cli/commands.h"
#include "cli/coverage.h"
#include "cli/document_feed.h"
#include "cli/record_printer.h"
#include "cli/source_choice.h"

namespace llmtrail {

namespace {

constexpr size_t kDigestKeyBytes = 32;

ExitCode list_formats(CommandSeams seams) {
    std::string text = "auto\twhichever of the following recognizes the document\n";
    for (const ParserFormat& format : parser_formats()) {
        text.append(format.name).append("\t").append(format.make()->describes()).append("\n");
    }
    auto written = seams.data.write(text);
    return written ? ExitCode::kOk : seams.talk.refuse(written.error());
}

// How one file is to be read: by the source it belongs to, or by format alone.
struct Reading {
    std::unique_ptr<DocumentReader> reader;
    std::string source_id;
    uint64_t document_bytes_max = kDocumentBytesMaxDefault;
    bool joins = true;
};

Result<Reading> reading_of(const std::string& path, const ParseArguments& arguments,
                           const Settings* settings) {
    static const SourceSettings no_source;
    const SourceSettings* source = settings == nullptr ? nullptr : source_for_file(*settings, path);
    const SourceSettings& from = source == nullptr ? no_source : *source;
    const std::string& format = arguments.format.empty() ? from.format : arguments.format;
    auto reader = DocumentReader::make(format, map_rules(from), from.utc_offset_seconds);
    if (!reader) {
        return fail(std::move(reader.error()));
    }
    return Reading{std::move(*reader), from.id, from.max_document_bytes,
                   from.join_bytes_max > 0 && from.join_age_max_ms > 0};
}

DocumentReader::Document document_to_read(const StreamDocument& document, UnixNanos observed) {
    DocumentReader::Document read;
    read.bytes = document.bytes;
    read.padded = true;
    read.truncated = document.truncated;
    read.full_size_bytes = document.full_size_bytes;
    read.observed = observed;
    return read;
}

Result<void> cover_file(const std::string& path, Reading& reading, FieldCoverage& coverage,
                        CommandSeams seams) {
    auto input = seams.inputs.open(path);
    if (!input) {
        return fail(std::move(input.error()));
    }
    DocumentFeed feed(**input, reading.document_bytes_max);
    auto outcome = feed.run([&](const StreamDocument& document) {
        const auto read = document_to_read(document, seams.clock.wall_now());
        coverage.start_document(read.observed);
        reading.reader->read(read, coverage);
        coverage.end_document(document.bytes, document.truncated);
        return true;
    });
    coverage.parsed().bytes += feed.bytes_read();
    return outcome;
}

Result<void> parse_file(const std::string& path, Reading& reading, RecordPrinter& printer,
                        CommandSeams seams) {
    auto input = seams.inputs.open(path);
    if (!input) {
        return fail(std::move(input.error()));
    }
    DocumentFeed feed(**input, reading.document_bytes_max);
    auto outcome = feed.run([&](const StreamDocument& document) {
        const auto read = document_to_read(document, seams.clock.wall_now());
        printer.start_document(document, path == "-" ? "" : path, reading.source_id, read.observed,
                               reading.joins);
        reading.reader->read(read, printer);
        return printer.outcome().has_value();
    });
    printer.totals().bytes += feed.bytes_read();
    return outcome;
}

std::string summary(const ParseTotals& totals) {
    return "documents " + std::to_string(totals.documents) + ", records " +
           std::to_string(totals.records) + ", rejected " + std::to_string(totals.rejected) +
           ", bytes " + std::to_string(totals.bytes);
}

bool is_known_format(const std::string& format) {
    std::vector<std::string> names = config_vocabulary().formats;
    return format.empty() || format == "auto" ||
           std::find(names.begin(), names.end(), format) != names.end();
}

// Whatever is wrong with an input, it is not the configuration.
ExitCode refuse_input(const std::string& path, const Error& error, CommandSeams seams) {
    ExitCode code = seams.talk.refuse(error);
    if (code == ExitCode::kPermission) {
        seams.talk.hint("run as a user who may read it: " + path);
        return code;
    }
    if (error.code == ErrorCode::kInvalidArgument || error.code == ErrorCode::kUnsupported) {
        seams.talk.hint(
            "only regular files are opened, plain or packed with gzip, zstd or zip; pipe anything "
            "else "
            "into "
            "`llmtrail parse -`");
    }
    return ExitCode::kIo;
}

}  // namespace

ExitCode parse_command(const ParseArguments& arguments, CommandSeams seams) {
    if (arguments.format == "list") {
        return list_formats(seams);
    }
    if (!is_known_format(arguments.format)) {
        auto refused = DocumentReader::make(arguments.format, {}, 0);
        seams.talk.error(refused ? "unknown format" : refused.error().message);
        seams.talk.hint("`llmtrail parse --as list` prints the names");
        return ExitCode::kUsage;
    }
    std::shared_ptr<const Settings> settings;
    if (!arguments.config.empty()) {
        LoadedForCommand loaded = load_for_command(arguments.config, seams);
        if (!loaded.settings) {
            return loaded.exit_code;
        }
        settings = loaded.settings;
    }
    auto key = Secret::random(seams.random, kDigestKeyBytes);
    if (!key) {
        return seams.talk.refuse(key.error());
    }
    RecordPrinter printer(arguments.to, seams.data, std::move(*key));
    FieldCoverage coverage;
    ExitCode code = ExitCode::kOk;
    for (const std::string& file : arguments.files) {
        std::string path = file == "-" ? file : absolute_path(file);
        auto reading = reading_of(path, arguments, settings.get());
        auto parsed = !reading             ? Result<void>(fail(reading.error()))
                      : arguments.coverage ? cover_file(path, *reading, coverage, seams)
                                           : parse_file(path, *reading, printer, seams);
        if (!parsed) {
            code = refuse_input(path, parsed.error(), seams);  // the other files are still read
        }
        if (!printer.outcome()) {
            break;
        }
    }
    if (arguments.coverage) {
        auto written = seams.data.write(coverage.report());
        seams.talk.say(summary(coverage.parsed()));
        return written ? code : seams.talk.refuse(written.error());
    }
    printer.print_waiting();
    if (auto written = printer.flush(); !written) {
        return seams.talk.refuse(written.error());
    }
    seams.talk.say(summary(printer.totals()));
    return code;
}

}  // namespace llmtrail
