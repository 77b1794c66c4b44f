// Where the source tree is, and the whole text of a file in it. For the tests of this folder.
#pragma once

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

inline std::filesystem::path source_root() {
    return LLMTRAIL_SOURCE_DIR;
}

inline std::string read(const std::filesystem::path& path) {
    std::ifstream in(path, std::ios::binary);
    std::ostringstream out;
    out << in.rdbuf();
    return out.str();
}
