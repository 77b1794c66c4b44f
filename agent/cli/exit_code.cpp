#include "cli/exit_code.h"

namespace llmtrail {

ExitCode exit_code_of(ErrorCode code) {
    switch (code) {
        case ErrorCode::kPermission:
            return ExitCode::kPermission;
        case ErrorCode::kInvalidArgument:
        case ErrorCode::kUnsupported:
        case ErrorCode::kConfig:
            return ExitCode::kConfig;
        case ErrorCode::kNotFound:
        case ErrorCode::kExists:
        case ErrorCode::kIo:
        case ErrorCode::kNoSpace:
        case ErrorCode::kCorrupt:
        case ErrorCode::kLimit:
        case ErrorCode::kCrypto:
        case ErrorCode::kNetwork:
        case ErrorCode::kTls:
        case ErrorCode::kTimeout:
        case ErrorCode::kBusy:
        case ErrorCode::kWouldBlock:
        case ErrorCode::kClosed:
            return ExitCode::kIo;
        case ErrorCode::kCancelled:
        case ErrorCode::kInternal:
            return ExitCode::kInternal;
    }
    return ExitCode::kInternal;
}

}  // namespace llmtrail
