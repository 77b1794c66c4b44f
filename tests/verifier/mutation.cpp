#include "mutation.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstdio>
#include <optional>
#include <utility>
#include <vector>

#include "fakes/forged_header.h"
#include "spool/crc32c.h"
#include "spool/format.h"
#include "spool/frame.h"
#include "spool/segment_header.h"

namespace llmtrail {

namespace {

constexpr size_t kLeafHeaderBytes = 16;
constexpr size_t kChecksumBytes = 4;

struct Place {
    size_t offset = 0;
    size_t size = 0;
};

std::vector<Place> whole_frames(ByteView segment) {
    std::vector<Place> places;
    Result<size_t> header = segment_header_size(segment);
    size_t at = header ? *header : segment.size();
    FrameView frame;
    while (at < segment.size() && split_frame(segment.substr(at), frame) == FrameFault::kNone) {
        places.push_back({at, frame.header.frame_bytes});
        at += frame.header.frame_bytes;
    }
    return places;
}

// One mutation in the making.
class Mutation {
 public:
    Mutation(LogFiles& files, const LogFiles& strange, FakeRandom& random)
        : files_(files), strange_(strange), random_(random) {}

    std::string apply() {
        constexpr std::array<const char*, 8> kEndings = {".keys", ".leaf", ".leaf", ".lsp",
                                                         ".lsp",  ".lsp",  ".lsp",  ".lsp"};
        name_ = any_name(files_, kEndings[below(kEndings.size())]);
        name_ = name_.empty() ? any_name(files_, ".lsp") : name_;
        if (name_.empty()) {
            return "nothing left to change";
        }
        constexpr size_t kFileKinds = 10;
        constexpr size_t kByteKinds = 10;
        constexpr size_t kFrameKinds = 10;
        uint64_t kind = random_.below(kFileKinds + kByteKinds + 2 * kFrameKinds);
        if (kind < kFileKinds) {
            return change_files(kind);
        }
        Bytes bytes = files_[name_];
        std::string done;
        if (kind >= kFileKinds + kByteKinds) {
            places_ = whole_frames(bytes);
        }
        if (name_.ends_with(".leaf") && bytes.size() >= kLeafHeaderBytes && below(2) == 0) {
            done = change_leaf_file(kind % 4, bytes);
        } else if (places_.empty()) {
            done = change_bytes(kind % kByteKinds, bytes);
        } else {
            done = change_frames(kind % kFrameKinds, bytes);
        }
        files_[name_] = bytes;
        return done + " in " + name_;
    }

 private:
    size_t below(size_t bound) {
        return bound == 0 ? 0 : static_cast<size_t>(random_.below(bound));
    }

    std::string any_name(const LogFiles& files, const std::string& ending) {
        std::vector<std::string> names;
        for (const auto& [name, bytes] : files) {
            if (name.starts_with("seg-") && name.ends_with(ending)) {
                names.push_back(name);
            }
        }
        return names.empty() ? "" : names[below(names.size())];
    }

    Bytes noise(size_t size) {
        Bytes bytes(size, '\0');
        (void)random_.fill(bytes.data(), size);
        return bytes;
    }

    std::string change_files(uint64_t kind) {
        std::string other = any_name(files_, name_.substr(name_.rfind('.')));
        char renamed[40];
        std::snprintf(renamed, sizeof renamed, "seg-%020zu%s", below(8),
                      name_.substr(name_.rfind('.')).c_str());
        Bytes bytes = files_[name_];
        switch (kind) {
            case 0:
                files_.erase(name_);
                return name_ + " removed";
            case 1:
                std::swap(files_[name_], files_[other]);
                return name_ + " and " + other + " exchanged";
            case 2:
                files_.erase(name_);
                files_[renamed] = bytes;
                return name_ + " renamed " + renamed;
            case 3:
                files_[renamed] = bytes;
                return name_ + " copied to " + renamed;
            case 4: {
                std::string theirs = any_name(strange_, name_.substr(name_.rfind('.')));
                files_[name_] = theirs.empty() ? Bytes() : strange_.at(theirs);
                return name_ + " replaced by one of another log";
            }
            case 5:
                return forge_version(name_);
            case 6:
                return later_of_another_log();
            case 7:
                return announce_frames();
            case 8: {
                std::string last = last_name();
                return last + " " + change_bytes(6, files_[last]) + "; " + forge_successor(last);
            }
            default: {
                std::string cut = name_.substr(0, name_.rfind('.'));
                std::erase_if(files_, [&](auto& file) { return file.first >= cut; });
                return cut + " and all after removed";
            }
        }
    }

