// A shared library opened by name at run time, for what only some configurations need. It stays
// loaded to the end of the process. Any thread.
#pragma once

#include "base/result.h"

namespace llmtrail {

class SharedLibrary {
 public:
    explicit SharedLibrary(void* handle) : handle_(handle) {}

    // Sets `function` to the library's one of that name. False: it has none.
    template <typename Function>
    bool find(const char* name, Function& function) const {
        // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): what dlsym() is for
        function = reinterpret_cast<Function>(symbol(name));
        return function != nullptr;
    }

 private:
    void* symbol(const char* name) const;

    void* handle_;
};

// `name` is a constant soname, looked up where the system keeps its libraries. kUnsupported: it is
// not installed.
Result<SharedLibrary> open_shared_library(const char* name);

}  // namespace llmtrail
