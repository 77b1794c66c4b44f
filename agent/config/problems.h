// Gathers everything wrong with a configuration, so that one run shows it all. Keeps the files'
// text to quote the line at fault; a line that may hold a secret, also under a key that nobody
// knows, is quoted up to its colon only. One thread.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "config/config_tree.h"
#include "config/settings.h"

namespace llmtrail {

inline constexpr size_t kConfigErrorsMax = 100;           // then one more that says so
inline constexpr size_t kConfigSourceLineBytesMax = 160;  // of the quoted line

// Whether a key's name says that its value is secret.
bool names_secret(std::string_view key);

class Problems {
 public:
    int add_file(std::string name, std::string_view text);

    void add(ConfigPlace place, std::string message, std::string hint = {},
             ErrorCode code = ErrorCode::kConfig);

    // What stands behind this key is quoted by none of the errors on its line.
    void hide_value(ConfigPlace key);

    bool empty() const { return errors_.empty(); }

    std::string where(ConfigPlace place) const;  // "FILE:LINE:COLUMN"
    std::vector<ConfigError> take();             // in the order of files and lines

 private:
    struct File {
        std::string name;
        std::vector<std::string> lines;
    };

    struct Placed {
        ConfigPlace place;
        ConfigError error;
    };

    std::string quoted_line(ConfigPlace place) const;

    std::vector<File> files_;
    std::vector<Placed> errors_;
    std::map<std::pair<int, int>, size_t> hidden_from_;  // by file and line: a byte of the line
    size_t left_out_ = 0;
};

}  // namespace llmtrail
