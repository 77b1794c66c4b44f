#include "bodies/stream_parts.h"

namespace llmtrail {

void write_streamed_tool_call(BodyScratch& scratch, std::string_view id, std::string_view name,
                              std::string_view arguments) {
    JsonTree tree;
    if (auto whole = tree.read(arguments.empty() ? "{}" : arguments, false)) {
        scratch.output.tool_call(id, name, *whole);
        add_tool_call(scratch, id, name, *whole);
    } else {
        scratch.output.tool_call(id, name, arguments);
        add_tool_call(scratch, id, name, arguments);
    }
}

void mark_incomplete_stream(AuditRecord& record) {
    record.append_to_list(Field::kRecordFlags, "incomplete_stream");
}

}  // namespace llmtrail
