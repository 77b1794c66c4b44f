#include "base/result.h"

#include <cerrno>
#include <cstring>

namespace llmtrail {

ErrorClass error_class(ErrorCode code) {
    switch (code) {
        case ErrorCode::kNetwork:
        case ErrorCode::kTimeout:
        case ErrorCode::kBusy:
        case ErrorCode::kWouldBlock:
        case ErrorCode::kClosed:
            return ErrorClass::kRetry;
        case ErrorCode::kNoSpace:
            return ErrorClass::kWaitForSpace;
        case ErrorCode::kPermission:
        case ErrorCode::kTls:
        case ErrorCode::kConfig:
        case ErrorCode::kIo:
            return ErrorClass::kOperatorMustAct;
        default:
            return ErrorClass::kGiveUp;
    }
}

Error Error::with_context(std::string_view doing) && {
    message.insert(0, ": ");
    message.insert(0, doing);
    return std::move(*this);
}

static ErrorCode code_of_errno(int os_error) {
    switch (os_error) {
        case ENOENT:
        case ENOTDIR:
            return ErrorCode::kNotFound;
        case EEXIST:
            return ErrorCode::kExists;
        case EACCES:
        case EPERM:
            return ErrorCode::kPermission;
        case ENOSPC:
        case EDQUOT:
            return ErrorCode::kNoSpace;
        case EAGAIN:
            return ErrorCode::kWouldBlock;
        case ECONNREFUSED:
        case ECONNRESET:
        case EPIPE:
        case EHOSTUNREACH:
        case ENETUNREACH:
        case ENOTCONN:
        case ECONNABORTED:
            return ErrorCode::kNetwork;
        case ETIMEDOUT:
            return ErrorCode::kTimeout;
        default:
            return ErrorCode::kIo;
    }
}

Error error_from_errno(int os_error, std::string_view doing) {
    std::string message(doing);
    message += ": ";
    char text[128];
    message += strerror_r(os_error, text, sizeof text);
    return Error{code_of_errno(os_error), std::move(message), os_error};
}

}  // namespace llmtrail
