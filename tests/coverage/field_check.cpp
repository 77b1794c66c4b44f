#include "field_check.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>

#include "base/time.h"
#include "special_kinds.h"

namespace llmtrail::coverage {

namespace {

bool contains(const std::vector<std::string>& list, const std::string& text) {
    return std::find(list.begin(), list.end(), text) != list.end();
}

bool ends_with_path(const std::string& path, const std::string& tail) {
    return tail.empty() || path == tail || path.ends_with("." + tail);
}

// Finds the leaf's value, or the JSON it is the text of, among what `fits`; counts it against the
// first found.
template <typename Fits>
bool take(const Question& q, const Scalar& value, Fits fits) {
    for (FlatLeaf& leaf : q.flat().leaves) {
        if ((q.again || !leaf.used) && leaf.value.same_as(value) && fits(leaf.path, leaf.name)) {
            leaf.used = leaf.used || !q.again;
            return true;
        }
    }
    std::string canonical = canonical_json(value.text);
    if (canonical.empty()) {
        return false;
    }
    for (FlatContainer& container : q.flat().containers) {
        if ((q.again || !container.used) && container.canonical == canonical &&
            fits(container.name, container.name)) {
            container.used = container.used || !q.again;
            return true;
        }
    }
    return false;
}

bool equal(const Question& q) {
    return q.record().has(q.field) && field_scalar(q.record(), q.field).same_as(q.leaf.value);
}

bool list_contains(const Question& q) {
    auto& items = q.flat().leaves;
    return std::any_of(items.begin(), items.end(),
                       [&](const FlatLeaf& item) { return item.value.same_as(q.leaf.value); });
}

bool contains_value(const Question& q) {
    std::string_view whole = q.record().text(q.field);
    if (q.leaf.value.is_string && field_row(q.field).type == FieldType::kText) {
        std::string canonical = canonical_json(q.text());
        return whole.find(q.text()) != std::string_view::npos ||
               (!canonical.empty() && canonical == canonical_json(whole));
    }
    auto& leaves = q.flat().leaves;
    bool inside = q.leaf.value.is_string &&
                  std::any_of(leaves.begin(), leaves.end(), [&](const FlatLeaf& leaf) {
                      return leaf.value.text.find(q.text()) != std::string::npos;
                  });
    return inside || take(q, q.leaf.value, [](const auto&, const auto&) { return true; });
}

bool member(const Question& q) {
    auto names = split(q.argument, ',');
    return take(q, q.leaf.value,
                [&](const auto&, const std::string& name) { return contains(names, name); });
}

bool given(const Question& q) {
    if (!q.leaf.path.starts_with(q.argument)) {
        return false;
    }
    std::string tail = plain_path(q.leaf.path.substr(q.argument.size()));
    return take(q, q.leaf.value, [&](const std::string& path, const auto&) {
        return ends_with_path(plain_path(path), tail);
    });
}

bool unmapped(const Question& q) {
    std::string name = q.leaf.name;
    if (auto at = name.rfind(".N."); at != std::string::npos) {
        name = name.substr(at + 3);
    }
    name = plain_path(name);
    return take(q, q.leaf.value, [&](const std::string& path, const auto&) {
        return ends_with_path(plain_path(path), name);
    });
}

std::optional<int64_t> instant(const Scalar& value) {
    if (value.number) {
        auto whole = static_cast<int64_t>(*value.number);
        auto stamp = static_cast<double>(whole) == *value.number ? parse_epoch(whole)
                                                                 : parse_epoch(*value.number);
        return stamp ? std::optional(stamp->at.value) : std::nullopt;
    }
    bool digits = std::all_of(value.text.begin(), value.text.end(),
                              [](unsigned char c) { return std::isdigit(c); });
    if (digits && !value.text.empty() && value.text.size() < 20) {
        return std::stoll(value.text);  // OTLP: nanoseconds as text
    }
    auto stamp = parse_iso_time(value.text);
    stamp = stamp ? stamp : parse_http_date(value.text);
    return stamp ? std::optional(stamp->at.value) : std::nullopt;
}

bool same_time(const Question& q) {
    auto at = field_integer(q.record(), q.field);
    return at && same_instant(q.leaf.value, *at);
}

double number_of(const Question& q) {
    return q.leaf.value.number ? *q.leaf.value.number : std::strtod(q.text().c_str(), nullptr);
}

bool ns_from_ms(const Question& q) {
    return field_integer(q.record(), q.field) == static_cast<int64_t>(number_of(q) * 1e6);
}

// To the microsecond: a stamp of seconds as a binary fraction has no more digits.
bool ns_from_s(const Question& q) {
    auto duration = field_integer(q.record(), q.field);
    return duration && std::abs(static_cast<double>(*duration) - number_of(q) * 1e9) < 1e3;
}

bool mapped(const Question& q) {
    auto parts = split(q.argument, ':');
    const auto& allowed = q.maps.find(parts[0], q.text());
    if (parts.size() == 1) {
        if (field_row(q.field).type == FieldType::kTextList) {
            auto& items = q.flat().leaves;
            return std::any_of(items.begin(), items.end(), [&](const FlatLeaf& item) {
                return contains(allowed, item.value.text);
            });
        }
        return q.record().has(q.field) && contains(allowed, field_scalar(q.record(), q.field).text);
    }
    auto names = split(parts[1], ',');
    return std::any_of(allowed.begin(), allowed.end(), [&](const std::string& text) {
        return take(q, {text, {}, true},
                    [&](const auto&, const std::string& name) { return contains(names, name); });
    });
}

// The field is a piece of the source value: the session name of an ARN.
bool part(const Question& q) {
    if (field_row(q.field).type == FieldType::kTextList) {
        auto& items = q.flat().leaves;
        return std::any_of(items.begin(), items.end(), [&](const FlatLeaf& item) {
            return !item.value.text.empty() && q.text().find(item.value.text) != std::string::npos;
        });
    }
    std::string_view text = q.record().text(q.field);
    return !text.empty() && q.text().find(text) != std::string::npos;
}

// As given, or with the cached tokens that some vendors count apart.
bool tokens(const Question& q) {
    auto count = field_integer(q.record(), q.field);
    if (!count || !q.leaf.value.number) {
        return false;
    }
    auto cached = q.record().integer(Field::kGenAiUsageCacheReadInputTokens).value_or(0) +
                  q.record().integer(Field::kGenAiUsageCacheCreationInputTokens).value_or(0);
    auto value = static_cast<int64_t>(*q.leaf.value.number);
    return *count == value || *count == value + cached;
}

// A role of the chat: as a member, or told by the field when instructions are kept apart from the
// messages.
bool role(const Question& q) {
    bool instructions = q.text() == "system" || q.text() == "developer";
    return take(q, q.leaf.value,
                [](const auto&, const std::string& name) { return name == "role"; }) ||
           (instructions && q.record().has(Field::kGenAiSystemInstructions));
}

bool zero(const Question& q) {
    return q.leaf.value.number == 0.0 || q.record().has(Field::kRecordSourceLoss);
}

// A URI as it stands, or what a data: URI carries.
bool media(const Question& q) {
    Scalar value = q.leaf.value;
    if (auto at = value.text.find("base64,");
        value.text.starts_with("data:") && at != std::string::npos) {
        Scalar inner{value.text.substr(at + 7), {}, true};
        if (take(q, inner, [](const auto&, const auto&) { return true; })) {
            return true;
        }
    }
    return take(q, value, [](const auto&, const auto&) { return true; });
}

bool present(const Question& q) {
    return q.record().has(q.field);
}

struct Kind {
    std::string_view name;
    bool (*holds)(const Question&);
};

constexpr std::array<Kind, 21> kKinds = {{{"equal", equal},
                                          {"list_contains", list_contains},
                                          {"contains", contains_value},
                                          {"member", member},
                                          {"given", given},
                                          {"unmapped", unmapped},
                                          {"time", same_time},
                                          {"ns_from_ms", ns_from_ms},
                                          {"ns_from_s", ns_from_s},
                                          {"mapped", mapped},
                                          {"part", part},
                                          {"tokens", tokens},
                                          {"role", role},
                                          {"zero", zero},
                                          {"media", media},
                                          {"url_host", url_host},
                                          {"url_path", url_path},
                                          {"url_port", url_port},
                                          {"url_query", url_query},
                                          {"content_filter", content_filter},
                                          {"present", present}}};

struct KindText {
    std::string name, argument;
    bool again = false;
};

KindText parse_kind(std::string kind) {
    KindText out;
    for (std::string_view prefix : {"again:", "joined:"}) {
        if (kind.starts_with(prefix)) {
            out.again = out.again || prefix == "again:";
            kind.erase(0, prefix.size());
        }
    }
    size_t colon = std::min(kind.find(':'), kind.size());
    out.name = kind.substr(0, colon);
    out.argument = colon < kind.size() ? kind.substr(colon + 1) : "";
    return out;
}

const Kind* find_kind(const std::string& name) {
    auto kind =
        std::find_if(kKinds.begin(), kKinds.end(), [&](const Kind& k) { return k.name == name; });
    return kind == kKinds.end() ? nullptr : &*kind;
}

}  // namespace

bool same_instant(const Scalar& value, int64_t unix_ns) {
    return instant(value) == unix_ns;
}

FlatJson& RecordFields::flat(Field field) {
    auto found = flat_.find(field);
    if (found == flat_.end()) {
        found = flat_.emplace(field, flatten_json(record_.text(field))).first;
    }
    return found->second;
}

bool holds(const Target& target, const SourceLeaf& leaf, RecordFields& fields,
           const ValueMaps& maps) {
    if (target.field == "anywhere") {
        Question question{Field::kUnmapped, "", true, leaf, fields, maps};
        return anywhere(question);
    }
    bool rest = target.field == "unmapped";
    auto field = rest ? Field::kUnmapped : field_by_name(target.field).value_or(Field::kUnmapped);
    auto text = parse_kind(rest && target.kind != "url_query" ? "unmapped" : target.kind);
    const Kind* kind = find_kind(text.name);
    Question question{field, text.argument, text.again, leaf, fields, maps};
    return kind != nullptr && kind->holds(question);
}

bool known_kind(const std::string& kind, const ValueMaps& maps) {
    auto text = parse_kind(kind);
    return find_kind(text.name) != nullptr &&
           (text.name != "mapped" || maps.has(split(text.argument, ':')[0]));
}

}  // namespace llmtrail::coverage
