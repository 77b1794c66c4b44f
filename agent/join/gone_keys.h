// Keys whose record went already, with the document id of that record, so that a late piece is
// known to amend it. The oldest are forgotten beyond kGoneKeysBytesMax. Used by JoinTable, ingest
// thread. Nothing can fail; work is O(log n) comparisons.
#pragma once

#include <cstddef>
#include <deque>
#include <map>
#include <string>
#include <string_view>

namespace llmtrail {

inline constexpr size_t kGoneKeysBytesMax = size_t{4} << 20;
inline constexpr size_t kGoneKeyOverheadBytes = 160;  // of the containers, for each key

class GoneKeys {
 public:
    // A key that is known keeps its first document id: amendments refer to the record itself.
    void add(std::string_view key, std::string_view document_id);

    // Null: not known. Valid until the next add().
    const std::string* find(std::string_view key) const;

    size_t size() const { return ids_.size(); }

    size_t bytes() const { return bytes_; }

 private:
    using Ids = std::map<std::string, std::string, std::less<>>;

    static size_t cost_of(const Ids::value_type& entry) {
        return entry.first.size() + entry.second.size() + kGoneKeyOverheadBytes;
    }

    Ids ids_;
    std::deque<Ids::iterator> oldest_first_;
    size_t bytes_ = 0;
};

}  // namespace llmtrail
