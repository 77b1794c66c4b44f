// TLS 1.3 over a TCP stream (see network.h for the rules). Inside agent/platform only; deliver
// thread. A peer refuses a client certificate only after the handshake has succeeded on this side:
// the alert comes out of read() or write() as kTls.
#pragma once

#include <memory>

#include "platform/network.h"
#include "platform/socket_stream.h"
#include "platform/tls_context.h"

namespace llmtrail {

inline constexpr size_t kReadBytesPerCall = size_t{32} << 10;  // of ciphertext

// kTls, kPermission: see tls_context.h. The files are read now.
Result<std::unique_ptr<Stream>> make_tls_stream(std::unique_ptr<SocketStream> tcp,
                                                const TlsOptions& options);

}  // namespace llmtrail
