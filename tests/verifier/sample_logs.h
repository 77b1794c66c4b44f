// Small logs with known histories, made by the real writer on a disk in memory: the ground on which
// the two verifiers are compared, and the source of tests/vectors. Deterministic: the same name
// gives the same bytes as long as the writer writes the same. Used by compare_verifiers and
// make_vectors; one thread. A history that cannot be made ends the program: it is a defect.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "fakes/fake_disk.h"

namespace llmtrail {

using LogFiles = std::map<std::string, Bytes>;  // of one directory, by name

struct SampleLog {
    std::string name;
    LogFiles spool;
    LogFiles keys;  // key directory, the trusted identity.pub in it; role keys and their passphrase
};

std::vector<std::string> sample_log_names();
SampleLog make_sample_log(const std::string& name);

}  // namespace llmtrail
