// SpoolReader: one segment open at a time, its frames found once and remembered by index. Deliver
// thread, audit.
#include <algorithm>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "spool/batch_reader.h"
#include "spool/leaf_file.h"
#include "spool/recovery.h"
#include "spool/segment_file.h"
#include "spool/spool.h"

namespace llmtrail {
namespace {

struct BatchPlace {
    uint64_t first_index = 0;
    uint64_t end_index = 0;
    uint64_t offset = 0;
    Digest chain{};  // before the frame
};

// One segment being read, as far as it has been walked.
struct Walk {
    SegmentFile file;
    SegmentOpeners openers;
    uint64_t offset = 0;
    Digest chain{};
    uint32_t frame_no = 0;
    uint64_t next_index = 0;
    std::vector<BatchPlace> batches;
};

class LogReader final : public SpoolReader {
 public:
    LogReader(std::string directory, FileSystem& files, LocalKeys keys)
        : directory_(std::move(directory)), files_(files), keys_(std::move(keys)) {}

    // Segments appear while reading goes on; names seen before are not read again.
    Result<void> refresh_segments() {
        Result<std::vector<uint64_t>> numbers = list_segments(files_, directory_);
        if (!numbers) {
            return fail(numbers.error());
        }
        std::vector<Place> places;
        for (uint64_t number : *numbers) {
            auto known = std::find_if(places_.begin(), places_.end(),
                                      [&](const Place& place) { return place.number == number; });
            if (known != places_.end()) {
                places.push_back(*known);
                continue;
            }
            Result<SegmentFile> file =
                SegmentFile::open(files_, directory_ + "/" + segment_file_name(number));
            if (file) {
                places.push_back({number, file->header().first_index});
            }
        }
        places_ = std::move(places);
        return {};
    }

    uint64_t first_index() const override { return places_.empty() ? 0 : places_.front().first; }

    Result<uint64_t> pruned_records(uint64_t from, uint64_t to) override {
        if (from >= to || !may_be_pruned(from)) {
            return uint64_t{0};
        }
        Result<std::vector<std::string>> names = files_.list(directory_);
        if (!names) {
            return fail(names.error());
        }
        uint64_t records = 0;
        for (const std::string& name : *names) {
            std::optional<uint64_t> number = segment_number_of(name, kLeafSuffix);
            if (!number || is_listed(*number)) {
                continue;
            }
            Result<uint64_t> counted = count_in_leaf_file(name, from, to);
            if (!counted) {
                return counted;
            }
            records += *counted;
        }
        return records;
    }

    Result<std::shared_ptr<const Batch>> read(uint64_t index) override {
        bool listed = false;
        bool looked_again = false;
        for (;;) {
            size_t at = place_of(index);
            // The last known segment may have a successor by now.
            if (!listed && at + 1 >= places_.size()) {
                Result<void> refreshed = refresh_segments();
                if (!refreshed) {
                    return fail(refreshed.error());
                }
                listed = true;
                continue;
            }
            if (places_.empty()) {
                return fail(ErrorCode::kNotFound, "the spool is empty");
            }
            if (index < places_.front().first) {
                return fail(ErrorCode::kNotFound, "that record was pruned");
            }
            bool last = at + 1 == places_.size();
            uint64_t limit = last ? kNoLimit : places_[at + 1].first;
            Result<std::shared_ptr<const Batch>> found = find_in(places_[at].number, index, limit);
            if (!found && found.error().code == ErrorCode::kNotFound && !looked_again) {
                looked_again = true;
                uint64_t missing = places_[at].number;
                Result<void> refreshed = refresh_segments();
                if (!refreshed) {
                    return fail(refreshed.error());
                }
                if (!is_listed(missing)) {
                    continue;  // pruned in the meantime
                }
            }
            if (!found || *found) {
                return found;
            }
            if (last) {
                return fail(ErrorCode::kNotFound, "no such record yet");
            }
            index = limit;
        }
    }

 private:
    struct Place {
        uint64_t number = 0;
        uint64_t first = 0;
    };

    static constexpr uint64_t kNoLimit = ~uint64_t{0};

    // False where every segment from there on stands whole.
    bool may_be_pruned(uint64_t from) const {
        if (places_.empty() || from < places_.front().first) {
            return true;
        }
        return places_.back().number - places_.front().number + 1 != places_.size();
    }

    Result<uint64_t> count_in_leaf_file(const std::string& name, uint64_t from, uint64_t to) {
        Result<LeafFile> leaf = LeafFile::open(files_, directory_ + "/" + name);
        if (!leaf) {
            return fail(leaf.error());
        }
        uint64_t records = 0;
        uint64_t index = leaf->header() ? leaf->header()->first_index : to;
        LeafItem item;
        while (index < to) {
            Result<bool> more = leaf->next(item);
            if (!more) {
                return fail(more.error());
            }
            if (!*more) {
                break;
            }
            uint64_t count = item.is_batch ? item.leaves.size() : item.frame.header.leaf_count;
            if (item.is_batch) {
                uint64_t begin = std::max(index, from);
                uint64_t end = std::min(index + count, to);
                records += end > begin ? end - begin : 0;
            }
            index += count;
        }
        return records;
    }

