#include "ops/service_notify.h"

#include <systemd/sd-daemon.h>

namespace llmtrail {

void notify_service_manager(const char* state) {
    sd_notify(0, state);
}

}  // namespace llmtrail
