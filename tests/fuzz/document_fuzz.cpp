// Any bytes give records, each record is sections that decode to itself, and one event of one line.
#include <cstdint>
#include <cstdlib>

#include "base/utf8.h"
#include "format/formatter.h"
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
        std::string event;
        formatter->format(back, SpoolReference{.event_id = "id"}, event);
        require(event.size() <= 8000 && is_valid_utf8(event) &&
                event.find('\n') == std::string::npos &&
                event.starts_with("CEF:0|llmtrail|agent|"));
    }

    AuditRecord record;
    std::unique_ptr<Formatter> formatter =
        make_cef_formatter({.prompt_preview_characters = 200, .response_preview_characters = 200});
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    static auto reader = DocumentReader::make("auto", {}, 0);
    static Sink sink;
    std::string_view bytes(reinterpret_cast<const char*>(data), size);
    (*reader)->read({.bytes = bytes, .full_size_bytes = size, .observed = UnixNanos{1}}, sink);
    return 0;
}
