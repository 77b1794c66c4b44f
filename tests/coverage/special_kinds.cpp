#include "special_kinds.h"

#include <algorithm>
#include <cctype>
#include <cstdlib>

namespace llmtrail::coverage {

namespace {

std::string lower(std::string text) {
    std::transform(text.begin(), text.end(), text.begin(),
                   [](unsigned char c) { return std::tolower(c); });
    return text;
}

struct Url {
    std::string host, port, path, query;
};

Url url_parts(const std::string& text) {
    Url url;
    size_t start = text.find("://");
    start = start == std::string::npos ? 0 : start + 3;
    size_t query = std::min(text.find('?', start), text.size());
    size_t slash = std::min(text.find('/', start), query);
    std::string authority = text.substr(start, slash - start);
    size_t colon = std::min(authority.rfind(':'), authority.size());
    url.host = authority.substr(0, colon);
    url.port = colon < authority.size() ? authority.substr(colon + 1) : "";
    url.path = text.substr(slash, query - slash);
    url.path.resize(std::min(url.path.find('#'), url.path.size()));  // a fragment is not sent
    url.query = query < text.size() ? text.substr(query + 1) : "";
    return url;
}

}  // namespace

std::optional<int64_t> field_integer(const AuditRecord& record, Field field) {
    FieldType type = field_row(field).type;
    return type == FieldType::kInteger || type == FieldType::kTime ? record.integer(field)
                                                                   : std::nullopt;
}

Scalar field_scalar(const AuditRecord& record, Field field) {
    Scalar scalar;
    FieldType type = field_row(field).type;
    if (auto whole = field_integer(record, field)) {
        scalar.text = std::to_string(*whole);
        scalar.number = static_cast<double>(*whole);
    } else if (type == FieldType::kReal) {
        scalar.number = record.real(field);
        scalar.text = std::to_string(scalar.number.value_or(0));
    } else if (type == FieldType::kBoolean) {
        scalar.text = record.boolean(field).value_or(false) ? "true" : "false";
    } else {
        scalar.text = record.text(field);
        scalar.is_string = true;
    }
    return scalar;
}

bool url_host(const Question& q) {
    return q.record().text(q.field) == url_parts(q.text()).host;
}

bool url_path(const Question& q) {
    return q.record().text(q.field) == url_parts(q.text()).path;
}

bool url_port(const Question& q) {
    auto url = url_parts(q.text());
    return url.port.empty() ||
           (q.record().has(q.field) && field_scalar(q.record(), q.field).text == url.port);
}

bool url_query(const Question& q) {
    for (const std::string& parameter : split(url_parts(q.text()).query, '&')) {
        std::string value = parameter.substr(std::min(parameter.find('=') + 1, parameter.size()));
        auto& leaves = q.flat().leaves;
        if (!value.empty() && std::none_of(leaves.begin(), leaves.end(), [&](const FlatLeaf& leaf) {
                return leaf.value.text.find(value) != std::string::npos;
            })) {
            return false;
        }
    }
    return true;
}

bool content_filter(const Question& q) {
    auto steps = split(q.leaf.path, '.');
    if (steps.size() < 3) {
        return false;
    }
    auto plain = [](std::string text) {
        std::replace(text.begin(), text.end(), '-', '_');
        return lower(text);
    };
    std::string category = plain(steps[steps.size() - 2]);
    bool input = q.leaf.path.find("prompt_filter") != std::string::npos ||
                 q.leaf.path.find("innererror") != std::string::npos;
    JsonTree tree;
    auto root = tree.read(q.record().text(q.field), false);
    if (!root) {
        return false;
    }
    const std::string& attribute = steps.back();
    bool yes = q.text() == "true";
    for (JsonValue entry : root->items()) {
        if (plain(std::string(entry["category"].text())) != category ||
            entry["target"].text() != (input ? "input" : "output")) {
            continue;
        }
        std::string_view verdict = entry["verdict"].text();
        if ((attribute == "severity" &&
             lower(std::string(entry["severity"].text())) == lower(q.text())) ||
            (attribute == "filtered" && entry["action"].text() == (yes ? "block" : "none")) ||
            (attribute == "detected" && (verdict == "allow") != yes && !verdict.empty())) {
            return true;
        }
    }
    return false;
}

// Numbers and texts by their value, truth values by their name as well.
bool anywhere(const Question& q) {
    Scalar wanted = q.leaf.value;
    bool truth = !wanted.is_string && !wanted.number;
    char* end = nullptr;
    double written = std::strtod(wanted.text.c_str(), &end);
    if (wanted.is_string && *end == '\0') {
        wanted.number = written;  // a number in a text may be a number in the record
    }
    std::string name = plain_path(q.leaf.name);
    bool found = false;
    q.record().for_each([&](const FieldRow& row) {
        if (found) {
            return;
        }
        if (row.type == FieldType::kJson || row.type == FieldType::kTextList) {
            auto& leaves = q.fields.flat(row.field).leaves;
            found = std::any_of(leaves.begin(), leaves.end(), [&](const FlatLeaf& leaf) {
                return (leaf.value.same_as(wanted) &&
                        (!truth || plain_path(leaf.path).ends_with(name))) ||
                       (wanted.is_string && leaf.value.is_string &&
                        leaf.value.text.find(wanted.text) != std::string::npos);
            });
        } else if (row.type == FieldType::kTime) {
            found = same_instant(wanted, q.record().integer(row.field).value_or(0));
        } else if (!truth) {
            Scalar field = field_scalar(q.record(), row.field);
            found = field.same_as(wanted) || (wanted.is_string && field.is_string &&
                                              field.text.find(wanted.text) != std::string::npos);
        }
    });
    return found;
}

}  // namespace llmtrail::coverage
