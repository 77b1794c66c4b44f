#!/usr/bin/env python3
"""Compares the verifier of the product with llmtrail_verify.py.

    compare.py mutants PROGRAM COUNT SEED [--all]   PROGRAM is mutant_verdicts; --all prints every difference
    compare.py vectors PROGRAM [NAME...]            PROGRAM is llmtrail; over tests/vectors
    compare.py proofs PROGRAM COUNT SEED            PROGRAM is llmtrail; the proofs of docs/proofs.md and changed ones
    compare.py memory MUTANT_VERDICTS PROGRAM       what llmtrail verify takes for a hostile frame of the greatest size

Exit 0: verdict, segment and offset are the same; no change to a log is CLEAN; and none below a kept checkpoint
is taken for a crash.
"""
import base64
import collections
import functools
import json
import os
import pathlib
import random
import re
import shutil
import subprocess
import sys
import tempfile

import check_proof
import llmtrail_verify as second
import primitives
import spool_format
import spool_keys
import verdicts

PAGE = pathlib.Path(__file__).resolve().parent.parent.parent / "docs/proofs.md"
VECTORS = pathlib.Path(__file__).resolve().parent.parent / "vectors"
COMPARED = ("verdict", "segment", "offset")
FIRST = "seg-00000000000000000000.lsp"
GROWTH_BYTES_MAX = 62 << 20  # a clear body and one section; no second copy of either


def remember():
    """Mutants of one log are alike: what is pure is computed once for the same bytes."""
    for name in ("crc32c", "signature_valid", "gcm_open"):
        kept = functools.lru_cache(1 << 14)(getattr(primitives, name))
        for module in (primitives, verdicts, spool_format, spool_keys):
            if hasattr(module, name):
                setattr(module, name, kept)


class Files(dict):
    """Some names are no regular files, or may not be read."""

    def __getitem__(self, name):
        if super().__getitem__(name) in ("irregular", "unreadable"):
            raise (verdicts.IrregularFile if dict.__getitem__(self, name) == "irregular" else PermissionError)(name)
        return super().__getitem__(name)


def apply(files, changed, odd):
    files = Files(files)
    for name, change in changed.items():
        if change is None:
            del files[name]
        else:
            front, back, middle = change
            old = files.get(name, b"")
            files[name] = old[:front] + base64.b64decode(middle) + old[len(old) - back:]
    return Files(files | odd)


def short(report):
    return tuple(report.get(name) or (0 if name == "offset" else "") for name in COMPARED)


class Recorder(verdicts.Verifier):
    """Also notes where the bytes end that count, and those under the last SEAL that is kept outside."""

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.sealed_end = {}  # file -> offset up to which the kept checkpoint covers it

    def sealed(self, f, seal):
        if seal.tree_size not in self.seal_times:
            self.sealed_end[self.name(self.number)] = f.end
        super().sealed(f, seal)

    def live_end(self, name):
        r = self.stated.get(int(name[4:24]))
        return len(self.files[name]) if r is None else r.end if r.segment_no == int(name[4:24]) else 0


class Base:
    def __init__(self, line):
        self.spool = {name: base64.b64decode(data) for name, data in line["spool"].items()}
        keys = {name: base64.b64decode(data).decode() for name, data in line["keys"].items()}
        self.trusted = base64.b64decode(keys["identity.pub"].strip().removeprefix("ed25519:"))
        self.local = spool_keys.LocalKeys(bytes.fromhex(keys["local.key"].split()[1]))
        self.kept = [(line["kept"][0], bytes.fromhex(line["kept"][1]))] if line["kept"] else []
        self.whole = Recorder(self.spool, self.trusted, None, self.kept)
        self.verdict = self.whole.run()["verdict"]

    def judge(self, spool, keys, anchor):
        return verdicts.Verifier(spool, self.trusted, self.local if keys else None, self.kept if anchor else ()).run()

    def touched(self, changed):
        """How deep a mutant goes: 0 keys or void bytes only, 1 the log, 2 what the kept checkpoint covers."""
        depth = 0
        for name, change in changed.items():
            unread = name.endswith(".leaf") and name.replace(".leaf", ".lsp") in self.spool
            unread |= change is None and name.replace(".lsp", ".leaf") in self.spool  # ends the pruning
            if name.endswith((".lsp", ".leaf")) and not unread:
                front = change[0] if change and name in self.spool else 0
                live = self.whole.live_end(name) if name in self.spool else 1
                sealed = live if name != max(self.whole.sealed_end, default="") else self.whole.sealed_end[name]
                covered = self.kept and name <= max(self.whole.sealed_end, default="")
                depth = max(depth, 0 if change and front >= live else 2 if covered and front < sealed else 1)
        return depth