    bool is_listed(uint64_t number) const {
        return std::any_of(places_.begin(), places_.end(),
                           [&](const Place& place) { return place.number == number; });
    }

    // The newest segment that begins at or below `index`: what an older one holds from there on is
    // void.
    size_t place_of(uint64_t index) const {
        size_t found = 0;
        for (size_t i = 0; i < places_.size(); ++i) {
            if (places_[i].first <= index) {
                found = i;
            }
        }
        return found;
    }

    Result<void> open_segment(uint64_t number) {
        walk_.reset();
        Result<SegmentFile> file =
            SegmentFile::open(files_, directory_ + "/" + segment_file_name(number));
        if (!file) {
            return fail(file.error());
        }
        Result<Bytes> wraps =
            files_.read_file(directory_ + "/" + keys_file_name(number), kKeyFileBytesMax);
        if (!wraps) {
            return fail(std::move(wraps).error().with_context("reading a segment's keys"));
        }
        Result<DataKeys> keys = open_key_file(*wraps, file->header(), keys_);
        if (!keys) {
            return fail(ErrorCode::kCrypto, keys_file_name(number) + ": " + keys.error().message);
        }
        Digest chain = file->header().header_hash;
        uint64_t offset = file->header().header_bytes;
        uint64_t next_index = file->header().first_index;
        walk_.emplace(
            Walk{std::move(*file), SegmentOpeners(*keys), offset, chain, 0, next_index, {}});
        return {};
    }

    // One frame further. False: the file ends here.
    Result<bool> walk_on() {
        Walk& walk = *walk_;
        FrameView frame;
        Result<FrameFault> fault = walk.file.frame_at(walk.offset, frame);
        if (!fault) {
            return fail(fault.error());
        }
        if (*fault == FrameFault::kEnd || *fault == FrameFault::kShort) {
            return false;
        }
        bool in_order = *fault == FrameFault::kNone && frame.header.frame_no == walk.frame_no &&
                        frame.header.index == walk.next_index;
        if (!in_order) {
            return fail(ErrorCode::kCorrupt,
                        segment_file_name(walk.file.header().segment_no) + ", offset " +
                            std::to_string(walk.offset) + ": " +
                            std::string(*fault == FrameFault::kNone ? "a frame out of order"
                                                                    : frame_fault_text(*fault)));
        }
        if (frame.header.type == FrameType::kBatch) {
            walk.batches.push_back(
                {frame.header.index, frame.header.end_index(), walk.offset, walk.chain});
        }
        walk.chain = chain_after(hash_, walk.chain, frame_digest(hash_, frame.head, frame.body));
        walk.offset += frame.header.frame_bytes;
        walk.frame_no += 1;
        walk.next_index = frame.header.end_index();
        return true;
    }

    // The first batch of the segment that ends above `index` and begins below `limit`; null when
    // there is none.
    Result<std::shared_ptr<const Batch>> find_in(uint64_t number, uint64_t index, uint64_t limit) {
        if (!walk_ || walk_->file.header().segment_no != number) {
            Result<void> opened = open_segment(number);
            if (!opened) {
                return fail(opened.error());
            }
        }
        Result<void> refreshed = walk_->file.refresh();
        if (!refreshed) {
            return fail(refreshed.error());
        }
        for (;;) {
            auto place = std::partition_point(
                walk_->batches.begin(), walk_->batches.end(),
                [&](const BatchPlace& batch) { return batch.end_index <= index; });
            if (place != walk_->batches.end()) {
                return place->first_index < limit ? read_at(*place)
                                                  : Result<std::shared_ptr<const Batch>>(nullptr);
            }
            if (walk_->next_index >= limit) {
                return std::shared_ptr<const Batch>();
            }
            Result<bool> walked = walk_on();
            if (!walked) {
                return fail(walked.error());
            }
            if (!*walked) {
                return std::shared_ptr<const Batch>();
            }
        }
    }

    Result<std::shared_ptr<const Batch>> read_at(const BatchPlace& place) {
        FrameView frame;
        Result<FrameFault> fault = walk_->file.frame_at(place.offset, frame);
        if (!fault) {
            return fail(fault.error());
        }
        if (*fault != FrameFault::kNone) {
            return fail(ErrorCode::kCorrupt, std::string(frame_fault_text(*fault)));
        }
        return batches_.read(walk_->file.header(), walk_->openers, place.chain, frame);
    }

    std::string directory_;
    FileSystem& files_;
    LocalKeys keys_;
    std::vector<Place> places_;
    std::optional<Walk> walk_;
    BatchReader batches_;
    Sha256 hash_;
};

}  // namespace

Result<std::unique_ptr<SpoolReader>> SpoolReader::open(const SpoolOptions& options,
                                                       SpoolSeams seams) {
    Result<LocalKeys> keys = load_local_keys(seams.files, key_places(options));
    if (!keys) {
        return fail(std::move(keys).error().with_context("opening the spool for reading"));
    }
    auto reader = std::make_unique<LogReader>(options.directory, seams.files, std::move(*keys));
    Result<void> listed = reader->refresh_segments();
    if (!listed) {
        return fail(std::move(listed).error().with_context("opening the spool for reading"));
    }
    return std::unique_ptr<SpoolReader>(std::move(reader));
}

}  // namespace llmtrail
