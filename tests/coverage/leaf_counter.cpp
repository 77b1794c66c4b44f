#include "leaf_counter.h"

#include <algorithm>
#include <sstream>

#include "special_kinds.h"

namespace llmtrail::coverage {

namespace {

constexpr size_t kShownBytesMax = 60;

std::string short_text(std::string text) {
    std::replace(text.begin(), text.end(), '\n', ' ');
    if (text.size() > kShownBytesMax) {
        text = text.substr(0, kShownBytesMax) + "... (" + std::to_string(text.size()) + " bytes)";
    }
    return text;
}

std::string expectation(const Row& row) {
    std::string out;
    for (const Target& target : row.targets) {
        out += (out.empty() ? "" : " or ") + target.field +
               (target.kind.empty() ? "" : " (" + target.kind + ")");
    }
    return out;
}

std::string got(const Row& row, const AuditRecord& record) {
    auto field = field_by_name(row.targets.front().field);
    if (!field || !record.has(*field)) {
        return "nothing";
    }
    return short_text(field_scalar(record, *field).text);
}

// Three classes of dropped leaves say something that can be checked.
bool droppable(const std::string& reason, const SourceLeaf& leaf, RecordFields& fields,
               const ValueMaps& maps) {
    const AuditRecord& record = fields.record();
    if (reason == "secret") {
        return !holds({"anywhere", ""}, leaf, fields, maps);
    }
    if (reason == "vector") {
        return record.has(Field::kGenAiEmbeddingsCount) &&
               record.has(Field::kGenAiEmbeddingsDimensionCount);
    }
    return reason != "placeholder" || leaf.value.number == 0.0;
}

}  // namespace

void Totals::problem(const std::string& key, const std::string& text) {
    Problem& entry = problems[key];
    entry.first = entry.count++ == 0 ? text : entry.first;
}

std::string Totals::text(const std::string& name) const {
    std::ostringstream out;
    out << name << ": " << documents << " documents, " << records << " records, " << leaves
        << " leaves: " << mapped << " in fields, " << unmapped << " in llm.audit.unmapped, "
        << missing << " missing";
    if (anywhere > 0) {
        out << ", " << anywhere << " somewhere";
    }
    for (const auto& [reason, count] : dropped) {
        out << ", " << count << " dropped (" << reason << ')';
    }
    return out.str();
}

void LeafCounter::compare(const SourceRecord& source, const AuditRecord& record,
                          const std::string& where) {
    RecordFields fields(record);
    auto wholes = join(source, fields, where);
    for (const SourceLeaf& leaf : source.leaves) {
        auto rows = table_.find(leaf.path);
        if (rows.empty()) {
            totals_.problem(leaf.path, where + " no row in the table for " + leaf.path + " = " +
                                           short_text(leaf.value.text));
        }
        std::set<std::string> places;
        for (const Row* row : rows) {
            ++row->leaves;
            auto whole = wholes.find({row, leaf.group});
            places.insert(whole != wholes.end() ? whole->second : check(*row, leaf, fields, where));
        }
        if (!leaf.shared) {
            ++totals_.leaves;
            count(places);
        }
    }
}

std::string LeafCounter::check(const Row& row, const SourceLeaf& leaf, RecordFields& fields,
                               const std::string& where) {
    for (const Target& target : row.targets) {
        if (target.field == "dropped") {
            if (droppable(target.kind, leaf, fields, maps_)) {
                return "dropped " + target.kind;
            }
        } else if (holds(target, leaf, fields, maps_)) {
            bool rest = target.field == "unmapped";
            if (rest && row.targets.front().field != "unmapped") {
                ++totals_.second_choice[row.path + " -> " + row.targets.front().field];
            }
            return rest ? "unmapped" : target.field == "anywhere" ? "anywhere" : "field";
        }
    }
    totals_.problem(leaf.path + " -> " + row.targets.front().field,
                    where + ' ' + leaf.path + " = " + short_text(leaf.value.text) +
                        "; expected in " + expectation(row) + ", got " + got(row, fields.record()));
    return "missing";
}

void LeafCounter::count(const std::set<std::string>& places) {
    if (places.empty() || places.contains("missing")) {
        ++totals_.missing;
    } else if (places.contains("field")) {
        ++totals_.mapped;
    } else if (places.contains("unmapped")) {
        ++totals_.unmapped;
    } else if (places.contains("anywhere")) {
        ++totals_.anywhere;
    } else {
        ++totals_.dropped[places.begin()->substr(places.begin()->find(' ') + 1)];
    }
}

// Puts the pieces of streamed texts together and says where each whole was found.
std::map<LeafCounter::Pieces, std::string> LeafCounter::join(const SourceRecord& source,
                                                             RecordFields& fields,
                                                             const std::string& where) {
    std::map<Pieces, SourceLeaf> texts;
    for (const SourceLeaf& leaf : source.leaves) {
        for (const Row* row : table_.find(leaf.path)) {
            if (row->targets.front().kind.find("joined:") != std::string::npos) {
                auto [text, first] = texts.try_emplace({row, leaf.group}, leaf);
                text->second.value.text += first ? "" : leaf.value.text;
            }
        }
    }
    std::map<Pieces, std::string> places;
    for (const auto& [key, leaf] : texts) {
        places[key] = check(*key.first, leaf, fields, where);
    }
    return places;
}

}  // namespace llmtrail::coverage
