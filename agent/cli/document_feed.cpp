#include "cli/document_feed.h"

namespace llmtrail {

Result<void> DocumentFeed::run(const Take& take) {
    while (!documents_.ended()) {
        auto document = documents_.next();
        if (!document) {
            return fail(std::move(document.error()));
        }
        if (*document && !take(**document)) {
            return {};
        }
    }
    return {};
}

}  // namespace llmtrail
