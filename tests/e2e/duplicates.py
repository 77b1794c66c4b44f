#!/usr/bin/env python3
"""duplicates.py LLMTRAIL: what docs/outputs.md has one run over files removes duplicates of each format, and nothing else: not
the neighbours of a prompt or user that says what a key looks like, nor lines that are no events."""
import json
import pathlib
import re
import subprocess
import sys

from agent import Site
from scenarios import golden_logs

PAGE = pathlib.Path(__file__).resolve().parents[2] / "docs/outputs.md"
FORMATS = {"cef": r" externalId=(\w+)", "leef": r"\teventUid=(\w+)", "leef2": r"\^eventUid=(\w+)", "json": r'^\{"event\.id":"(\w+)"'}
FORGED = ["a externalId=A b", "a\texternalId=A\teventUid=A\tb", "a^eventUid=A^b", '{"event.id":"A"}', "LEEF:1.0| eventUid=A CEF:0| externalId=A"]


def left_by_documented_query(lines):
    """Of Q1, the one for files and syslog."""
    query = re.search(r"^    (awk '.*?') events\.log$", PAGE.read_text(), re.M | re.S).group(1)
    return subprocess.run(["sh", "-c", query], input="\n".join(lines) + "\n", capture_output=True, text=True, check=True).stdout.splitlines()


def write_logs(site):
    golden_logs(site)
    with open(site.logs / "forged.jsonl", "w", encoding="utf-8") as out:
        for text in FORGED * 3:
            out.write(json.dumps({"prompt": text, "response": text, "user": text, "model": text, "app": text}) + "\n")


def configure(site):
    outputs = "".join(f"""  - id: {name}
    type: file
    format: {name}
    path: {site.path}/{name}
    allow_plaintext: true
    preview: {{prompt: 200, response: 200}}
""" for name in FORMATS)
    (site.path / "agent.yaml").write_text(f"""state_dir: {site.path}/state
sources:
  - id: app
    paths: [{site.logs}/*.jsonl]
outputs:
{outputs}spool: {{min_free: 1MiB}}
""")


def duplicates_go_and_nothing_else(name, lines):
    ids = [re.search(FORMATS[name], line).group(1) for line in lines]
    assert len(lines) == len(set(ids)) > 50, (name, len(lines), len(set(ids)))
    assert left_by_documented_query(lines + lines) == lines, name
    twice = [line for line in lines for _ in range(2)]
    assert left_by_documented_query(twice) == lines, name
    in_syslog = [f"<134>1 2026-01-01T00:00:00Z app01 llmtrail 7 - - {line}" for line in lines]
    assert left_by_documented_query(in_syslog + in_syslog) == in_syslog, name
    others = ["", "-- rotated --", "-- rotated --"]
    assert left_by_documented_query(others + lines) == others + lines, name
    return len(lines)


def main():
    site = Site(pathlib.Path(sys.argv[1]).resolve())
    try:
        write_logs(site)
        configure(site)
        site.run_once()
        files = {name: (site.path / name).read_text(encoding="utf-8").split("\n")[:-1] for name in FORMATS}
        for text in ("externalId", "eventUid", "event.id"):
            assert sum(text in line for line in files["leef"]) >= 3, text
        counts = {name: duplicates_go_and_nothing_else(name, lines) for name, lines in files.items()}
        everything = [line for lines in files.values() for line in lines]
        assert left_by_documented_query(everything + everything) == everything
        print(f"held: {counts}")
    finally:
        site.close()

if __name__ == "__main__":
    main()
