#include "join/collected_json.h"

#include "join/raw_json.h"

namespace llmtrail {

void CollectedItems::append(std::string_view item) {
    if (items_ > 0) {
        json_.push_back(',');
    }
    json_ += item;
    ++items_;
}

void CollectedItems::add_each_once(std::string_view array_json) {
    RawItems items(array_json);
    for (std::string_view item; items.next(item);) {
        if (seen_.insert(item).second) {
            append(item);
        }
    }
}

bool CollectedItems::go_on_with(std::string_view item) {
    auto begin = text_at_begin(item);
    if (!open_ || !begin || !open_->goes_on_in(*begin)) {
        return false;
    }
    json_.resize(open_->ends);
    json_ += item.substr(begin->begins);
    return true;
}

void CollectedItems::add_sequence(std::string_view array_json, uint32_t rank, uint32_t order,
                                  bool chunk) {
    bool goes_on = chunk && rank == rank_ && arrays_ > 0 && order == order_ + 1;
    if (rank > rank_) {
        json_.assign(1, '[');
        items_ = 0;
        arrays_ = 0;
    }
    if (rank != rank_ || order != order_) {
        seen_.clear();
    }
    rank_ = rank;
    order_ = order;
    if (!seen_.insert(array_json).second) {
        return;
    }
    ++arrays_;
    RawItems items(array_json);
    std::string_view last;
    for (std::string_view item; items.next(item); last = item) {
        if (!last.empty() || !goes_on || !go_on_with(item)) {
            append(item);
        }
    }
    open_ = chunk ? text_at_end(last) : std::nullopt;
    if (open_) {
        open_->ends += json_.size() - last.size();
    }
}

void CollectedMembers::add_later_wins(std::string_view object_json) {
    RawMembers members(object_json);
    std::string_view name;
    std::string_view value;
    while (members.next(name, value)) {
        auto known = by_name_.find(name);
        if (known != by_name_.end()) {
            members_[known->second].value = value;
        } else {
            by_name_.emplace(name, members_.size());
            members_.push_back({std::string(name), value});
        }
    }
}

void CollectedMembers::add_all(std::string_view object_json) {
    RawMembers members(object_json);
    std::string_view path;
    std::string_view value;
    while (members.next(path, value)) {
        if (!seen_.emplace(path, value).second) {
            continue;
        }
        size_t& count = values_of_[path];
        std::string name(path);
        // The name itself, then "#2", "#3", ...: whatever no other path has taken.
        for (++count; count > 1 || by_name_.count(name) != 0;) {
            count = count == 1 ? 2 : count;
            name.assign(path).append("#").append(std::to_string(count));
            if (by_name_.count(name) == 0) {
                break;
            }
            ++count;
        }
        by_name_.emplace(name, members_.size());
        members_.push_back({std::move(name), value});
    }
}

std::string CollectedMembers::json() const {
    std::string json = "{";
    for (const Member& member : members_) {
        json += json.size() > 1 ? ",\"" : "\"";
        json += member.name;
        json += "\":";
        json += member.value;
    }
    json.push_back('}');
    return json;
}

}  // namespace llmtrail
