#include "pipeline/status_board.h"

#include <utility>

namespace llmtrail {

void StatusBoard::put_start(uint64_t generation, UnixNanos started, std::string spool_directory) {
    std::lock_guard lock(mutex_);
    status_.generation = generation;
    status_.started = started;
    status_.spool_directory = std::move(spool_directory);
}

void StatusBoard::put_spool_limits(SpoolLimits limits) {
    std::lock_guard lock(mutex_);
    status_.spool_limits = limits;
}

void StatusBoard::put_configuration(ConfigurationStatus configuration) {
    std::lock_guard lock(mutex_);
    status_.configuration = std::move(configuration);
}

void StatusBoard::put_intake(IntakeStatus intake) {
    std::lock_guard lock(mutex_);
    status_.intake = std::move(intake);
}

void StatusBoard::put_outputs(std::vector<OutputStatus> outputs) {
    std::lock_guard lock(mutex_);
    status_.outputs = std::move(outputs);
}

AgentStatus StatusBoard::read() const {
    std::lock_guard lock(mutex_);
    return status_;
}

}  // namespace llmtrail
