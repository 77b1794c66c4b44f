// What is no regular file, or may not be read, among the files of a log. Used by mutant_verdicts;
// one thread.
#pragma once

#include <map>
#include <string>

#include "fakes/odd_disk.h"
#include "sample_logs.h"

namespace llmtrail {

using OddFiles = std::map<std::string, OddFile>;  // by name

// A pipe, folder or link in the place of a file or beside it, or one that may not be read; says
// how.
std::string put_odd(OddFiles& odd, const LogFiles& files, FakeRandom& random);

}  // namespace llmtrail
