// What verify_spool() costs a byte of spool, beside the least that the same bytes cost in the
// libraries alone: decompressing, hashing, decrypting. Used by bench_stages; one thread. Prints a
// table.
#pragma once

#include <string>
#include <vector>

#include "spool/spool.h"
#include "stage.h"

namespace llmtrail {

// `directory` holds the spool and the keys of `records`, sealed with `compression`.
void print_verifying(const std::vector<Encoded>& records, int compression,
                     const std::string& directory, SpoolSeams seams);

}  // namespace llmtrail
