// One row for a table of Log Analytics while it is written: a JSON object with each column at most
// once, each with the type the table gives it. Belongs to one formatter (sentinel.cpp) and keeps
// its buffers. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "format/sentinel_table.h"

namespace llmtrail {

// Azure cuts a longer value without a word.
inline constexpr size_t kColumnBytesMax = size_t{64} << 10;

class SentinelRow {
 public:
    explicit SentinelRow(std::span<const SentinelColumn> columns)
        : columns_(columns), written_(columns.size()) {}

    void begin() {
        text_ = "{";
        written_.assign(columns_.size(), false);
    }

    // Each writes one column unless it is written already or the value is empty. A name that the
    // table does not have, or has with another type, ends the program.
    void add_text(std::string_view column, std::string_view text);
    void add_integer(std::string_view column, int64_t value);
    void add_time(std::string_view column, int64_t time_ns);
    void add_boolean(std::string_view column, bool value);
    // `escaped`: the value of a CEF pair, read as the type of the column asks for.
    void add_pair(std::string_view column, std::string_view escaped);

    // What is written so far can be gone back to.
    struct Mark {
        size_t bytes = 0;
        std::vector<bool> written;
    };

    Mark mark() const { return {text_.size(), written_}; }

    void go_back(const Mark& mark) {
        text_.resize(mark.bytes);
        written_ = mark.written;
    }

    size_t size() const { return text_.size(); }

    void end(std::string& out) const { out.append(text_).push_back('}'); }

 private:
    ColumnType type_of(std::string_view column) const;
    bool begin_column(std::string_view column);
    size_t index_of(std::string_view column) const;

    std::span<const SentinelColumn> columns_;
    std::vector<bool> written_;
    std::string text_;
    std::string plain_;
};

// The value of a CEF pair as it was before it was escaped for CEF.
void append_unescaped_cef(std::string& out, std::string_view escaped);

}  // namespace llmtrail
