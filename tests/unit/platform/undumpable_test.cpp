#include "platform/undumpable.h"

#include <doctest/doctest.h>
#include <sys/prctl.h>

using namespace llmtrail;

TEST_CASE("a process is undumpable while keys may be in its memory, and as before afterwards") {
    int before = ::prctl(PR_GET_DUMPABLE, 0, 0, 0, 0);
    {
        UndumpableScope scope;
        CHECK(::prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 0);
        { UndumpableScope inner; }
        CHECK(::prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 0);
    }
    CHECK(::prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == before);
}
