#!/usr/bin/env python3
"""capture.py LLMTRAIL FILE...: where each value of real logs went.

Runs `llmtrail parse --as auto` over the files, reads the same documents with Python's own JSON
reader and looks for every leaf (text, number; null and empty values carry nothing) in the records
made of its document: in a field, in llm.audit.unmapped, or nowhere. JSON inside texts and the data
of server-sent events are entered. A leaf that is nowhere was translated (a time, a finish reason),
computed with, or dropped: --list shows the paths, most frequent first, and what is unmapped too.

It knows nothing of the parsers and compares values alone, so a value that stands in the record for
another reason counts as found: the tables beside it (README.md) are the exact count.
"""
import argparse
import collections
import json
import re
import subprocess
import sys

SCALES = (1, 1e3, 1e6, 1e9, 1e-3)  # s, ms, us, ns


def leaves(value, path=""):
    """(path, leaf) pairs; JSON and server-sent events inside texts are entered."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield from leaves(item, f"{path}.{key}" if path else key)
    elif isinstance(value, list):
        for item in value:
            yield from leaves(item, path + "[]")
    elif isinstance(value, str):
        inner = embedded(value)
        if inner is not None:
            yield from leaves(inner, path + "{}")
        elif value.strip():
            yield path, value
    elif value is not None:
        yield path, value


def embedded(text):
    head = text.lstrip()[:1]
    if head in ("{", "["):
        try:
            return json.loads(text, strict=False)
        except ValueError:
            return None
    if text.startswith(("data:", "event:")):
        events = []
        for line in text.splitlines():
            if line.startswith("data:") and line[5:].strip() not in ("", "[DONE]"):
                try:
                    events.append(json.loads(line[5:]))
                except ValueError:
                    events.append(line[5:].strip())
        return events
    return None


class Holder:
    """The values of some records, for asking whether a leaf is among them."""

    def __init__(self):
        self.texts = []
        self.numbers = set()
        self.blob = None

    def add(self, value):
        for _, leaf in leaves(value):
            if isinstance(leaf, (int, float)) and not isinstance(leaf, bool):
                self.numbers.add(float(leaf))
            else:
                text = str(leaf)
                self.texts.append(text)
                self.numbers.update(float(n) for n in re.findall(r"^-?\d+(?:\.\d+)?$", text))
        if isinstance(value, str):
            self.texts.append(value)
        elif isinstance(value, (dict, list)):
            self.texts.append(json.dumps(value, ensure_ascii=False))

    def has(self, leaf):
        if self.blob is None:
            self.blob = "\x00".join(self.texts)
        if isinstance(leaf, bool):
            return True
        if isinstance(leaf, (int, float)):
            return any(abs(float(leaf) * s - n) <= 1e-6 * max(1.0, abs(n))
                       for s in SCALES for n in self.numbers) or str(leaf) in self.blob
        text = leaf.strip()
        return text in self.blob or json.dumps(text, ensure_ascii=False)[1:-1] in self.blob or \
            "".join(text.split()) in "".join(self.blob.split())


def documents(records):
    """Records by the place of their document."""
    found = collections.OrderedDict()
    for record in records:
        place = record["log.file.path"], record["log.offset"], record["log.bytes"]
        found.setdefault(place, []).append(record)
    return found


class Total:
    def __init__(self):
        self.documents = self.records = self.leaves = self.fields = self.rest = 0
        self.unmapped = collections.Counter()
        self.nowhere = collections.Counter()

    def count(self, document, records):
        self.documents += 1
        self.records += len(records)
        fields, rest = Holder(), Holder()
        for record in records:
            for name, value in record.items():
                (rest if name == "llm.audit.unmapped" else fields).add(value)
        for path, leaf in leaves(document):
            if isinstance(leaf, bool):
                continue
            self.leaves += 1
            if fields.has(leaf):
                self.fields += 1
            elif rest.has(leaf):
                self.rest += 1
                self.unmapped[path] += 1
            else:
                self.nowhere[path] += 1


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--list", type=int, default=0, metavar="N", help="N paths of each kind")
    parser.add_argument("llmtrail")
    parser.add_argument("files", nargs="+")
    options = parser.parse_args()
    totals = collections.OrderedDict()
    for name in options.files:
        run = subprocess.run([options.llmtrail, "parse", "--as", "auto", name], check=True,
                             stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        with open(name, "rb") as source:
            text = source.read()
        records = [json.loads(line) for line in run.stdout.splitlines()]
        for (_, offset, size), made in documents(records).items():
            try:
                document = json.loads(text[offset:offset + size], strict=False)
            except ValueError:
                document = text[offset:offset + size].decode("utf-8", "replace")
            totals.setdefault(made[0]["event.provider"], Total()).count(document, made)
    print("| format | documents | records | leaves | in a field | unmapped | elsewhere |")
    print("|---|---|---|---|---|---|---|")
    for name, total in sorted(totals.items()):
        elsewhere = total.leaves - total.fields - total.rest
        share = 100 * total.fields / max(1, total.leaves)
        print(f"| {name} | {total.documents} | {total.records} | {total.leaves} "
              f"| {total.fields} ({share:.1f} %) | {total.rest} | {elsewhere} |")
    for name, total in sorted(totals.items()) if options.list else []:
        for kind, paths in (("unmapped", total.unmapped), ("elsewhere", total.nowhere)):
            for path, count in paths.most_common(options.list):
                print(f"{name}\t{kind}\t{count}\t{path}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
