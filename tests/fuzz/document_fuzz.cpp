// Any bytes give records, each record is sections that decode to itself, and one CEF and one LEEF
// event of one line. Built once for each family of parsers: every input is read as each format of
// FUZZ_FORMATS.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "base/utf8.h"
#include "format/formatter.h"
#include "json_mutation.h"
#include "parsers/parser.h"
#include "record/record_codec.h"

using namespace llmtrail;

namespace {

void require(bool holds) {
    if (!holds) {
        std::abort();
    }
}

class Sink : public RecordSink {
 public:
    AuditRecord& begin() override {
        record.clear();
        return record;
    }

    void commit() override {
        std::array<Bytes, kSectionCount> sections;
        encode_record(record, sections);
        AuditRecord back;
        for (Section section : kSections) {
            require(
                decode_section(sections[static_cast<size_t>(section)], section, back).has_value());
        }
        check_event(*cef, back, "CEF:0|llmtrail|agent|");
        check_event(*leef, back, "LEEF:1.0|llmtrail|agent|");
    }

 private:
    static void check_event(Formatter& formatter, const AuditRecord& from, std::string_view start) {
        std::string event;
        formatter.format(from, SpoolReference{.event_id = "id"}, event);
        require(event.size() <= 8000 && is_valid_utf8(event) &&
                event.find('\n') == std::string::npos && event.starts_with(start));
    }

    static FormatOptions options() {
        return {.prompt_preview_characters = 200, .response_preview_characters = 200};
    }

    AuditRecord record;
    std::unique_ptr<Formatter> cef = make_cef_formatter(options());
    std::unique_ptr<Formatter> leef = make_leef_formatter(options());
};

std::vector<std::unique_ptr<DocumentReader>> make_readers() {
    std::vector<std::unique_ptr<DocumentReader>> readers;
    std::string_view formats = FUZZ_FORMATS;
    while (!formats.empty()) {
        size_t end = std::min(formats.find(','), formats.size());
        auto reader = DocumentReader::make(formats.substr(0, end), {}, 0);
        require(reader.has_value());
        readers.push_back(std::move(*reader));
        formats.remove_prefix(std::min(end + 1, formats.size()));
    }
    return readers;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    static const auto kReaders = make_readers();
    static Sink sink;
    std::string_view bytes(reinterpret_cast<const char*>(data), size);
    for (const auto& reader : kReaders) {
        reader->read({.bytes = bytes, .full_size_bytes = size, .observed = UnixNanos{1}}, sink);
    }
    return 0;
}

extern "C" size_t LLVMFuzzerMutate(uint8_t* data, size_t size, size_t max_size);

// Half of the inputs keep their JSON and get one value in the place of another; the rest is bytes.
extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t max_size,
                                          unsigned seed) {
    if (seed % 2 == 0) {
        return LLVMFuzzerMutate(data, size, max_size);
    }
    std::string text(reinterpret_cast<const char*>(data), size);
    if (!mutate_json(text, seed) || text.size() > max_size) {
        return LLVMFuzzerMutate(data, size, max_size);
    }
    std::copy(text.begin(), text.end(), data);
    return text.size();
}
