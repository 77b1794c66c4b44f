// Makes one record of its pieces, field by field as docs/joining.md says. Work is that of reading
// the pieces once, with O(log n) comparisons for each item of a list. Used by JoinTable, ingest
// thread. Nothing can fail.
#pragma once

#include <vector>

#include "join/held_piece.h"

namespace llmtrail {

// `pieces`: at least one, in the order in which they were read. State and parts are the caller's.
void merge_pieces(const std::vector<HeldPiece>& pieces, AuditRecord& record);

}  // namespace llmtrail
