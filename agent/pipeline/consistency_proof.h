// Proofs for a witness that this log still begins with what it signed: made from the leaves on disk
// between the two sizes, from the segment on that holds the first of them, without keys. Called on
// the anchor thread while ingest writes: only what is sealed is asked for, and that no longer
// changes. Errors: kNotFound when the leaves are not there, and those of reading.
#pragma once

#include <string>

#include "anchor/witness.h"
#include "platform/file_system.h"

namespace llmtrail {

ConsistencyProof consistency_proof_of(FileSystem& files, std::string spool_directory);

}  // namespace llmtrail