def mutants(program, count, seed, show_all=False):
    remember()
    bases, seen, deep, different, accepted = {}, collections.Counter(), collections.Counter(), [], []
    rolled_back = 0
    with subprocess.Popen([program, "mutants", count, seed], stdout=subprocess.PIPE, text=True) as made:
        for text in made.stdout:
            line = json.loads(text)
            if "base" in line and "spool" in line:
                bases[line["base"]] = base = Base(line)
                line |= {"case": "unchanged", "what": "", "keys": True, "anchor": False, "changed": {}}
            base, odd = bases[line["base"]], line.get("odd", {})
            got = base.judge(apply(base.spool, line["changed"], odd), line["keys"], line["anchor"])
            seen[line["expected"]["verdict"]] += 1
            if short(got) != short(line["expected"]):
                different.append((line, got))
            verdict = line["expected"]["verdict"]
            depth = base.touched(line["changed"] | {name: [0, 0, ""] for name, kind in odd.items() if kind == "irregular"})
            unread = any(kind == "unreadable" and not name.endswith(".keys") for name, kind in odd.items())
            depth = min(depth, 1) if unread else depth  # what could not be read is not called changed
            deep[verdict] += depth == 2 and line["anchor"]
            changed = any(change for name, change in line["changed"].items() if not name.endswith(".keys"))
            if not changed and not (line["anchor"] and depth == 2):
                rolled_back += depth > 0 and verdict == "CLEAN"  # to an orderly stop: what no host alone can tell
            elif base.verdict != "TAMPERED" and (depth and verdict == "CLEAN" or depth == 2 and line["anchor"]
                                               and verdict != "TAMPERED"):
                accepted.append((line, got))
    if made.returncode != 0:
        sys.exit(f"{program} failed: {made.returncode}")
    for title, cases in (("differ", different), ("accepted", accepted)):
        for line, got in cases if show_all else cases[:10]:
            print(f"{title}: case {line['case']} of {line['base']}, keys {line['keys']}, anchor {line['anchor']}: "
                  f"{line['what']}\n    C++    {short(line['expected'])} {line['expected']['reason']}\n"
                  f"    Python {short(got)} {got['reason']}")
    print(f"{sum(seen.values())} logs: {dict(seen)}\nchanged below a kept checkpoint: {dict(deep)}\n"
          f"{len(different)} differ, {len(accepted)} accepted that must not be, {rolled_back} rolled back to an orderly stop")
    return 1 if different or accepted else 0


def first_answer(program, arguments):
    ran = subprocess.run([program, "verify", "--json", *arguments], capture_output=True, text=True)
    return json.loads(ran.stdout) if ran.stdout.startswith("{") else {"output": ran.stdout + ran.stderr}, ran.returncode


def second_answer(arguments):
    parsed = second.parse(arguments)
    report = second.verify(parsed)
    return report, second.exit_code(report, parsed)


def vectors(program, *names):
    failed = cases = 0
    for vector in sorted(path.parent for path in VECTORS.glob("*/expected.json")):
        with tempfile.TemporaryDirectory() as place:
            copy = pathlib.Path(place) / vector.name
            shutil.copytree(vector, copy, symlinks=True)
            for key in copy.glob("**/*.key"):
                key.chmod(0o600)  # git keeps no such mode, and the agent refuses another
            for case in json.loads((vector / "expected.json").read_text()):
                if names and vector.name not in names:
                    continue
                cases += 1
                arguments = [argument.replace("{}", str(copy)) for argument in case["arguments"]]
                answers = {"C++": first_answer(program, arguments), "Python": second_answer(arguments)}
                for name, (got, code) in answers.items():
                    wrong = {key: got.get(key) for key, value in case["expected"].items() if got.get(key) != value}
                    if wrong or code != second.EXIT[case["expected"]["verdict"]]:
                        failed += 1
                        print(f"{vector.name} {case['arguments']}, {name}: {wrong} exit {code} {got}")
    print(f"{cases} cases, {failed} wrong answers")
    return 1 if failed or not cases else 0


