#include "parsers/body_text.h"

#include <algorithm>

namespace llmtrail {

namespace {

constexpr int64_t kFirstErrorStatus = 400;
constexpr std::string_view kFlag = "body_not_json";
constexpr std::string_view kPageBegins[] = {"<!doctype html", "<html"};

bool begins_with(std::string_view text, std::string_view small) {
    return text.size() >= small.size() &&
           std::equal(small.begin(), small.end(), text.begin(), [](char wanted, char given) {
               return wanted == (given >= 'A' && given <= 'Z' ? given | 0x20 : given);
           });
}

bool is_web_page(std::string_view text) {
    text.remove_prefix(std::min(text.find_first_not_of(" \t\r\n"), text.size()));
    return std::any_of(std::begin(kPageBegins), std::end(kPageBegins),
                       [&](std::string_view begin) { return begins_with(text, begin); });
}

void add_message(MessagesWriter& out, std::string_view role, std::string_view text) {
    out.begin_message(role);
    out.text(text);
    out.end_message();
}

}  // namespace

void flag_repairs(AuditRecord& record, const JsonRepairs& repairs) {
    struct Row {
        bool present;
        std::string_view flag;
    };

    const Row rows[] = {
        {repairs.invalid_utf8, "invalid_utf8"},
        {repairs.lone_surrogate, "lone_surrogate"},
        {repairs.control_character, "control_character"},
        {repairs.non_finite_number, "non_finite_number"},
        {repairs.huge_number, "huge_number"},
    };
    for (const Row& row : rows) {
        if (row.present) {
            record.append_to_list(Field::kRecordFlags, row.flag);
        }
    }
}

void read_text_request(std::string_view text, BodyScratch& scratch, AuditRecord& record) {
    add_message(scratch.input, "user", text);
    record.append_to_list(Field::kRecordFlags, kFlag);
}

void read_text_answer(std::string_view text, BodyScratch& scratch, AuditRecord& record) {
    record.append_to_list(Field::kRecordFlags, kFlag);
    bool failed = record.integer(Field::kHttpResponseStatusCode).value_or(0) >= kFirstErrorStatus ||
                  is_web_page(text);
    if (failed && fill_text(record, Field::kErrorMessage, text)) {
        record.set_text(Field::kEventKind, "error");
        fill_text(record, Field::kEventOutcome, "failure");
    } else {
        add_message(scratch.output, "assistant", text);
    }
}

}  // namespace llmtrail
