// What sealing costs beside zstd alone over the same bytes, what it adds to them, how often it
// syncs, and how long a start takes that finds a full open segment. Used by bench_stages; one
// thread. Prints a table.
#pragma once

#include <string>
#include <vector>

#include "spool/spool.h"
#include "stage.h"

namespace llmtrail {

void print_sealing(const std::vector<Encoded>& records, const std::string& work, SpoolSeams seams);

}  // namespace llmtrail