def changed_proof(data, other, chance):
    data, at = bytearray(data), chance.randrange(len(data))
    kind = chance.randrange(5)
    if kind < 2:
        data[at] ^= 1 << chance.randrange(8)
    elif kind == 2:
        del data[at:at + chance.randrange(1, 60)]
    else:
        lines = data.split(b"\n")
        strange = other.split(b"\n") if kind == 4 else lines
        lines[chance.randrange(len(lines))] = strange[chance.randrange(len(strange))]
        data = b"\n".join(lines)
    return bytes(data)


def proofs(program, count, seed):
    page = PAGE.read_text()
    trust = re.search("ed25519:[A-Za-z0-9+/]{43}=", page)[0]
    whole = [block.encode() for block in re.findall(r"```\n(llmtrail-.*?)```", page, re.S)]
    chance, seen, failed = random.Random(int(seed)), collections.Counter(), 0
    with tempfile.TemporaryDirectory() as place:
        file, key = pathlib.Path(place) / "proof", pathlib.Path(place) / "identity.pub"
        key.write_text(trust + "\n")
        for number in range(int(count)):
            pick = number if number < len(whole) else chance.randrange(len(whole))
            data = whole[pick] if number < len(whole) else changed_proof(whole[pick], whole[pick - 1], chance)
            file.write_bytes(data)
            verdict, reason = check_proof.check(data, second.read_trusted(key))
            ran = subprocess.run([program, "prove", "--check", file, "--trust", key], capture_output=True, text=True)
            seen[verdict] += 1
            if ran.returncode != check_proof.EXIT[verdict] or (verdict == "HOLDS") != (data in whole):
                failed += 1
                print(f"proof {number}: {verdict} {reason}, but {ran.returncode} {ran.stdout}{ran.stderr}{data!r}")
    print(f"{sum(seen.values())} proofs: {dict(seen)}; {failed} wrong")
    return 1 if failed or len(whole) != 2 else 0


def peak_bytes(program, folder, *keys):
    """Of one verification, and its exit code."""
    arguments = ["verify", "--spool", folder / "spool", "--trust", folder / "host/identity.pub", *keys]
    plain = os.environ | {"ASAN_OPTIONS": "quarantine_size_mb=0:thread_local_quarantine_size_kb=0"}
    ran = subprocess.Popen([program, *arguments], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=plain)
    _, status, used = os.wait4(ran.pid, 0)
    return used.ru_maxrss * 1024, os.waitstatus_to_exitcode(status)


def memory(made, program):
    failed = 0
    with tempfile.TemporaryDirectory() as place:
        small, hostile = pathlib.Path(place) / "small", pathlib.Path(place) / "hostile"
        subprocess.run([made, "write", "open_tail", small], check=True)
        subprocess.run([made, "hostile", hostile], check=True)
        for folder in (small, hostile):  # keys beside a spool would be found
            (folder / "keys").rename(folder / "host")
            (folder / "host/local.key").chmod(0o600)
        for keys in (False, True):
            words = [["--keys", folder / "host"] if keys else [] for folder in (small, hostile)]
            base, _ = peak_bytes(program, small, *words[0])
            peak, code = peak_bytes(program, hostile, *words[1])
            wrong = peak - base > GROWTH_BYTES_MAX or code != (5 if keys else 3)
            failed += wrong
            print(f"hostile frame of {(hostile / 'spool' / FIRST).stat().st_size >> 20} MiB, keys {keys}: exit {code}, "
                  f"{peak / 1e6:.0f} MB, {(peak - base) / 1e6:.0f} MB more than a small log{', TOO MUCH' if wrong else ''}")
    return 1 if failed else 0


if __name__ == "__main__":
    if len(sys.argv) == 4 and sys.argv[1] == "memory":
        sys.exit(memory(*sys.argv[2:]))
    if len(sys.argv) > 4 and sys.argv[1] == "mutants":
        sys.exit(mutants(*sys.argv[2:5], show_all="--all" in sys.argv[5:]))
    if len(sys.argv) == 5 and sys.argv[1] == "proofs":
        sys.exit(proofs(*sys.argv[2:]))
    if len(sys.argv) > 2 and sys.argv[1] == "vectors":
        sys.exit(vectors(*sys.argv[2:]))
    sys.exit(__doc__)
