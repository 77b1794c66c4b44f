// RFC 3161 timestamps: asks an authority to sign the time at which it saw a checkpoint, and checks
// what comes back: status, imprint, nonce, policy, signature, the signer's chain up to ca_file and
// its purpose (time stamping alone). A token proves "not later than", never "not earlier than".
// Revocation is not looked up. Anchor thread; the functions are pure but for reading ca_file.
#pragma once

#include <memory>
#include <string>

#include "anchor/anchor_holder.h"
#include "anchor/http_post.h"
#include "platform/random.h"

namespace llmtrail {

struct TimestampOptions {
    std::string id;
    std::string url;
    std::string ca_file;      // what the authority's signer must lead to
    std::string policy;       // dotted OID; empty: whatever the authority uses
    std::string tls_ca_file;  // for https; empty: the system's
    bool allow_http = false;
};

std::unique_ptr<AnchorHolder> make_timestamp_holder(TimestampOptions options, HttpPoster& http,
                                                    Random& random);

// What is stamped: the checkpoint's three lines.
Digest timestamp_imprint(const CheckpointBody& body);

// A request, DER. kInvalidArgument for a policy that is no OID.
Result<Bytes> make_timestamp_request(const Digest& imprint, const std::string& policy,
                                     Random& random);

struct Timestamp3161 {
    Bytes token;  // DER
    UnixNanos at;
};

// `reply` answers `request`. kCrypto: not to be believed; kUnsupported: the authority refuses.
Result<Timestamp3161> open_timestamp_reply(ByteView reply, ByteView request,
                                           const std::string& ca_file);

// A token that was kept, against what it must have stamped. Used by whoever checks receipts.
Result<UnixNanos> check_timestamp_token(ByteView token, const Digest& imprint,
                                        const std::string& ca_file);

}  // namespace llmtrail
