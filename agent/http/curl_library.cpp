#include "http/curl_library.h"

#include "platform/shared_library.h"

namespace llmtrail {

namespace {

constexpr const char* kLibraryName = "libcurl.so.4";

template <typename Function>
bool find(const SharedLibrary& library, const char* name, Function& function) {
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): what dlsym() is for
    function = reinterpret_cast<Function>(library.symbol(name));
    return function != nullptr;
}

}  // namespace

Result<CurlLibrary> load_curl() {
    Result<SharedLibrary> library = open_shared_library(kLibraryName);
    if (!library) {
        return fail(std::move(library.error()));
    }
    CurlLibrary curl;
    bool whole = find(*library, "curl_global_init", curl.global_init) &&
                 find(*library, "curl_easy_init", curl.easy_init) &&
                 find(*library, "curl_easy_cleanup", curl.easy_cleanup) &&
                 find(*library, "curl_easy_setopt", curl.easy_setopt) &&
                 find(*library, "curl_easy_getinfo", curl.easy_getinfo) &&
                 find(*library, "curl_easy_strerror", curl.easy_strerror) &&
                 find(*library, "curl_multi_init", curl.multi_init) &&
                 find(*library, "curl_multi_cleanup", curl.multi_cleanup) &&
                 find(*library, "curl_multi_setopt", curl.multi_setopt) &&
                 find(*library, "curl_multi_add_handle", curl.multi_add_handle) &&
                 find(*library, "curl_multi_remove_handle", curl.multi_remove_handle) &&
                 find(*library, "curl_multi_socket_action", curl.multi_socket_action) &&
                 find(*library, "curl_multi_timeout", curl.multi_timeout) &&
                 find(*library, "curl_multi_info_read", curl.multi_info_read) &&
                 find(*library, "curl_share_init", curl.share_init) &&
                 find(*library, "curl_share_setopt", curl.share_setopt) &&
                 find(*library, "curl_share_cleanup", curl.share_cleanup) &&
                 find(*library, "curl_slist_append", curl.slist_append) &&
                 find(*library, "curl_slist_free_all", curl.slist_free_all);
    if (!whole || curl.global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
        return fail(ErrorCode::kUnsupported,
                    std::string(kLibraryName) + " is not the library that HTTP needs");
    }
    return curl;
}

}  // namespace llmtrail
