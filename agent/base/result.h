// Errors as values. Every function that can fail returns Result<T>; exceptions never cross a
// folder. Error numbers are frozen: a number seen in an old log can always be looked up here.
// Called from everywhere, any thread.
#pragma once

#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <utility>

namespace llmtrail {

enum class ErrorCode : int {
    kInvalidArgument = 1,  // the caller's input cannot be used as it stands
    kNotFound = 2,
    kExists = 3,
    kPermission = 4,
    kIo = 5,       // the operating system failed; os_error says how
    kNoSpace = 6,  // disk or spool full: wait for space
    kCorrupt = 7,  // bytes that were read are not what was written
    kUnsupported = 8,
    kLimit = 9,  // a named limit was reached
    kCrypto = 10,
    kConfig = 11,
    kNetwork = 12,  // connection refused, reset, unreachable: retry
    kTls = 13,      // the peer or its certificate is not acceptable: operator must act
    kTimeout = 14,
    kBusy = 15,  // somebody else holds it
    kCancelled = 16,
    kInternal = 17,
    kWouldBlock = 18,
    kClosed = 19,  // the peer closed the connection
};

// What to do about an error, by its class alone.
enum class ErrorClass { kRetry, kWaitForSpace, kGiveUp, kOperatorMustAct };

ErrorClass error_class(ErrorCode code);

struct Error {
    ErrorCode code = ErrorCode::kInternal;
    std::string message;  // lower case, no full stop, makes sense to an operator
    int os_error = 0;     // errno, when code came from the operating system

    // "reading /x: no such file": what was being done, put before what went wrong.
    Error with_context(std::string_view doing) &&;
};

// errno to Error: ENOENT is kNotFound, EACCES kPermission, ENOSPC and EDQUOT kNoSpace, ...
Error error_from_errno(int os_error, std::string_view doing);

template <typename T>
class [[nodiscard]] Result : public tl::expected<T, Error> {
 public:
    using Base = tl::expected<T, Error>;
    using Base::Base;

    // NOLINTNEXTLINE(google-explicit-constructor): a Base is a Result
    Result(Base base) : Base(std::move(base)) {}
};

// `return fail(ErrorCode::kCorrupt, "frame too short");`
inline tl::unexpected<Error> fail(ErrorCode code, std::string message) {
    return tl::make_unexpected(Error{code, std::move(message), 0});
}

inline tl::unexpected<Error> fail(Error error) {
    return tl::make_unexpected(std::move(error));
}

}  // namespace llmtrail
