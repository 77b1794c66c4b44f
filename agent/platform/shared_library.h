// A shared library opened by name at run time, for what only some configurations need. It stays
// loaded to the end of the process. Any thread.
#pragma once

#include "base/result.h"

namespace llmtrail {

class SharedLibrary {
 public:
    explicit SharedLibrary(void* handle) : handle_(handle) {}

    void* symbol(const char* name) const;  // null: it has none of that name

 private:
    void* handle_;
};

// `name` is a constant soname, looked up where the system keeps its libraries. kUnsupported: it is
// not installed.
Result<SharedLibrary> open_shared_library(const char* name);

}  // namespace llmtrail
