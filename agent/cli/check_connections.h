// `check --connect`: asks every output over the network, one after the other, without sending an
// event (outputs/probe.h). Its block of lines is written as soon as an output was asked. Main
// thread.
#pragma once

#include <vector>

#include "cli/commands.h"
#include "cli/permission_advisor.h"

namespace llmtrail {

// What is wrong, an advice each. An error: the reader of stdout has gone.
Result<std::vector<Advice>> check_connections(const Settings& settings, CommandSeams seams);

}  // namespace llmtrail
