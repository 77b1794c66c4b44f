// How a plan's connection is made. Inside outputs only. Deliver thread.
#pragma once

#include "outputs/connection.h"
#include "outputs/outputs.h"

namespace llmtrail {

// How long a connection of the plan may live; 0: for ever. A certificate is looked at only when a
// connection is made.
inline int64_t age_max_ms_of(const OutputPlan& plan) {
    return plan.carrier == Carrier::kTls ? plan.tls.connection_age_max_ms : 0;
}

// `network` must outlive what is returned.
inline Connection::Connect connector_of(const OutputPlan& plan, Network& network) {
    return [&network, carrier = plan.carrier, to = plan.address, path = plan.socket_path,
            tls = plan.tls]() -> Result<std::unique_ptr<Stream>> {
        switch (carrier) {
            case Carrier::kTls:
                return network.connect_tls(to, tls);
            case Carrier::kTcp:
                return network.connect_tcp(to);
            case Carrier::kUdp:
                return network.connect_udp(to);
            case Carrier::kUnix:
                return network.connect_unix(path);
        }
        return fail(ErrorCode::kInternal, "no such carrier");
    };
}

}  // namespace llmtrail
