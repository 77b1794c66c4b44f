#include "cli/coverage.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <optional>
#include <unordered_set>
#include <utility>
#include <vector>

#include "base/utf8.h"
#include "cli/leaf_walk.h"

namespace llmtrail {

namespace {

// A source has seconds or microseconds where the record has nanoseconds.
constexpr std::array<double, 5> kScales = {1, 1e3, 1e6, 1e9, 1e-3};
constexpr double kAlike = 1e-6;
constexpr uint64_t kSearchBytesMax = uint64_t{256} << 20;  // a document: looking inside texts

std::optional<double> number_in(std::string_view text) {
    double number = 0;
    const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), number);
    const bool whole = problem == std::errc() && end == text.data() + text.size();
    return whole && std::isfinite(number) ? std::optional(number) : std::nullopt;
}

std::string_view trimmed(std::string_view text) {
    const size_t begin = text.find_first_not_of(" \t\r\n");
    if (begin == std::string_view::npos) {
        return {};
    }
    return text.substr(begin, text.find_last_not_of(" \t\r\n") - begin + 1);
}

std::string percent(uint64_t part, uint64_t whole) {
    char text[32];
    std::snprintf(
        text, sizeof text, "%.1f %%",
        whole == 0 ? 0.0 : 100.0 * static_cast<double>(part) / static_cast<double>(whole));
    return text;
}

void count_path(std::map<std::string, uint64_t>& paths, std::string_view path) {
    std::string key(path.substr(0, kCoveragePathBytesMax));
    const auto known = paths.find(key);
    if (known != paths.end()) {
        ++known->second;
    } else if (paths.size() < kCoveragePathsMax) {
        paths.emplace(std::move(key), 1);
    }
}

}  // namespace

// The values of some records, for asking whether a leaf is among them.
class ValueBook {
 public:
    void clear() {
        texts_.clear();
        all_.clear();
        numbers_.clear();
        sorted_ = false;
        searched_bytes_ = 0;
    }

    void add(JsonValue value) {
        if (const auto number = value.is_string() ? number_in(value.text()) : value.real()) {
            numbers_.push_back(*number);
            sorted_ = false;
        }
        if (value.is_string()) {
            texts_.emplace(trimmed(value.text()));
            all_.append(value.text()).push_back('\0');
        }
    }

    bool has(JsonValue leaf) {
        if (leaf.is_number()) {
            return has_number(leaf.real().value_or(0)) || has_text(leaf.json());
        }
        const std::string_view text = trimmed(leaf.text());
        const auto number = number_in(text);
        return (number && has_number(*number)) || has_text(text);
    }

 private:
    bool has_text(std::string_view text) {
        if (texts_.count(std::string(text)) != 0) {
            return true;
        }
        searched_bytes_ += all_.size();
        return searched_bytes_ <= kSearchBytesMax && all_.find(text) != std::string::npos;
    }

    bool has_number(double wanted) {
        if (!std::exchange(sorted_, true)) {
            std::sort(numbers_.begin(), numbers_.end());
        }
        return std::any_of(kScales.begin(), kScales.end(), [&](double scale) {
            const double at = wanted * scale;
            const double room = kAlike * std::max(1.0, std::abs(at));
            const auto near = std::lower_bound(numbers_.begin(), numbers_.end(), at - room);
            return near != numbers_.end() && *near <= at + room;
        });
    }

    std::unordered_set<std::string> texts_;
    std::string all_;
    std::vector<double> numbers_;
    bool sorted_ = false;
    uint64_t searched_bytes_ = 0;
};

FieldCoverage::FieldCoverage()
    : fields_(std::make_unique<ValueBook>()), unmapped_(std::make_unique<ValueBook>()) {}

FieldCoverage::~FieldCoverage() = default;

void FieldCoverage::start_document(UnixNanos observed) {
    observed_ = observed;
    format_.clear();
    records_ = 0;
    fields_->clear();
    unmapped_->clear();
}

AuditRecord& FieldCoverage::begin() {
    record_.clear();
    record_.set_time(Field::kEventIngested, observed_);
    return record_;
}

void FieldCoverage::commit() {
    ++records_;
    ++parsed_.records;
    parsed_.rejected += record_.text(Field::kEventKind) == "rejected" ? 1U : 0U;
    if (format_.empty()) {
        format_ = record_.text(Field::kEventProvider);
    }
    scratch_.clear();
    append_record_json(scratch_, record_, "");
    const auto made = tree_.read(scratch_, false);
    if (!made) {
        return;
    }
    for (const JsonMember& member : made->members()) {
        ValueBook& book = member.key == "llm.audit.unmapped" ? *unmapped_ : *fields_;
        book.add(member.value);  // a text as a whole, too: JSON in it is entered below
        walk_leaves(member.value, [&](std::string_view, JsonValue leaf) { book.add(leaf); });
    }
}

void FieldCoverage::end_document(std::string_view bytes, bool truncated) {
    Totals& totals = totals_[format_.empty() ? "rejected" : format_];
    ++totals.documents;
    ++parsed_.documents;
    totals.records += records_;
    const auto root = truncated ? tree_.read_head(bytes) : tree_.read(bytes, true);
    if (!root) {
        return;  // text, which has no leaves: its parser's own affair
    }
    walk_leaves(*root, [&](std::string_view path, JsonValue leaf) {
        if (leaf.boolean()) {
            return;  // yes and no stand in every record
        }
        ++totals.leaves;
        if (fields_->has(leaf)) {
            ++totals.in_fields;
        } else if (unmapped_->has(leaf)) {
            ++totals.unmapped;
            count_path(totals.unmapped_paths, path);
        } else {
            count_path(totals.other_paths, path);
        }
    });
}

void FieldCoverage::append_paths(std::string& out, std::string_view kind,
                                 const std::map<std::string, uint64_t>& paths) {
    std::vector<std::pair<std::string, uint64_t>> sorted(paths.begin(), paths.end());
    std::stable_sort(sorted.begin(), sorted.end(),
                     [](const auto& a, const auto& b) { return a.second > b.second; });
    const size_t shown = std::min(sorted.size(), kCoveragePathsShown);
    for (size_t i = 0; i < shown; ++i) {
        const std::string& path = sorted[i].first;
        out.append("  ").append(kind).append(" ").append(std::to_string(sorted[i].second));
        out.append(" ").append(path.empty() ? "(the document)" : terminal_safe(path)).append("\n");
    }
    if (shown < sorted.size()) {
        out.append("  ").append(kind).append(" ");
        out.append(std::to_string(sorted.size() - shown)).append(" more paths\n");
    }
}

std::string FieldCoverage::report() const {
    std::string out;
    for (const auto& [format, totals] : totals_) {
        const uint64_t other = totals.leaves - totals.in_fields - totals.unmapped;
        out.append(terminal_safe(format)).append(": documents ");
        out.append(std::to_string(totals.documents)).append(", records ");
        out.append(std::to_string(totals.records)).append(", values ");
        out.append(std::to_string(totals.leaves));
        for (const auto& [name, count] :
             {std::pair<const char*, uint64_t>{"in fields", totals.in_fields},
              {"unmapped", totals.unmapped},
              {"elsewhere", other}}) {
            out.append(", ").append(name).append(" ").append(std::to_string(count));
            out.append(" (").append(percent(count, totals.leaves)).append(")");
        }
        out.append("\n");
        append_paths(out, "unmapped", totals.unmapped_paths);
        append_paths(out, "elsewhere", totals.other_paths);
    }
    return out;
}

}  // namespace llmtrail
