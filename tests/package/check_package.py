#!/usr/bin/env python3
"""check_package.py PROGRAM: man pages and completions name every command and option that PROGRAM --help names, agent.yaml(5)
every key that the example and the full test configuration have, completion completes, the unit's exposure is at most 1.5.
What needs a program that is not installed (mandoc, zsh, systemd-analyze, apparmor_parser) is named and left out."""

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
EXPOSURE_TENTHS_MAX = 15
problems = []


def expect(holds, problem):
    if not holds:
        problems.append(problem)


def run(*command, **options):
    return subprocess.run(command, capture_output=True, text=True, check=False, **options)


def having(tool):
    if not shutil.which(tool):
        print(f"left out, not installed: {tool}")
        return False
    return True


def options_of(program, command):
    """From the options block of --help, by another way than packaging/ reads it."""
    block = re.search(r"^Options:\n(.*?)(?=\n\n|\Z)", run(program, command, "--help").stdout, re.DOTALL | re.MULTILINE)
    return set(re.findall(r"^ +(?:-\w,)?(--[a-z-]+)", block[1], re.MULTILINE)) - {"--help"}


def commands_of(program):
    names = re.findall(r"^llmtrail ([\w-]+)", run(program, "--help").stdout, re.MULTILINE)
    return {name: options_of(program, name) for name in names}


def check_manual(program, commands, out):
    made = run(ROOT / "packaging/manual/make_manual.py", program, out)
    expect(made.returncode == 0, made.stderr)
    page = (out / "llmtrail.1").read_text().replace("\\-", "-")
    sections = dict(re.findall(r"^\.Ss ([\w-]+)\n(.*?)(?=^\.Ss |^\.Sh )", page, re.DOTALL | re.MULTILINE))
    expect(list(sections) == list(commands), f"llmtrail.1 has sections {list(sections)}, not {list(commands)}")
    for name, options in commands.items():
        items = set(re.findall(r"^\.It .*Fl (-[a-z-]+)", sections.get(name, ""), re.MULTILINE))
        expect({"-" + item for item in items} == options, f"llmtrail.1, {name}: {items} are not {options}")
    keys = (out / "agent.yaml.5").read_text().replace("\\-", "-")
    known = set(re.findall(r"\\fB([a-z_.]+)\\fR", keys)) | set(re.findall(r"\\fB\{?([a-z_]+):", keys))
    known |= set(re.findall(r"[{ ,]([a-z_]+):", keys))
    known |= {part for name in known for part in name.split(".")}  # tls.ca_file
    known |= {title.lower() for title in re.findall(r"^\.Sh ([A-Z]+)", keys, re.MULTILINE)}
    for file in ("conf/agent.yaml", "tests/config/full.yaml"):
        text = re.sub(r"^( *)map:.*?(?=^\1\S)", "", re.sub("^# ", "", (ROOT / file).read_text(), flags=re.M), flags=re.M | re.S)
        for key in re.findall(r"^[ -]*([a-z_]+):(?: |$)", text, re.MULTILINE):
            expect(key in known, f"agent.yaml.5 does not name `{key}` of {file}")
    if having("mandoc"):
        for file in sorted(out.glob("*.[158]")):
            lint = run("mandoc", "-T", "lint", "-W", "warning", file)
            expect(not lint.stdout, lint.stdout)


BASH = """
source "$1"; shift
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1))
compopt() { :; }
_llmtrail
printf '%s\\n' "${COMPREPLY[@]}"
"""


def completed(file, *words):
    return set(run("bash", "-c", BASH, "bash", file, *words).stdout.split())