    // A header of a later version, signed by somebody with a key of their own.
    std::string forge_version(const std::string& name) {
        constexpr std::array<size_t, 3> kVersionAt = {8, 16, 96};
        Bytes& bytes = files_[name];
        Result<size_t> header = segment_header_size(bytes);
        Result<SigningKey> key = SigningKey::generate(random_);
        if (!header || *header > bytes.size() || !key) {
            return name + " has no header to forge";
        }
        char& version = bytes[kVersionAt[below(kVersionAt.size())]];
        version = static_cast<char>(version ^ 2);
        sign_header(bytes, *key);
        return name + " of a later version, signed with another key";
    }

    // Signed by nobody; its checksum is right.
    std::string later_of_another_log() {
        constexpr size_t kMajorAt = 8;
        constexpr size_t kIdentityHashAt = 328;
        Bytes& bytes = files_[name_];
        Result<size_t> header = segment_header_size(bytes);
        if (!header || *header > bytes.size()) {
            return name_ + " has no header to change";
        }
        bytes[kMajorAt] = 3;
        bytes[kIdentityHashAt + below(kDigestBytes)] = static_cast<char>(random_.below(256));
        repair_header(bytes, *header);
        return name_ + " of a later version and another identity, not signed";
    }

    // A torn end with headers of frames behind it that would be whole if they were read.
    std::string announce_frames() {
        Bytes& bytes = files_[last_name()];
        std::string done = change_bytes(6, bytes);
        bytes += announced_frame(static_cast<uint32_t>(kFrameHeaderBytes + 100'000));
        bytes += announced_frames(static_cast<uint32_t>(below(20)));
        return last_name() + " " + done + ", with frames announced behind";
    }

    std::string last_name() const {
        std::string last;
        for (const auto& [name, bytes] : files_) {
            last = name.ends_with(".lsp") ? name : last;
        }
        return last;
    }

    // And it says that it goes on where the whole frames of `name` end.
    std::string forge_successor(const std::string& name) {
        Bytes bytes = files_[name];
        Result<SegmentHeader> header = decode_segment_header(bytes);
        if (!header) {
            return "no header to go on from";
        }
        Digest chain = header->header_hash;
        Sha256 hash;
        FrameView frame;
        for (const Place& place : whole_frames(bytes)) {
            (void)split_frame(ByteView(bytes).substr(place.offset), frame);
            chain = chain_after(hash, chain, frame_digest(hash, frame.head, frame.body));
            header->first_index = frame.header.end_index();
        }
        header->prev_chain = chain;
        header->generation += 1;
        header->segment_no += 1;
        header->frontier.resize(static_cast<size_t>(std::popcount(header->first_index)));
        Result<SigningKey> key = SigningKey::generate(random_);
        std::string next = segment_file_name(header->segment_no);
        files_[next] = encode_segment_header(*header, *key);
        return forge_version(next);
    }

    std::string change_bytes(uint64_t kind, Bytes& bytes) {
        constexpr size_t kPage = 4096;
        size_t at = below(bytes.size());
        size_t size = std::min(1 + below(200), bytes.size() - at);
        switch (kind) {
            case 0:
            case 1:
                if (!bytes.empty()) {
                    bytes[at] = static_cast<char>(bytes[at] ^ (1 << random_.below(8)));
                }
                return "bit flipped at " + std::to_string(at);
            case 2:
                bytes.replace(at, size, noise(size));
                return "overwritten at " + std::to_string(at);
            case 3:
                bytes.replace(at, size, Bytes(size, '\0'));
                return "zeroed at " + std::to_string(at);
            case 4:
                at = at / kPage * kPage;
                size = std::min(kPage, bytes.size() - at);
                bytes.replace(at, size, Bytes(size, '\0'));
                return "page zeroed at " + std::to_string(at);
            case 5:
                bytes.replace(at, bytes.size() - at, Bytes(bytes.size() - at, '\0'));
                return "all zeroed from " + std::to_string(at);
            case 6:
                bytes.resize(at);
                return "cut to " + std::to_string(at);
            case 7:
                bytes.erase(at, size);
                return "removed at " + std::to_string(at);
            case 8:
                bytes.insert(at, noise(size));
                return "inserted at " + std::to_string(at);
            default:
                bytes += below(2) == 0 ? noise(size) : Bytes(size * 40, '\0');
                return "appended";
        }
    }

    void repair(Bytes& bytes, const Place& place) {
        Bytes frame = bytes.substr(place.offset, place.size);
        finish_frame(frame, 0);
        bytes.replace(place.offset, place.size, frame);
    }

    std::string change_frames(uint64_t kind, Bytes& bytes) {
        Place place = places_[below(places_.size())];
        Place second = places_[below(places_.size())];
        std::string where = " at " + std::to_string(place.offset);
        Bytes frame = bytes.substr(place.offset, place.size);
        switch (kind) {
            case 0:
                bytes.erase(place.offset, place.size);
                return "frame removed" + where;
            case 1:
                bytes.insert(place.offset, frame);
                return "frame doubled" + where;
            case 2:
                bytes.resize(place.offset);
                return "cut at the frame" + where;
            case 3:
                if (second.offset > place.offset) {
                    std::swap(place, second);
                }
                frame = bytes.substr(place.offset, place.size);
                bytes.replace(place.offset, place.size, bytes.substr(second.offset, second.size));
                bytes.replace(second.offset, second.size, frame);
                return "frames exchanged" + where;
            case 4:
                bytes += frame;
                return "frame appended again" + where;
            case 5: {
                const Bytes& theirs = strange_.at(any_name(strange_, ".lsp"));
                std::vector<Place> places = whole_frames(theirs);
                if (!places.empty()) {
                    Place their = places[below(places.size())];
                    bytes.replace(place.offset, place.size,
                                  theirs.substr(their.offset, their.size));
                }
                return "frame of another log" + where;
            }
            case 6:
                return change_number(bytes, place) + where;
            case 7: {
                size_t at = place.offset + below(kFrameHeaderClearBytes);
                bytes[at] = static_cast<char>(bytes[at] ^ (1 << random_.below(8)));
                repair(bytes, place);
                return "frame header changed, checksums right," + where;
            }
            case 8: {
                size_t at =
                    place.offset + kFrameHeaderBytes + below(place.size - kFrameHeaderBytes);
                bytes[at] = static_cast<char>(bytes[at] ^ (1 << random_.below(8)));
                repair(bytes, place);
                return "frame body changed, checksums right," + where;
            }
            default:
                return change_header(bytes);
        }
    }

    // The leaf file's own checksum is made right.
    std::string change_leaf_file(uint64_t kind, Bytes& bytes) {
        bytes.resize(bytes.size() - kChecksumBytes);
        std::vector<Place> items = leaf_items(bytes);
        std::string done;
        if (kind == 0 || items.empty()) {
            size_t at = below(bytes.size());
            bytes[at] = static_cast<char>(bytes[at] ^ (1 << random_.below(8)));
            done = "bit flipped, checksum right, at " + std::to_string(at);
        } else {
            Place item = items[below(items.size())];
            done = " at " + std::to_string(item.offset) + ", checksum right,";
            if (kind == 1) {
                bytes.erase(item.offset, item.size);
                done = "item removed" + done;
            } else if (kind == 2) {
                bytes.insert(item.offset, bytes.substr(item.offset, item.size));
                done = "item doubled" + done;
            } else {
                bytes.resize(item.offset);
                done = "cut at the item" + done;
            }
        }
        put_u32(bytes, crc32c(bytes));
        return done;
    }

    static std::vector<Place> leaf_items(ByteView bytes) {
        std::vector<Place> items;
        constexpr size_t kItemHeaderBytes = 5;
        size_t at = kLeafHeaderBytes + number_at(bytes, 12);
        while (at + kItemHeaderBytes <= bytes.size()) {
            size_t size = kItemHeaderBytes + number_at(bytes, at + 1);
            if (size > bytes.size() - at) {
                break;
            }
            items.push_back({at, size});
            at += size;
        }
        return items;
    }

    static size_t number_at(ByteView bytes, size_t at) {
        size_t value = 0;
        for (size_t i = 4; i > 0; --i) {
            value = value << 8 | static_cast<uint8_t>(bytes[at + i - 1]);
        }
        return value;
    }

    // A number of the frame header becomes an extreme one; the checksums are made right.
    std::string change_number(Bytes& bytes, const Place& place) {
        constexpr std::array<size_t, 9> kNumbers = {8, 12, 16, 20, 24, 28, 48, 52, 60};
        constexpr std::array<uint32_t, 6> kValues = {0, 1, 15, 0x7FFFFFFF, 0x08000001, 0xFFFFFFFF};
        size_t at = kNumbers[below(kNumbers.size())];
        Bytes value;
        put_u32(value, kValues[below(kValues.size())]);
        bytes.replace(place.offset + at, value.size(), value);
        repair(bytes, place);
        return "number " + std::to_string(at) + " of the frame changed, checksums right,";
    }

    std::string change_header(Bytes& bytes) {
        size_t header = places_.front().offset;
        size_t at = below(header - 4);
        bytes[at] = static_cast<char>(bytes[at] ^ (1 << random_.below(8)));
        repair_header(bytes, header);
        return "segment header changed, checksum right, at " + std::to_string(at);
    }

    LogFiles& files_;
    const LogFiles& strange_;
    FakeRandom& random_;
    std::string name_;
    std::vector<Place> places_;
};

}  // namespace

std::string mutate(LogFiles& files, const LogFiles& strange, FakeRandom& random) {
    return Mutation(files, strange, random).apply();
}

}  // namespace llmtrail
