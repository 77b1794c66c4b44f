#include <dlfcn.h>

#include "platform/shared_library.h"

namespace llmtrail {

void* SharedLibrary::symbol(const char* name) const {
    return dlsym(handle_, name);
}

Result<SharedLibrary> open_shared_library(const char* name) {
    void* handle = dlopen(name, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
    if (handle == nullptr) {
        return fail(ErrorCode::kUnsupported, std::string(name) + " is not installed");
    }
    return SharedLibrary(handle);
}

}  // namespace llmtrail
