// The log of a server in tests/fakes: lines of words with tabs between, and the lists of words that
// its script is written with.
#pragma once

#include <string>
#include <vector>

namespace llmtrail {

using LogLines = std::vector<std::vector<std::string>>;

LogLines read_server_log(const std::string& path);
// Of the lines that begin with `kind`, their words; in order.
LogLines read_server_log(const std::string& path, const std::string& kind);

std::string json_list(const std::vector<std::string>& words);

}  // namespace llmtrail
