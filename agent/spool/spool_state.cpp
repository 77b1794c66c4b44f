#include "spool/spool_state.h"

#include <algorithm>
#include <utility>

namespace llmtrail {
namespace {

constexpr std::string_view kPrunedKey{"\0pruned", 7};
constexpr std::string_view kErasedKey{"\0erased", 7};
constexpr std::string_view kHoldPrefix{"\0hold/", 6};

tl::unexpected<Error> corrupt(const char* what) {
    return fail(ErrorCode::kCorrupt,
                std::string("the spool's note of ") + what + " cannot be read");
}

Result<std::vector<SegmentRange>> decode_pruned(ByteView value) {
    std::vector<SegmentRange> ranges;
    ByteReader reader(value);
    while (reader.ok() && !reader.at_end()) {
        SegmentRange range;
        range.first = reader.u64();
        range.last = reader.u64();
        bool in_order = ranges.empty() || range.first > ranges.back().last;
        if (!reader.ok() || range.first > range.last || !in_order) {
            return corrupt("what was pruned");
        }
        ranges.push_back(range);
    }
    return ranges;
}

Bytes encode_pruned(const std::vector<SegmentRange>& ranges) {
    Bytes out;
    for (const SegmentRange& range : ranges) {
        put_u64(out, range.first);
        put_u64(out, range.last);
    }
    return out;
}

// Joined with the ranges that it overlaps or touches.
void add_range(SegmentRange added, std::vector<SegmentRange>& ranges) {
    std::vector<SegmentRange> kept;
    for (const SegmentRange& range : ranges) {
        bool before = range.last < added.first && added.first - range.last > 1;
        bool after = added.last < range.first && range.first - added.last > 1;
        if (before || after) {
            kept.push_back(range);
            continue;
        }
        added.first = std::min(added.first, range.first);
        added.last = std::max(added.last, range.last);
    }
    auto place = std::find_if(kept.begin(), kept.end(),
                              [&](const SegmentRange& range) { return range.first > added.last; });
    kept.insert(place, added);
    ranges = std::move(kept);
}

Result<std::vector<ErasedRange>> decode_erased(ByteView value) {
    std::vector<ErasedRange> ranges;
    ByteReader reader(value);
    while (reader.ok() && !reader.at_end()) {
        ErasedRange range;
        range.segments.first = reader.u64();
        range.segments.last = reader.u64();
        range.section_mask = reader.u8();
        if (!reader.ok() || range.segments.first > range.segments.last) {
            return corrupt("what was erased");
        }
        ranges.push_back(range);
    }
    return ranges;
}

Bytes encode_erased(const std::vector<ErasedRange>& ranges) {
    Bytes out;
    for (const ErasedRange& range : ranges) {
        put_u64(out, range.segments.first);
        put_u64(out, range.segments.last);
        put_u8(out, range.section_mask);
    }
    return out;
}

Result<LegalHold> decode_hold(ByteView key, ByteView value) {
    LegalHold hold;
    hold.id = key.substr(kHoldPrefix.size());
    ByteReader reader(value);
    hold.segments.first = reader.u64();
    hold.segments.last = reader.u64();
    hold.since.value = reader.i64();
    hold.reason = reader.sized();
    hold.by = reader.sized();
    if (!reader.ok() || !reader.at_end() || hold.segments.first > hold.segments.last) {
        return corrupt("a legal hold");
    }
    return hold;
}

ByteView value_of(const PositionMap& positions, std::string_view key) {
    auto found = positions.find(Bytes(key));
    return found == positions.end() ? ByteView() : ByteView(found->second);
}

void put_value(PositionMap& positions, std::string_view key, Bytes value) {
    if (value.empty()) {
        positions.erase(Bytes(key));
    } else {
        positions[Bytes(key)] = std::move(value);
    }
}

}  // namespace

bool SpoolState::is_pruned(uint64_t segment_no) const {
    return std::any_of(pruned.begin(), pruned.end(),
                       [&](const SegmentRange& range) { return range.contains(segment_no); });
}

uint8_t SpoolState::erased_sections(uint64_t segment_no) const {
    unsigned mask = 0;
    for (const ErasedRange& range : erased) {
        mask |= range.segments.contains(segment_no) ? range.section_mask : 0U;
    }
    return static_cast<uint8_t>(mask);
}

const LegalHold* SpoolState::hold_on(const SegmentRange& segments) const {
    auto found = std::find_if(holds.begin(), holds.end(), [&](const LegalHold& hold) {
        return hold.segments.touches(segments);
    });
    return found == holds.end() ? nullptr : &*found;
}

std::string segment_range_text(const SegmentRange& range) {
    if (range.last == kWithoutEnd) {
        return range.first == 0 ? "all segments"
                                : "segments from " + std::to_string(range.first) + " on";
    }
    return range.first == range.last
               ? "segment " + std::to_string(range.first)
               : "segments " + std::to_string(range.first) + " to " + std::to_string(range.last);
}

bool is_own_key(ByteView position_key) {
    return position_key.starts_with('\0');
}

Result<SpoolState> spool_state_of(const PositionMap& positions) {
    SpoolState state;
    Result<std::vector<SegmentRange>> pruned = decode_pruned(value_of(positions, kPrunedKey));
    Result<std::vector<ErasedRange>> erased = decode_erased(value_of(positions, kErasedKey));
    if (!pruned || !erased) {
        return fail(pruned ? erased.error() : pruned.error());
    }
    state.pruned = std::move(*pruned);
    state.erased = std::move(*erased);
    for (auto at = positions.lower_bound(Bytes(kHoldPrefix));
         at != positions.end() && at->first.starts_with(kHoldPrefix); ++at) {
        Result<LegalHold> hold = decode_hold(at->first, at->second);
        if (!hold) {
            return fail(hold.error());
        }
        state.holds.push_back(std::move(*hold));
    }
    return state;
}

Result<void> apply_prune(const PruneBody& body, PositionMap& positions) {
    Result<std::vector<SegmentRange>> pruned = decode_pruned(value_of(positions, kPrunedKey));
    Result<std::vector<ErasedRange>> erased = decode_erased(value_of(positions, kErasedKey));
    if (!pruned || !erased) {
        return fail(pruned ? erased.error() : pruned.error());
    }
    add_range({body.first_segment, body.last_segment}, *pruned);
    // Of a pruned segment there are no keys left to erase.
    std::erase_if(*erased, [&](const ErasedRange& range) {
        return std::any_of(pruned->begin(), pruned->end(), [&](const SegmentRange& gone) {
            return gone.contains(range.segments.first) && gone.contains(range.segments.last);
        });
    });
    put_value(positions, kPrunedKey, encode_pruned(*pruned));
    put_value(positions, kErasedKey, encode_erased(*erased));
    return {};
}

Result<void> apply_erase(const EraseBody& body, PositionMap& positions) {
    Result<std::vector<ErasedRange>> erased = decode_erased(value_of(positions, kErasedKey));
    if (!erased) {
        return fail(erased.error());
    }
    erased->push_back({{body.first_segment, body.last_segment}, body.section_mask});
    put_value(positions, kErasedKey, encode_erased(*erased));
    return {};
}

bool is_hold_id(std::string_view id) {
    auto allowed = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
    };
    return !id.empty() && id.size() <= kHoldIdBytesMax &&
           std::all_of(id.begin(), id.end(), allowed);
}

Bytes hold_key(std::string_view id) {
    return Bytes(kHoldPrefix) + Bytes(id);
}

Bytes encode_hold(const LegalHold& hold) {
    Bytes out;
    put_u64(out, hold.segments.first);
    put_u64(out, hold.segments.last);
    put_i64(out, hold.since.value);
    put_sized(out, hold.reason);
    put_sized(out, hold.by);
    return out;
}

}  // namespace llmtrail
