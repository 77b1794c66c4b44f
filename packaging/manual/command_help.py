"""What `llmtrail COMMAND --help` says, as data: the one description of the command line that man page and
completion are made from. Read from the program itself, so that they cannot differ from it."""

import re
import subprocess
from dataclasses import dataclass, field

TEXT_COLUMN = 30  # where --help puts the description of an option


@dataclass
class Option:
    names: list[str]  # ["-h", "--help"], or [""] for a positional
    value: str  # "FILE", "record|cef|leef"; "" takes none
    repeats: bool
    text: str


@dataclass
class Command:
    name: str
    usage: str
    meaning: str
    positionals: list[Option] = field(default_factory=list)
    options: list[Option] = field(default_factory=list)
    notes: str = ""


def help_of(program, *arguments):
    return subprocess.run([program, *arguments, "--help"], check=True, capture_output=True, text=True).stdout


def read_option(heading, text):
    words = heading.split()
    names = words[0].split(",") if words[0].startswith("-") else [""]
    rest = words[1:] if names[0] else words
    value = rest[0].split(":")[0] if rest and not rest[0].endswith(":") else ""
    bounds = re.search(r" in \[(\d+) - (\d+)\]", heading)
    needs = re.search(r"Needs: (\S+)", heading)
    text += f" ({bounds[1]} to {bounds[2]})" if bounds else ""
    text += f"; with {needs[1]}" if needs else ""
    return Option(names, "" if value == "..." else value, "..." in rest, text)


def read_block(lines):
    """Lines of "Options:" or "Positionals:" up to an empty one; a long heading has its text on the next line."""
    found = []
    while lines and lines[0].strip():
        line = lines.pop(0)
        if lines and lines[0].startswith(" " * TEXT_COLUMN):
            found.append(read_option(line, lines.pop(0).strip()))
        else:
            found.append(read_option(line[:TEXT_COLUMN], line[TEXT_COLUMN:].strip()))
    return found


def read_command(program, name):
    lines = help_of(program, name).splitlines()
    command = Command(name, re.sub(r" {2,}", " ", lines.pop(0).removeprefix("usage: ")), lines.pop(0))
    while lines:
        line = lines.pop(0)
        if line == "Positionals:":
            command.positionals = read_block(lines)
        elif line == "Options:":
            command.options = read_block(lines)
            command.notes = "\n".join(lines).strip()
            break
    return command


def read_commands(program):
    names = re.findall(r"^llmtrail (\S+)", help_of(program), re.MULTILINE)
    return [read_command(program, name) for name in names]