def check_completion(program, commands, out):
    made = run(ROOT / "packaging/completion/make_completion.py", program, out)
    expect(made.returncode == 0, made.stderr)
    file = out / "llmtrail"
    expect(completed(file, "llmtrail", "") >= set(commands), "bash completes not every command")
    for name, options in commands.items():
        expect(completed(file, "llmtrail", name, "--") >= options, f"bash completes not every option of {name}")
    expect(completed(file, "llmtrail", "ver") == {"verify", "version"}, "bash: ver")
    expect("rewrap" in completed(file, "llmtrail", "keys", "re"), "bash: keys re")
    expect("cef" in completed(file, "llmtrail", "parse", "--to", ""), "bash: parse --to")
    outputs = json.loads(run(program, "check", "--schema").stdout)["properties"]["outputs"]["items"]["properties"]
    expect(completed(file, "llmtrail", "init", "--output", "") == set(outputs["type"]["enum"]), "bash: init --output")
    expect("/etc/passwd" in completed(file, "llmtrail", "verify", "--key", "/etc/passw"), "bash: files")
    if having("zsh"):
        checked = run("zsh", "-n", out / "_llmtrail")
        expect(checked.returncode == 0, checked.stderr)
    zsh = (out / "_llmtrail").read_text()
    for name, options in commands.items():
        part = re.search(rf"^        {name}\) _arguments(.*?) ;;", zsh, re.DOTALL | re.MULTILINE)
        named = set(re.findall(r"(--[a-z-]+)\[", part[1] if part else ""))
        expect(named >= options, f"zsh completes not every option of {name}")


def section_of_packaging(title):
    return re.search(rf"^## {title}\n(.*?)(?=^## )", (ROOT / "docs/packaging.md").read_text(), re.MULTILINE | re.DOTALL)[1]


def check_unit(out):
    unit = ROOT / "packaging/systemd/llmtrail.service"
    if having("systemd-analyze"):
        said = run("systemd-analyze", "security", "--offline=true", f"--threshold={EXPOSURE_TENTHS_MAX}", unit)
        expect(said.returncode == 0, "the unit's exposure is too high:\n" + said.stdout[-300:])
        loose = out / "loose.service"
        loose.write_text(unit.read_text().replace("NoNewPrivileges=yes\n", "").replace("ProtectSystem=strict\n", ""))
        said = run("systemd-analyze", "security", "--offline=true", f"--threshold={EXPOSURE_TENTHS_MAX}", loose)
        expect(said.returncode != 0, "a looser unit passes as well: the threshold judges nothing")
    if having("apparmor_parser"):
        profile = (ROOT / "packaging/apparmor/llmtrail-agent").read_text()
        rules = re.findall(r"`(/[^` ]+ [rwkl]+,)`", section_of_packaging("Other folders"))
        expect(len(rules) >= 6, "docs/packaging.md has no lines for the local profile")
        for lines in ([], rules):
            text = profile.replace("  include if exists <local/llmtrail-agent>", "".join(f"  {line}\n" for line in lines))
            said = run("apparmor_parser", "-Q", "-K", input=text)
            expect(said.returncode == 0, said.stderr)


def check_examples(program, out):
    for name, files in {"installed": [], "outputs": sorted((ROOT / "conf/outputs").glob("*.yaml"))}.items():
        folder = out / name
        (folder / "conf.d").mkdir(parents=True)
        (folder / "agent.yaml").write_text(f"state_dir: {folder}/state\n" + (ROOT / "conf/agent.yaml").read_text())
        for file in files:
            (folder / "conf.d" / file.name).write_text(file.read_text())
        said = run(program, "check", "--config", folder / "agent.yaml")
        expect("no errors" in said.stdout, f"{name}: " + said.stderr)


def check_metrics(program, out):
    """What the program writes and the alerts over it, as Prometheus' own tool reads them."""
    site = out / "metrics"
    site.mkdir()
    (site / "app.jsonl").write_text('{"prompt":"a","response":"b"}\n')
    (site / "agent.yaml").write_text(f"""state_dir: {site}/state
metrics: {{textfile: {site}/llmtrail.prom}}
sources: [{{id: app, paths: [{site}/app.jsonl]}}]
outputs: [{{id: soc, type: file, path: {site}/events}}]
spool: {{min_free: 1MiB}}
""")
    said = run(program, "run", "--once", "--config", site / "agent.yaml")
    expect(said.returncode == 0, said.stderr)
    text = (site / "llmtrail.prom").read_text()
    expect('llmtrail_source_records_total{source="app"} 1\n' in text, text)
    rules = (ROOT / "conf/prometheus/llmtrail.rules.yml").read_text()
    expect(len(re.findall("^      - alert: ", rules, re.MULTILINE)) >= 6, "alerts are missing")
    if having("promtool"):
        said = run("promtool", "check", "metrics", input=text)
        expect(said.returncode == 0 and not said.stderr, said.stdout + said.stderr)
        said = run("promtool", "check", "metrics", input=text.replace('="app"}', '="app}'))
        expect(said.returncode != 0, "promtool takes a label without an end: it judges nothing")
        said = run("promtool", "check", "rules", ROOT / "conf/prometheus/llmtrail.rules.yml")
        expect(said.returncode == 0, said.stdout + said.stderr)
        said = run("promtool", "test", "rules", ROOT / "tests/package/alerts.yml")
        expect(said.returncode == 0, said.stdout + said.stderr)


