#include <archive.h>
#include <archive_entry.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <optional>
#include <string>
#include <utility>

#include "base/bytes.h"
#include "platform/shared_library.h"
#include "tail/packed_readers.h"

namespace llmtrail {

namespace {

// libarchive's functions, found at run time: it brings ten libraries along, and only zip needs it.
struct ArchiveLibrary {
    decltype(&archive_read_new) read_new = nullptr;
    decltype(&archive_read_support_format_zip) read_support_format_zip = nullptr;
    decltype(&archive_read_set_read_callback) read_set_read_callback = nullptr;
    decltype(&archive_read_set_skip_callback) read_set_skip_callback = nullptr;
    decltype(&archive_read_set_seek_callback) read_set_seek_callback = nullptr;
    decltype(&archive_read_set_callback_data) read_set_callback_data = nullptr;
    decltype(&archive_read_open1) read_open1 = nullptr;
    decltype(&archive_read_next_header) read_next_header = nullptr;
    decltype(&archive_read_data_block) read_data_block = nullptr;
    decltype(&archive_read_free) read_free = nullptr;
    decltype(&archive_set_error) set_error = nullptr;
    decltype(&archive_entry_filetype) entry_filetype = nullptr;
    decltype(&archive_entry_is_encrypted) entry_is_encrypted = nullptr;
};

Result<ArchiveLibrary> load_archive_library() {
    Result<SharedLibrary> library = open_shared_library("libarchive.so.13");
    if (!library) {
        return fail(std::move(library.error()));
    }
    ArchiveLibrary found;
    bool whole = library->find("archive_read_new", found.read_new) &&
                 library->find("archive_read_support_format_zip", found.read_support_format_zip) &&
                 library->find("archive_read_set_read_callback", found.read_set_read_callback) &&
                 library->find("archive_read_set_skip_callback", found.read_set_skip_callback) &&
                 library->find("archive_read_set_seek_callback", found.read_set_seek_callback) &&
                 library->find("archive_read_set_callback_data", found.read_set_callback_data) &&
                 library->find("archive_read_open1", found.read_open1) &&
                 library->find("archive_read_next_header", found.read_next_header) &&
                 library->find("archive_read_data_block", found.read_data_block) &&
                 library->find("archive_read_free", found.read_free) &&
                 library->find("archive_set_error", found.set_error) &&
                 library->find("archive_entry_filetype", found.entry_filetype) &&
                 library->find("archive_entry_is_encrypted", found.entry_is_encrypted);
    if (!whole) {
        return fail(ErrorCode::kUnsupported, "libarchive.so.13 is not the library that zip needs");
    }
    return found;
}

struct FreeArchive {
    decltype(&archive_read_free) read_free;

    void operator()(archive* handle) const { read_free(handle); }
};

// libarchive's view of the file, through three callbacks.
struct Feed {
    const ArchiveLibrary& library;
    ReadableFile& file;
    uint64_t packed_bytes;
    uint64_t offset = 0;
    uint64_t allowed_bytes = UINT64_MAX;  // until the next header
    Bytes chunk = Bytes(kPackedChunkBytes, '\0');
    std::optional<Error> error = std::nullopt;
};

la_ssize_t read_feed(archive* handle, void* data, const void** bytes) {
    Feed& feed = *static_cast<Feed*>(data);
    const uint64_t left = feed.packed_bytes - std::min(feed.offset, feed.packed_bytes);
    const auto got = feed.file.read_at(feed.offset, feed.chunk.data(),
                                       std::min<uint64_t>(left, feed.chunk.size()));
    if (!got || *got > feed.allowed_bytes) {
        feed.error = got ? Error{ErrorCode::kLimit, "the zip archive has too large a directory", 0}
                         : got.error();
        feed.library.set_error(handle, EIO, "stopped");
        return ARCHIVE_FATAL;
    }
    feed.offset += *got;
    feed.allowed_bytes -= *got;
    *bytes = feed.chunk.data();
    return static_cast<la_ssize_t>(*got);
}

la_int64_t seek_feed(archive*, void* data, la_int64_t offset, int whence) {
    Feed& feed = *static_cast<Feed*>(data);
    const auto size = static_cast<la_int64_t>(feed.packed_bytes);
    const auto now = static_cast<la_int64_t>(feed.offset);
    la_int64_t base = whence == SEEK_CUR ? now : 0;
    base = whence == SEEK_END ? size : base;
    if (offset > size - base || offset < -base) {
        return ARCHIVE_FATAL;  // outside the file
    }
    feed.offset = static_cast<uint64_t>(base + offset);
    return base + offset;
}

la_int64_t skip_feed(archive*, void* data, la_int64_t count) {
    Feed& feed = *static_cast<Feed*>(data);
    const uint64_t left = feed.packed_bytes - std::min(feed.offset, feed.packed_bytes);
    const uint64_t step = std::min<uint64_t>(left, count > 0 ? static_cast<uint64_t>(count) : 0);
    feed.offset += step;
    return static_cast<la_int64_t>(step);
}

class ZipReader : public PackedReader {
 public:
    ZipReader(const ArchiveLibrary& library, ReadableFile& file, uint64_t packed_bytes,
              uint64_t directory_bytes_max)
        : library_(library),
          feed_{library_, file, std::min<uint64_t>(packed_bytes, INT64_MAX)},
          directory_bytes_max_(directory_bytes_max),
          archive_(library_.read_new(), FreeArchive{library_.read_free}) {}

