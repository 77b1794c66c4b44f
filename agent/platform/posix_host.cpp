#include <unistd.h>

#include <cerrno>
#include <cstdlib>

#include "platform/host.h"

namespace llmtrail {

Result<std::string> host_name() {
    char name[256] = {};
    if (::gethostname(name, sizeof name - 1) != 0) {
        return fail(error_from_errno(errno, "reading the host name"));
    }
    return std::string(name);
}

int64_t process_id() {
    return ::getpid();
}

uint32_t effective_user() {
    return ::geteuid();
}

std::string credentials_directory() {
    const char* directory = ::secure_getenv("CREDENTIALS_DIRECTORY");
    return directory == nullptr ? "" : directory;
}

}  // namespace llmtrail
