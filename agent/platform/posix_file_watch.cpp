#include <sys/inotify.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <set>

#include "platform/posix.h"
#include "platform/posix_file.h"

namespace llmtrail {

namespace {

constexpr uint32_t kEvents = IN_CREATE | IN_MOVED_TO | IN_MOVED_FROM | IN_MODIFY | IN_DELETE |
                             IN_ATTRIB | IN_CLOSE_WRITE | IN_DELETE_SELF | IN_MOVE_SELF |
                             IN_ONLYDIR;
constexpr size_t kEventBufferBytes = size_t{16} << 10;

class PosixFileWatch : public FileWatch {
 public:
    PosixFileWatch() : fd_(inotify_init1(IN_NONBLOCK | IN_CLOEXEC)) {}

    Result<void> watch_directory(const std::string& path) override {
        if (!fd_) {
            return fail(ErrorCode::kNoSpace, "this user's inotify instances are used up");
        }
        // The kernel knows by inode what is watched already, so that asking again is free and
        // survives a directory that was removed and made anew.
        int number = inotify_add_watch(fd_.get(), path.c_str(), kEvents);
        if (number < 0) {
            return fail(error_from_errno(errno, "watching " + path));
        }
        numbers_.insert(number);
        return {};
    }

    void forget_directories() override {
        for (int number : numbers_) {
            inotify_rm_watch(fd_.get(), number);
        }
        drain();
        numbers_.clear();
    }

    int descriptor() const override { return fd_.get(); }

    bool drain() override {
        bool lost = false;
        alignas(inotify_event) char buffer[kEventBufferBytes];
        while (fd_) {
            ssize_t got = read(fd_.get(), buffer, sizeof buffer);
            if (got < 0 && errno == EINTR) {
                continue;
            }
            if (got <= 0) {
                break;
            }
            lost = note_events(buffer, static_cast<size_t>(got)) || lost;
        }
        return lost;
    }

 private:
    bool note_events(const char* events, size_t size) {
        bool lost = false;
        for (size_t at = 0; at + sizeof(inotify_event) <= size;) {
            inotify_event event{};
            std::memcpy(&event, events + at, sizeof event);
            at += sizeof event + event.len;
            lost = lost || (event.mask & IN_Q_OVERFLOW) != 0;
            if ((event.mask & IN_IGNORED) != 0) {
                numbers_.erase(event.wd);
            }
            if ((event.mask & IN_MOVE_SELF) != 0) {
                inotify_rm_watch(fd_.get(),
                                 event.wd);  // it has another path now, which nobody asked for
            }
        }
        return lost;
    }

    Descriptor fd_;
    std::set<int> numbers_;  // of the directories, as the kernel gives them
};

}  // namespace

std::unique_ptr<FileWatch> make_posix_file_watch() {
    return std::make_unique<PosixFileWatch>();
}

}  // namespace llmtrail
