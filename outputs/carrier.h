// How a plan's connection is made. Inside outputs only. Deliver thread.
#pragma once

#include "outputs/connection.h"
#include "outputs/outputs.h"

namespace llmtrail {

// `network` must outlive what is returned.
inline Connection::Connect carrier_of(const OutputPlan& plan, Network& network) {
    return [&network, use_tls = plan.use_tls, to = plan.address, tls = plan.tls] {
        return use_tls ? network.connect_tls(to, tls) : network.connect_tcp(to);
    };
}

}  // namespace llmtrail