    bool start() {
        archive* handle = archive_.get();
        return handle != nullptr && library_.read_support_format_zip(handle) == ARCHIVE_OK &&
               library_.read_set_read_callback(handle, read_feed) == ARCHIVE_OK &&
               library_.read_set_skip_callback(handle, skip_feed) == ARCHIVE_OK &&
               library_.read_set_seek_callback(handle, seek_feed) == ARCHIVE_OK &&
               library_.read_set_callback_data(handle, &feed_) == ARCHIVE_OK;
    }

    Result<bool> next_part() override;
    Result<size_t> read(char* out, size_t size) override;

 private:
    Result<bool> no_more(Error error) {
        ended_ = true;
        return fail(std::move(error));
    }

    Error told_error(std::string_view what) const;

    ArchiveLibrary library_;
    Feed feed_;
    uint64_t directory_bytes_max_;
    std::unique_ptr<archive, FreeArchive> archive_;
    bool opened_ = false;
    bool ended_ = false;
    ByteView block_;  // unpacked, not yet handed out
};

// libarchive's own words may quote names from the archive: they are left out.
Error ZipReader::told_error(std::string_view what) const {
    if (feed_.error) {
        return *feed_.error;
    }
    return {ErrorCode::kCorrupt, "the zip data is " + std::string(what), 0};
}

Result<bool> ZipReader::next_part() {
    block_ = {};
    if (!opened_) {
        opened_ = true;
        feed_.allowed_bytes = directory_bytes_max_;
        if (library_.read_open1(archive_.get()) < ARCHIVE_WARN) {
            return no_more(told_error("damaged or cut off"));
        }
    }
    while (!ended_) {
        archive_entry* entry = nullptr;
        const int outcome = library_.read_next_header(archive_.get(), &entry);
        feed_.allowed_bytes = UINT64_MAX;
        if (outcome == ARCHIVE_EOF) {
            ended_ = true;
            break;
        }
        if (outcome < ARCHIVE_WARN) {
            return no_more(told_error("damaged or cut off"));
        }
        const auto type = library_.entry_filetype(entry);
        if (type == AE_IFDIR) {
            continue;
        }
        if (library_.entry_is_encrypted(entry) != 0) {
            return fail(ErrorCode::kUnsupported, "is encrypted");
        }
        if (type != AE_IFREG) {
            return fail(ErrorCode::kUnsupported, "is a link or a device");
        }
        return true;
    }
    return false;
}

Result<size_t> ZipReader::read(char* out, size_t size) {
    while (block_.empty() && !ended_) {
        const void* bytes = nullptr;
        size_t count = 0;
        la_int64_t offset = 0;
        const int outcome = library_.read_data_block(archive_.get(), &bytes, &count, &offset);
        if (outcome == ARCHIVE_EOF) {
            return size_t{0};
        }
        if (outcome != ARCHIVE_OK) {
            ended_ = outcome == ARCHIVE_FATAL;
            return fail(told_error(ended_ ? "damaged or cut off"
                                          : "damaged, or packed by a method that is not read"));
        }
        block_ = ByteView(static_cast<const char*>(bytes), count);
    }
    const size_t count = std::min(size, block_.size());
    std::copy_n(block_.begin(), count, out);
    block_.remove_prefix(count);
    return count;
}

}  // namespace

Result<std::unique_ptr<PackedReader>> make_zip_reader(ReadableFile& file, uint64_t packed_bytes,
                                                      uint64_t directory_bytes_max) {
    auto library = load_archive_library();
    if (!library) {  // no fault of the file, which is read once the library is there
        return fail(ErrorCode::kIo, std::move(library.error().message));
    }
    auto reader = std::make_unique<ZipReader>(*library, file, packed_bytes, directory_bytes_max);
    if (!reader->start()) {
        return fail(ErrorCode::kIo, "no memory for unpacking");
    }
    return reader;
}

}  // namespace llmtrail
