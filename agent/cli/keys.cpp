// llmtrail keys: list and check; what makes and changes keys is keys_make.cpp and keys_change.cpp.
#include "base/json_text.h"
#include "base/utf8.h"
#include "cli/key_inventory.h"
#include "cli/keys_commands.h"
#include "crypto/secret.h"

namespace llmtrail {

namespace {

std::string age_text(const ListedKey& key) {
    std::string text;
    if (key.age_seconds) {
        text = *key.age_seconds < kDaySeconds
                   ? std::to_string(*key.age_seconds / 3600) + " h"
                   : std::to_string(*key.age_seconds / kDaySeconds) + " days";
    }
    if (!key.age_note.empty()) {
        text += (text.empty() ? "" : ", ") + key.age_note;
    }
    return text;
}

void put_line(std::string& out, std::string_view name, std::string_view value) {
    if (!value.empty()) {
        out.append("  ").append(name).append(": ").append(terminal_safe(value)).append("\n");
    }
}

std::string as_text(const KeyInventory& inventory) {
    std::string text;
    for (const ListedKey& key : inventory.keys) {
        text.append(key.name).append(" key (").append(key.kind).append(")\n");
        put_line(text, "id", key.id);
        put_line(text, "where", key.where);
        put_line(text, "purpose", key.purpose);
        put_line(text, "age", age_text(key));
        put_line(text, "limit", key.limit);
        put_line(text, "next change", key.next_change);
        put_line(text, "value", key.value);
    }
    if (inventory.segments > 0) {
        text += "segments: " + std::to_string(inventory.segments) + ", this host opens " +
                std::to_string(inventory.locally_wrapped) + ", nobody else opens " +
                std::to_string(inventory.host_only) + " of them\n";
    }
    return text;
}

class JsonLine {
 public:
    JsonLine& text(std::string_view name, std::string_view value) {
        if (!value.empty()) {
            key(name);
            append_json_string(out_, value);
        }
        return *this;
    }

    JsonLine& number(std::string_view name, std::optional<int64_t> value) {
        if (value) {
            key(name);
            append_json_integer(out_, *value);
        }
        return *this;
    }

    JsonLine& boolean(std::string_view name, bool value) {
        key(name);
        out_ += value ? "true" : "false";
        return *this;
    }

    std::string finish() { return out_ + "}\n"; }

 private:
    void key(std::string_view name) {
        out_ += out_.size() > 1 ? "," : "";
        append_json_string(out_, name);
        out_ += ':';
    }

    std::string out_ = "{";
};

int64_t signed_of(uint64_t count) {
    return static_cast<int64_t>(count);
}

// One object a line: the keys, the segments, the problems.
std::string as_json(const KeyInventory& inventory) {
    std::string text;
    for (const ListedKey& key : inventory.keys) {
        text += JsonLine()
                    .text("key", key.name)
                    .text("kind", key.kind)
                    .text("id", key.id)
                    .text("where", key.where)
                    .text("purpose", key.purpose)
                    .number("age_seconds", key.age_seconds)
                    .text("age_note", key.age_note)
                    .number("limit_seconds", key.limit_seconds)
                    .text("limit", key.limit)
                    .text("next_change", key.next_change)
                    .text("value", key.value)
                    .finish();
    }
    text += JsonLine()
                .number("segments", signed_of(inventory.segments))
                .number("locally_wrapped", signed_of(inventory.locally_wrapped))
                .number("host_only", signed_of(inventory.host_only))
                .number("under_older_key", signed_of(inventory.under_older_key))
                .number("foreign", signed_of(inventory.foreign))
                .finish();
    for (const KeyProblem& problem : inventory.problems) {
        text += JsonLine()
                    .text("problem", problem.message)
                    .text("hint", problem.hint)
                    .boolean("fails", problem.fails)
                    .finish();
    }
    return text;
}

// Permission first: what is loose may be known to others already.
ExitCode worst_of(const KeyInventory& inventory) {
    ExitCode code = ExitCode::kOk;
    for (const KeyProblem& problem : inventory.problems) {
        if (problem.fails && code != ExitCode::kPermission &&
            (code == ExitCode::kOk || problem.code != ExitCode::kConfig)) {
            code = problem.code;
        }
    }
    return code;
}

void tell(const KeyInventory& inventory, CommandSeams seams) {
    for (const KeyProblem& problem : inventory.problems) {
        if (problem.fails) {
            seams.talk.error(problem.message);
        } else {
            seams.talk.warning(problem.message);
        }
        seams.talk.hint(problem.hint);
    }
}

}  // namespace

// Both tell the same; `check` fails for whatever is wrong, `list` for what kept it from listing.
ExitCode keys_list_or_check(const KeysArguments& arguments, CommandSeams seams) {
    FoundPlaces found = find_key_places(arguments, seams);
    if (!found.places) {
        return found.exit_code;
    }
    bool checking = arguments.action == KeysAction::kCheck;
    if (checking && !found.places->configured) {
        seams.talk.error("without a configuration it is not known who may open the spool");
        seams.talk.hint("name it with --config FILE");
        return ExitCode::kConfig;
    }
    KeyInventory inventory = take_key_inventory(*found.places, seams);
    std::string text;
    if (arguments.json) {
        text = as_json(inventory);
    } else if (!checking) {
        text = as_text(inventory);
    }
    auto written = seams.data.write(text);
    if (!written) {
        return seams.talk.refuse(written.error());
    }
    tell(inventory, seams);
    ExitCode worst = worst_of(inventory);
    if (checking && worst == ExitCode::kOk) {
        seams.talk.say(
            "keys: " + std::to_string(inventory.keys.size()) +
            ", none older than its limit; segments: " + std::to_string(inventory.segments));
    }
    return checking || worst != ExitCode::kConfig ? worst : ExitCode::kOk;
}

ExitCode keys_command(const KeysArguments& arguments, CommandSeams seams) {
    (void)init_secure_memory();  // unlocked it still works
    switch (arguments.action) {
        case KeysAction::kList:
        case KeysAction::kCheck:
            return keys_list_or_check(arguments, seams);
        case KeysAction::kNew:
            return keys_new(arguments, seams);
        case KeysAction::kInit:
            return keys_init(arguments, seams);
        case KeysAction::kRotate:
            return keys_rotate(arguments, seams);
        case KeysAction::kRewrap:
            return keys_rewrap(arguments, seams);
    }
    return ExitCode::kInternal;
}

}  // namespace llmtrail
