// Archives as other programs write them, made by libarchive's write side.
#pragma once

#include <archive.h>
#include <archive_entry.h>

#include <string>
#include <vector>

#include "base/check.h"

namespace llmtrail {

struct ArchiveMember {
    std::string name;
    std::string text;
    std::string link_to = {};  // a symbolic link
    bool folder = false;
};

class ArchiveWriter {
 public:
    ArchiveWriter() : archive_(archive_write_new()) {}

    ArchiveWriter(const ArchiveWriter&) = delete;
    ArchiveWriter& operator=(const ArchiveWriter&) = delete;

    ~ArchiveWriter() { archive_write_free(archive_); }

    archive* get() { return archive_; }

    std::string write(const std::vector<ArchiveMember>& members) {
        std::string out;
        LLMTRAIL_CHECK(archive_write_set_bytes_in_last_block(archive_, 1) == ARCHIVE_OK);
        LLMTRAIL_CHECK(archive_write_open(archive_, &out, nullptr, append, nullptr) == ARCHIVE_OK);
        for (const ArchiveMember& member : members) {
            archive_entry* entry = archive_entry_new();
            archive_entry_set_pathname(entry, member.name.c_str());
            archive_entry_set_perm(entry, 0644);
            archive_entry_set_filetype(entry, member.folder ? AE_IFDIR : AE_IFREG);
            archive_entry_set_size(entry, static_cast<la_int64_t>(member.text.size()));
            if (!member.link_to.empty()) {
                archive_entry_set_filetype(entry, AE_IFLNK);
                archive_entry_set_symlink(entry, member.link_to.c_str());
            }
            LLMTRAIL_CHECK(archive_write_header(archive_, entry) == ARCHIVE_OK);
            if (!member.text.empty()) {
                LLMTRAIL_CHECK(
                    archive_write_data(archive_, member.text.data(), member.text.size()) >= 0);
            }
            archive_entry_free(entry);
        }
        LLMTRAIL_CHECK(archive_write_close(archive_) == ARCHIVE_OK);
        return out;
    }

 private:
    static la_ssize_t append(archive*, void* out, const void* bytes, size_t size) {
        static_cast<std::string*>(out)->append(static_cast<const char*>(bytes), size);
        return static_cast<la_ssize_t>(size);
    }

    archive* archive_;
};

inline std::string zip_of(const std::vector<ArchiveMember>& members, bool encrypted = false) {
    ArchiveWriter writer;
    LLMTRAIL_CHECK(archive_write_set_format_zip(writer.get()) == ARCHIVE_OK);
    if (encrypted) {
        LLMTRAIL_CHECK(archive_write_set_options(writer.get(), "zip:encryption=zipcrypt") ==
                       ARCHIVE_OK);
        LLMTRAIL_CHECK(archive_write_set_passphrase(writer.get(), "secret") == ARCHIVE_OK);
    }
    return writer.write(members);
}

inline std::string filtered(const std::string& text, int filter) {
    ArchiveWriter writer;
    LLMTRAIL_CHECK(archive_write_add_filter(writer.get(), filter) == ARCHIVE_OK);
    LLMTRAIL_CHECK(archive_write_set_format_raw(writer.get()) == ARCHIVE_OK);
    return writer.write({{"raw", text}});
}

inline std::string gzip_of(const std::string& text) {
    return filtered(text, ARCHIVE_FILTER_GZIP);
}

inline std::string zstd_of(const std::string& text) {
    return filtered(text, ARCHIVE_FILTER_ZSTD);
}

}  // namespace llmtrail
