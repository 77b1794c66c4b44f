#include "pipeline/news_queue.h"

#include <algorithm>
#include <limits>

#include "pipeline/agent_record.h"

namespace llmtrail {

static bool is_flap(uint16_t event_class) {
    return event_class == kClassOutputDown || event_class == kClassOutputRecovered;
}

void count_in(uint32_t& count, uint32_t more) {
    count += std::min(more, std::numeric_limits<uint32_t>::max() - count);
}

void merge_news(std::vector<AgentNews>& waiting, AgentNews news) {
    auto is_alike = [&](const AgentNews& n) {
        return n.event_class == news.event_class && n.subject == news.subject;
    };
    auto same = waiting.end();
    if (!is_flap(news.event_class)) {
        same = std::find_if(waiting.begin(), waiting.end(), [&](const AgentNews& n) {
            return is_alike(n) && n.detail == news.detail;
        });
    }
    if (same == waiting.end() && waiting.size() >= kNewsMax) {
        same = std::find_if(waiting.begin(), waiting.end(), is_alike);
    }
    if (same == waiting.end()) {
        waiting.push_back(std::move(news));
        return;
    }
    same->detail = std::move(news.detail);
    count_in(same->count, news.count);
}

NewsQueue::Allowance& NewsQueue::allowance_of(const AgentNews& news, MonotonicNanos now) {
    auto [at, is_new] = allowances_.try_emplace({news.event_class, news.subject});
    Allowance& allowance = at->second;
    if (is_new) {
        allowance.rate = is_flap(news.event_class) ? kFlapRate : kNewsRate;
        allowance.left = allowance.rate.burst;
        allowance.refilled = now;
    }
    refill(allowance, now);
    return allowance;
}

void NewsQueue::add(AgentNews news, MonotonicNanos now) {
    Allowance& allowance = allowance_of(news, now);
    if (allowance.held) {
        count_in(allowance.held->count, news.count);
        allowance.held->detail = std::move(news.detail);
    } else if (allowance.left == 0) {
        allowance.held = std::move(news);
    } else {
        --allowance.left;
        merge_news(ready_, std::move(news));
    }
}

std::optional<AgentNews> NewsQueue::take(MonotonicNanos now, bool all) {
    if (ready_.empty()) {
        for (auto& [key, allowance] : allowances_) {
            if (!allowance.held) {
                continue;
            }
            refill(allowance, now);
            if (all || allowance.left > 0) {
                allowance.left -= allowance.left > 0 ? 1 : 0;
                return std::exchange(allowance.held, std::nullopt);
            }
        }
        return std::nullopt;
    }
    AgentNews news = std::move(ready_.front());
    ready_.erase(ready_.begin());
    return news;
}

int64_t NewsQueue::wait_ms(MonotonicNanos now) const {
    if (!ready_.empty()) {
        return 0;
    }
    int64_t wait = -1;
    for (const auto& [key, allowance] : allowances_) {
        if (allowance.held) {
            int64_t left = std::max<int64_t>(
                0, allowance.rate.interval_ms - now.millis_since(allowance.refilled));
            wait = wait < 0 ? left : std::min(wait, left);
        }
    }
    return wait;
}

void NewsQueue::refill(Allowance& allowance, MonotonicNanos now) {
    const NewsRate& rate = allowance.rate;
    int64_t intervals = now.millis_since(allowance.refilled) / rate.interval_ms;
    if (intervals <= 0) {
        return;
    }
    allowance.left = std::min(rate.burst, allowance.left + intervals);
    allowance.refilled = allowance.left == rate.burst
                             ? now
                             : allowance.refilled.after_millis(intervals * rate.interval_ms);
}

}  // namespace llmtrail
