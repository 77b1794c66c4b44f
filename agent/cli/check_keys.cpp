#include "cli/check_keys.h"

#include "config/effective_yaml.h"
#include "config/key_table.h"

namespace llmtrail {

namespace {

std::string allowed_text(const KeyRow& row) {
    std::string text(form_name(row.form));
    if (row.form == KeyForm::kChoice) {
        for (std::string_view word : key_words(row.allowed)) {
            text.append(" ").append(word);
        }
    } else if (!row.allowed.empty()) {
        text.append(", ").append(row.allowed);
    }
    return text;
}

std::string explanation(const KeyRow& row) {
    std::string text = std::string(row.key) + "\n";
    auto line = [&text](std::string_view label, std::string_view words) {
        if (!words.empty()) {
            text.append("  ").append(label);
            text.append(10 - label.size(), ' ').append(words).append("\n");
        }
    };
    line("meaning", row.meaning);
    line("value", allowed_text(row));
    line("default", row.required ? "none: it is required" : row.default_value);
    line("type", row.types);
    line("example", row.example);
    line("reload", row.change == KeyChange::kLive ? "taken over by `llmtrail reload`"
                                                  : "needs `systemctl restart llmtrail`");
    return text;
}

// "tls" is no key of its own: all below it.
std::vector<const KeyRow*> keys_below(const std::string& key) {
    std::vector<const KeyRow*> found;
    const std::string place = table_key(key);
    for (std::span<const KeyRow> rows : {general_keys(), output_keys()}) {
        for (const KeyRow& row : rows) {
            bool below = row.key.starts_with(place + ".") || row.key.starts_with(place + "[].") ||
                         row.key.find("." + place + ".") != std::string_view::npos;
            if (below) {
                found.push_back(&row);
            }
        }
    }
    return found;
}

}  // namespace

ExitCode explain_key(const std::string& key, CommandSeams seams) {
    std::vector<const KeyRow*> rows = find_keys(key);
    if (rows.empty() && !key.empty()) {
        rows = keys_below(key);
    }
    if (rows.empty()) {
        seams.talk.error("no key is called `" + key + "`");
        std::string nearest = nearest_key(key);
        seams.talk.hint(nearest.empty() ? "agent.yaml(5) lists them all"
                                        : "did you mean `" + nearest + "`?");
        return ExitCode::kUsage;
    }
    std::string text;
    for (const KeyRow* row : rows) {
        text += (text.empty() ? "" : "\n") + explanation(*row);
    }
    if (auto written = seams.data.write(text); !written) {
        return seams.talk.refuse(written.error());
    }
    return ExitCode::kOk;
}

ExitCode print_effective(const std::string& config, CommandSeams seams) {
    LoadedForCommand loaded = load_for_command(config, seams);
    if (!loaded.settings) {
        return loaded.exit_code;
    }
    auto origins = value_origins(absolute_path(config), seams.files, seams.own_user);
    auto written = seams.data.write(effective_yaml(effective_values(*loaded.settings), origins));
    return written ? ExitCode::kOk : seams.talk.refuse(written.error());
}

}  // namespace llmtrail
