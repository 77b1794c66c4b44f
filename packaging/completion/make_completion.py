#!/usr/bin/env python3
"""make_completion.py PROGRAM OUT: writes completions for bash (OUT/llmtrail) and zsh (OUT/_llmtrail) from what
PROGRAM --help says. An option is followed by files, directories or one of a few words, or by anything."""

import re
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "manual"))
import command_help  # noqa: E402

OUTPUT_BLOCKS = Path(__file__).resolve().parent.parent.parent / "conf/outputs"  # what `init --output` takes
WORD_LISTS = {
    "FORMAT": "$(llmtrail parse --as list 2>/dev/null)",
    "ROLE": "auditor analyst prompt_engineer model_administrator",
    "TYPE": " ".join(sorted(block.stem for block in OUTPUT_BLOCKS.glob("*.yaml"))),
    "SECTION": "prompt sources output",
    "KIND": "inference retrieval tool guardrail evaluation feedback edit access error config_change agent other rejected",
}


def words_of(value):
    """What may stand for VALUE: shell words, or nothing known."""
    if re.fullmatch(r"[a-z_]+(\|[a-z_]+)+", value):
        return value.replace("|", " ")
    return WORD_LISTS.get(value, "")


def long_names(command):
    return [name for option in command.options for name in option.names if name.startswith("--")]


def first_words(command):
    """For `keys list` and the like."""
    return words_of(command.positionals[0].value) if command.positionals else ""


def takes_files(command):
    return any(option.value == "FILE" for option in command.positionals)


def bash_cases(commands):
    by_answer = {}
    for command in commands:
        for option in command.options:
            name = option.names[-1]
            if option.value == "FILE":
                answer = "compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- \"$word\")"
            elif option.value == "DIR":
                answer = "compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- \"$word\")"
            elif option.value:
                words = words_of(option.value)
                answer = f"mapfile -t COMPREPLY < <(compgen -W \"{words}\" -- \"$word\")" if words else ":"
            else:
                continue
            by_answer.setdefault(answer, []).append(f'"{command.name} {name}"')
    return "".join(f"        {'|'.join(names)}) {answer}; return ;;\n" for answer, names in by_answer.items())


def bash(commands):
    words = "".join(
        f'        {command.name}) words="{" ".join(filter(None, [first_words(command), *long_names(command)]))}" ;;\n'
        for command in commands)
    files = "|".join(command.name for command in commands if takes_files(command))
    return f"""# bash completion for llmtrail, made from its --help
_llmtrail() {{
    local word=${{COMP_WORDS[COMP_CWORD]}} before=${{COMP_WORDS[COMP_CWORD - 1]}} command=${{COMP_WORDS[1]}} words=
    COMPREPLY=()
    if [ "$COMP_CWORD" -eq 1 ]; then
        mapfile -t COMPREPLY < <(compgen -W "{' '.join(command.name for command in commands)} --help" -- "$word")
        return
    fi
    case "$command $before" in
{bash_cases(commands)}    esac
    case "$command" in
{words}    esac
    case "$command" in
        {files})
            case "$word" in
                -*) ;;
                *) compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$word"); return ;;
            esac ;;
    esac
    mapfile -t COMPREPLY < <(compgen -W "$words" -- "$word")
}}
complete -F _llmtrail llmtrail
"""


def zsh_text(text):
    return re.sub(r"[\[\]:'`\\]", " ", text).strip()


def zsh_action(value):
    if value == "FILE":
        return ":file:_files"
    if value == "DIR":
        return ":directory:_files -/"
    if value:
        words = words_of(value)
        return f":{zsh_text(value.lower())}:({words})" if words and "$" not in words else f":{zsh_text(value.lower())}: "
    return ""


def zsh_command(command):
    lines = []
    for option in command.options:
        name = option.names[-1]
        star = "*" if option.repeats else ""
        lines.append(f"'{star}{name}[{zsh_text(option.text)}]{zsh_action(option.value)}'")
    if first_words(command):
        lines.append(f"'1:what:({first_words(command)})'")
    if takes_files(command):
        lines.append("'*:file:_files'")
    return f"        {command.name}) _arguments \\\n" + " \\\n".join("            " + line for line in lines) + " ;;\n"


def zsh(commands):
    names = "".join(f"        '{command.name}:{zsh_text(command.meaning)}'\n" for command in commands)
    return f"""#compdef llmtrail
# made from llmtrail's --help
_llmtrail() {{
    local -a commands=(
{names}    )
    if (( CURRENT == 2 )); then
        _describe -t commands 'llmtrail command' commands
        return
    fi
    shift words
    (( CURRENT -= 1 ))
    case $words[1] in
{"".join(zsh_command(command) for command in commands)}    esac
}}
_llmtrail "$@"
"""


def main():
    program, out = sys.argv[1], Path(sys.argv[2])
    out.mkdir(parents=True, exist_ok=True)
    commands = command_help.read_commands(program)
    (out / "llmtrail").write_text(bash(commands))
    (out / "_llmtrail").write_text(zsh(commands))


if __name__ == "__main__":
    try:
        main()
    except (OSError, subprocess.CalledProcessError) as error:
        sys.exit(f"make_completion: {error}")