def check_bill(program, out):
    """SPDX 2.3: its required fields, ids that are there, every library that the loader names, the same twice."""
    root = out / "root"
    (root / "usr/bin").mkdir(parents=True)
    (root / "etc").mkdir()
    shutil.copy(program, root / "usr/bin/llmtrail")
    (root / "etc/agent.yaml").write_text("# nothing\n")
    file = root / "doc.spdx.json"
    bills = []
    for _ in range(2):
        made = run(ROOT / "packaging/sbom/make_sbom.py", program, root, file, env={**os.environ, "SOURCE_DATE_EPOCH": "1772362800"})
        expect(made.returncode == 0, made.stderr)
        bills.append(file.read_bytes())
    expect(bills[0] == bills[1], "two bills of one package differ")
    bill = json.loads(bills[0])
    head = {key: bill.get(key) for key in ("spdxVersion", "dataLicense", "SPDXID")}
    expect(head == {"spdxVersion": "SPDX-2.3", "dataLicense": "CC0-1.0", "SPDXID": "SPDXRef-DOCUMENT"}, head)
    expect(bill["creationInfo"]["created"] == "2026-03-01T11:00:00Z" and bill["creationInfo"]["creators"], bill["creationInfo"])
    expect(re.fullmatch(r"https://[^#\s]+", bill["documentNamespace"]), bill["documentNamespace"])
    ids = [item["SPDXID"] for item in bill["packages"] + bill["files"]] + ["SPDXRef-DOCUMENT"]
    expect(len(ids) == len(set(ids)) and all(re.fullmatch(r"SPDXRef-[A-Za-z0-9.-]+", each) for each in ids), ids)
    for link in bill["relationships"]:
        expect(link["spdxElementId"] in ids and link["relatedSpdxElement"] in ids, link)
    names = {package["name"] for package in bill["packages"]}
    for package in bill["packages"]:
        expect(package["name"] == "llmtrail" or (package["versionInfo"] and package["externalRefs"][0]["referenceLocator"].startswith("pkg:deb/debian/")), package)
        expect("downloadLocation" in package, package)
    for library in re.findall(r"NEEDED.*\[(.*)\]", run("readelf", "-d", program).stdout):
        owners = run("dpkg-query", "--search", f"*/{library}").stdout
        expect(names & set(re.findall(r"^([^\s:]+)(?::\w+)?: ", owners, re.MULTILINE)), f"{library} is of no package in the bill")
    expect({"libc6", "libssl3", "libyaml-cpp0.7", "libcli11-dev", "libcurl4"} <= names, names)
    expect([each["fileName"] for each in bill["files"]] == ["./etc/agent.yaml", "./usr/bin/llmtrail"], bill["files"])
    digest = hashlib.sha256((root / "usr/bin/llmtrail").read_bytes()).hexdigest()
    expect(any(sum_["checksumValue"] == digest for sum_ in bill["files"][1]["checksums"]), "the program's digest is wrong")


def main():
    program = sys.argv[1]
    commands = commands_of(program)
    expect(len(commands) >= 11, f"--help has only {list(commands)}")
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder)
        check_manual(program, commands, out)
        check_completion(program, commands, out)
        check_unit(out)
        check_examples(program, out)
        check_metrics(program, out)
        check_bill(program, out)
    for problem in problems:
        print(problem)
    sys.exit(1 if problems else 0)


if __name__ == "__main__":
    main()
