#include "join/gone_keys.h"

namespace llmtrail {

void GoneKeys::add(std::string_view key, std::string_view document_id) {
    auto [entry, is_new] = ids_.emplace(key, document_id);
    if (!is_new) {
        return;
    }
    oldest_first_.push_back(entry);
    bytes_ += cost_of(*entry);
    while (bytes_ > kGoneKeysBytesMax) {
        bytes_ -= cost_of(*oldest_first_.front());
        ids_.erase(oldest_first_.front());
        oldest_first_.pop_front();
    }
}

const std::string* GoneKeys::find(std::string_view key) const {
    auto found = ids_.find(key);
    return found == ids_.end() ? nullptr : &found->second;
}

}  // namespace llmtrail
