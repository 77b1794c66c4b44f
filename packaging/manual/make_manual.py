#!/usr/bin/env python3
"""make_manual.py PROGRAM OUT: writes llmtrail.1 from what PROGRAM --help says and docs/contract.md explains,
agent.yaml.5 from docs/config.md, and llmtrail-agent.8 as it stands here. The date is SOURCE_DATE_EPOCH's."""

import os
import re
import subprocess
import sys
import time
from pathlib import Path

import command_help
import mdoc

ROOT = Path(__file__).resolve().parent.parent.parent


def written(name):
    """What no other text says, in mdoc beside this file."""
    return (ROOT / "packaging/manual" / name).read_text().splitlines()


def opening(title, section, name, meaning):
    date = time.strftime("%B %e, %Y", time.gmtime(int(os.environ.get("SOURCE_DATE_EPOCH", "0")))).replace("  ", " ")
    return [f".Dd {date}", f".Dt {title} {section}", ".Os", ".Sh NAME", f".Nm {name}", f".Nd {meaning}"]


def see_also(*pages):
    out = [".Sh SEE ALSO"]
    for page, section in pages[:-1]:
        out.append(f".Xr {page} {section} ,")
    page, section = pages[-1]
    return out + [f".Xr {page} {section}"]


def section_of(markdown, title):
    return re.search(rf"^## {re.escape(title)}\n(.*?)(?=^## |\Z)", markdown, re.MULTILINE | re.DOTALL)[1]


def explained(contract, name):
    """The paragraphs of the contract's Commands that begin with **NAME**, up to the next such one."""
    text = section_of(contract, "Commands")
    return "\n\n".join(re.findall(rf"^\*\*{name}\*\* .*?(?=\n\n|\n\*\*|\Z)", text, re.MULTILINE | re.DOTALL))


def option_list(options):
    out = [".Bl -tag -width Ds"]
    for option in options:
        names = " , ".join("Fl " + mdoc.plain(name[1:]) for name in option.names if name)
        value = " Ar " + mdoc.plain(option.value) if option.value else ""
        repeats = " ..." if option.repeats else ""
        out.append(".It " + (names + value + repeats).strip())
        out += mdoc.sentences(option.text[:1].upper() + option.text[1:] + ".")
    return out + [".El"]


def notes_of(command):
    """What stands below the options: paragraphs, and examples that are indented."""
    out = []
    for block in command.notes.split("\n\n") if command.notes else []:
        lines = block.split("\n")
        examples = [line.strip() for line in lines if line.startswith("  ")]
        text = " ".join(line for line in lines if not line.startswith("  "))
        out += [".Pp", *mdoc.sentences(text)]
        out += mdoc.literal(examples) if examples else []
    return out


def command_page(commands, contract):
    out = opening("LLMTRAIL", 1, "llmtrail", "tamper-evident audit forwarder for LLM application logs")
    out.append(".Sh SYNOPSIS")
    for command in commands:
        out += [".Nm", f".Cm {command.name}", *mdoc.sentences(command.usage.removeprefix(f"llmtrail {command.name}").strip())]
    out.append(".Sh DESCRIPTION")
    out += written("llmtrail.1.description")
    out.append(".Sh COMMANDS")
    for command in commands:
        out += [f".Ss {command.name}", *mdoc.sentences(command.meaning[:1].upper() + command.meaning[1:] + ".")]
        explanation = explained(contract, command.name)
        out += [".Pp", *mdoc.convert(explanation)] if explanation else []
        named = [option for option in command.options if "--help" not in option.names]
        out += option_list(command.positionals + named) if command.positionals + named else []
        out += notes_of(command)
    out += [".Pp", "Every command explains its options with", ".Fl \\-help ."]
    out += written("llmtrail.1.files")
    out += [".Sh EXIT STATUS", *mdoc.convert(section_of(contract, "Exit codes"))]
    out += written("llmtrail.1.examples")
    return out + see_also(("agent.yaml", 5), ("llmtrail-agent", 8))


def configuration_page(config):
    out = opening("AGENT.YAML", 5, "agent.yaml", "configuration of llmtrail")
    introduction, rest = re.match(r"# [^\n]*\n\n(.*?)(?=^## )(.*)", config, re.DOTALL | re.MULTILINE).groups()
    out += [".Sh DESCRIPTION", *mdoc.convert(introduction), *mdoc.convert(rest)]
    out += [".Sh FILES", ".Bl -tag -width Ds", ".It Pa /etc/llmtrail/agent.yaml", "The file of the service.",
            ".It Pa /etc/llmtrail/conf.d/*.yaml", "Read after it, in the order of their names.",
            ".It Pa /usr/share/doc/llmtrail/examples", "Files for conf.d, and drop\\-ins for the unit.", ".El"]
    return out + see_also(("llmtrail", 1), ("llmtrail-agent", 8))


def main():
    program, out = sys.argv[1], Path(sys.argv[2])
    out.mkdir(parents=True, exist_ok=True)
    contract = (ROOT / "docs/contract.md").read_text()
    config = (ROOT / "docs/config.md").read_text()
    pages = {
        "llmtrail.1": command_page(command_help.read_commands(program), contract),
        "agent.yaml.5": configuration_page(config),
        "llmtrail-agent.8": opening("LLMTRAIL-AGENT", 8, "llmtrail-agent", "the llmtrail service")
        + written("llmtrail-agent.8"),
    }
    for name, lines in pages.items():
        (out / name).write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    try:
        main()
    except (OSError, subprocess.CalledProcessError) as error:
        sys.exit(f"make_manual: {error}")
