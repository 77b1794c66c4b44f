#include "outputs/hec_channel.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/hex.h"

namespace llmtrail {

std::string make_channel_id(Random& random) {
    std::array<char, 16> bytes{};
    if (!random.fill(bytes.data(), bytes.size())) {
        return {};
    }
    bytes[6] = static_cast<char>((bytes[6] & 0x0F) | 0x40);
    bytes[8] = static_cast<char>((bytes[8] & 0x3F) | 0x80);
    std::string id = to_hex(ByteView(bytes.data(), bytes.size()));
    for (size_t dash : {20U, 16U, 12U, 8U}) {
        id.insert(dash, 1, '-');
    }
    return id;
}

std::vector<PendingAck> HecChannel::renew(Random& random) {
    if (!id.empty()) {
        id = make_channel_id(random);
    }
    last_ack_id.reset();
    return std::exchange(pending, {});
}

std::vector<uint64_t> HecChannel::pending_ids() const {
    std::vector<uint64_t> ids;
    std::transform(pending.begin(), pending.end(), std::back_inserter(ids),
                   [](const PendingAck& ack) { return ack.id; });
    return ids;
}

}  // namespace llmtrail
