#include "platform/undumpable.h"

#include <sys/prctl.h>

namespace llmtrail {

UndumpableScope::UndumpableScope() : before_(::prctl(PR_GET_DUMPABLE, 0, 0, 0, 0)) {
    ::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

UndumpableScope::~UndumpableScope() {
    if (before_ == 1) {
        ::prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
    }
}

}  // namespace llmtrail
