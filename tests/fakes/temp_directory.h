// A directory of its own for one test, removed with all it holds, and plain ways to change files in
// it. Failures to prepare a test end it.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>

#include "base/bytes.h"
#include "base/check.h"

namespace llmtrail {

class TempDirectory {
 public:
    TempDirectory() {
        std::string pattern =
            (std::filesystem::temp_directory_path() / "llmtrail-test-XXXXXX").string();
        LLMTRAIL_CHECK(mkdtemp(pattern.data()) != nullptr);
        path_ = pattern;
    }

    ~TempDirectory() { std::filesystem::remove_all(path_); }

    TempDirectory(const TempDirectory&) = delete;
    TempDirectory& operator=(const TempDirectory&) = delete;

    std::string path() const { return path_.string(); }

    std::string operator/(const std::string& name) const { return (path_ / name).string(); }

    void append(const std::string& name, ByteView bytes) const { put(name, bytes, "ab"); }

    void write(const std::string& name, ByteView bytes) const { put(name, bytes, "wb"); }

    void rename(const std::string& from, const std::string& to) const {
        std::filesystem::rename(path_ / from, path_ / to);
    }

    void remove(const std::string& name) const {
        LLMTRAIL_CHECK(std::filesystem::remove(path_ / name));
    }

    void copy(const std::string& from, const std::string& to) const {
        std::filesystem::copy_file(path_ / from, path_ / to);
    }

    void truncate(const std::string& name) const { std::filesystem::resize_file(path_ / name, 0); }

 private:
    void put(const std::string& name, ByteView bytes, const char* mode) const {
        std::FILE* file = std::fopen((path_ / name).c_str(), mode);
        LLMTRAIL_CHECK(file != nullptr);
        LLMTRAIL_CHECK(std::fwrite(bytes.data(), 1, bytes.size(), file) == bytes.size());
        LLMTRAIL_CHECK(std::fclose(file) == 0);
    }

    std::filesystem::path path_;
};

}  // namespace llmtrail
