// Arrays and objects of several pieces on their way into one: what the rules kUnion, kSequence,
// kMembers and kUnmapped gather. The texts given are kept by view and must outlive the collector.
// Work is O(log n) comparisons an item. Used by the merge, ingest thread. Nothing can fail.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "join/message_chunks.h"

namespace llmtrail {

class CollectedItems {
 public:
    void add_each_once(std::string_view array_json);

    // Of the highest rank only. An array that is given again for its place is not repeated. Called
    // in the order of rank and place. `chunk`: of messages cut anywhere; a text of the next place
    // goes on with one of the same role and type that the place before ends with.
    void add_sequence(std::string_view array_json, uint32_t rank, uint32_t order, bool chunk);

    size_t items() const { return items_; }

    size_t arrays() const { return arrays_; }  // that add_sequence() put together

    uint32_t rank() const { return rank_; }

    std::string json() const { return json_ + "]"; }

 private:
    void append(std::string_view item);
    bool go_on_with(std::string_view item);

    std::string json_ = "[";
    size_t items_ = 0;
    std::optional<CutText> open_;  // what the last item ends with, its places counted in json_
    size_t arrays_ = 0;
    uint32_t rank_ = 0;
    uint32_t order_ = 0;
    std::set<std::string_view> seen_;  // items; of a sequence the arrays of this place
};

class CollectedMembers {
 public:
    void add_later_wins(std::string_view object_json);

    // A second, different value of a name gets the name with "#2".
    void add_all(std::string_view object_json);

    std::string json() const;

 private:
    struct Member {
        std::string name;
        std::string_view value;
    };

    std::vector<Member> members_;
    std::map<std::string, size_t, std::less<>> by_name_;  // index into members_
    std::map<std::string_view, size_t> values_of_;        // how many so far
    std::set<std::pair<std::string_view, std::string_view>> seen_;
};

}  // namespace llmtrail
