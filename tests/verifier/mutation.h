// Random changes to the files of a log, as an attacker without keys or a failing disk makes them:
// single bits up to whole files, with checksums repaired or not. Used by compare_verifiers; one
// thread.
#pragma once

#include <string>

#include "fakes/fake_random.h"
#include "sample_logs.h"

namespace llmtrail {

// Changes `files`; says how. May leave them as they were (a swap of equal frames).
// `strange` is another log, from which whole frames and files are taken.
std::string mutate(LogFiles& files, const LogFiles& strange, FakeRandom& random);

}  // namespace llmtrail
