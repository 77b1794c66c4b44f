// RELP on the wire: `TRANSACTION SP COMMAND SP LENGTH [SP DATA] LF`. Frames of ours are appended
// to a buffer; what the receiver says is another's text: it is read within fixed bounds and refused
// as soon as it is no RELP. Pure, deliver thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace llmtrail {

inline constexpr uint32_t kRelpTransactionMax = 999'999'999;  // the next one is 1; 0 is a hint
inline constexpr size_t kRelpCommandBytesMax = 32;
inline constexpr size_t kRelpAnswerBytesMax = size_t{16} << 10;  // data of one frame of the peer

// The number of the transaction behind `transaction`.
constexpr uint32_t relp_after(uint32_t transaction) {
    return transaction == kRelpTransactionMax ? 1 : transaction + 1;
}

void append_relp_frame(std::string& out, uint32_t transaction, std::string_view command,
                       std::string_view data);

struct RelpFrame {
    uint32_t transaction = 0;
    std::string command;
    std::string data;
};

class RelpReader {
 public:
    void take(std::string_view bytes) { waiting_ += bytes; }

    // The next whole frame; none while it is not all there. kInvalidArgument: no RELP, and no way
    // to go on.
    Result<std::optional<RelpFrame>> next();

 private:
    std::string waiting_;
};

// The code an answer begins with, 100 to 999. Empty: there is none.
std::optional<int> relp_code(std::string_view answer);

}  // namespace llmtrail
