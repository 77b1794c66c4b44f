#!/usr/bin/env python3
"""A second verifier for llmtrail spools, written from docs/spool-format.md and docs/checkpoints.md alone.

Read it beside those pages, in this order: this file (what is given, what is answered), verdicts.py ("Verdicts", rule by
rule), spool_format.py (bytes to fields), spool_keys.py (opening sections), checkpoint_notes.py, primitives.py (libcrypto,
libzstd). It needs Python 3.11, libcrypto.so.3 and libzstd.so.1, and nothing of llmtrail.
Files are hostile input: every outcome is a verdict.
"""
import argparse
import base64
import json
import os
import re
import stat
import sys

import checkpoint_notes
import spool_keys
from verdicts import IrregularFile, Verifier

EXIT = {"CLEAN": 0, "OPEN_TAIL": 3, "TORN_TAIL": 4, "TAMPERED": 5, "CANNOT_VERIFY": 6}


class Folder(dict):
    """A spool directory; a file is read when it is asked for."""

    def __init__(self, path):
        super().__init__(dict.fromkeys(os.listdir(path)))
        self.path = path

    def __getitem__(self, name):
        if name not in self:
            raise KeyError(name)
        path = os.path.join(self.path, name)
        if not stat.S_ISREG(os.lstat(path).st_mode):
            raise IrregularFile(f"{name} is no regular file")
        with open(path, "rb") as file:
            return file.read()


def read_text(path, pattern):
    with open(path, encoding="ascii") as file:
        found = re.fullmatch(pattern, file.read(4096))
    if not found:
        raise ValueError(f"{path} is not of the form that it should have")
    return found[1]


def read_trusted(path):
    return base64.b64decode(read_text(path, r"ed25519:([A-Za-z0-9+/]{43}=)\n?"), validate=True)


def read_holder(arguments):
    """A role key, or the local keys of a key directory; None without either."""
    if arguments.key:
        with open(arguments.passphrase_file, "rb") as file:
            passphrase = file.read(4096).removesuffix(b"\n")
        return spool_keys.read_role_key(read_text(arguments.key, r"(?s)(.*)"), passphrase)
    paths = [os.path.join(arguments.keys or "", name) for name in ("local.key", "local-previous.key")]
    if not arguments.keys:
        return None
    return spool_keys.LocalKeys(*(bytes.fromhex(read_text(path, r"llmtrail-local-key-v1 ([0-9a-f]{64})\n?"))
                                  for path in paths if os.path.exists(path)))


def verify(arguments):
    try:
        trusted = read_trusted(arguments.trust or os.path.join(arguments.keys or "", "identity.pub"))
        kept = []
        for path in arguments.anchor:
            with open(path, "rb") as file:
                kept += checkpoint_notes.find(file.read(), trusted)
        return Verifier(Folder(arguments.spool), trusted, read_holder(arguments), kept).run()
    except (OSError, ValueError) as error:
        return {"verdict": "CANNOT_VERIFY", "reason": str(error)}


def parse(words):
    parser = argparse.ArgumentParser(description="Verifies a spool of llmtrail.")
    parser.add_argument("--spool", required=True, metavar="DIR")
    parser.add_argument("--trust", metavar="FILE", help="public identity key; default: identity.pub of --keys")
    parser.add_argument("--keys", metavar="DIR", help="key directory of the host: what its keys open is compared")
    parser.add_argument("--key", metavar="FILE", help="role key: what it opens is compared")
    parser.add_argument("--passphrase-file", metavar="FILE", help="passphrase of the role key")
    parser.add_argument("--anchor", metavar="FILE", action="append", default=[], help="checkpoints kept elsewhere")
    parser.add_argument("--require-anchor", action="store_true", help="without one that is recent: exit 6")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args(words)
    if arguments.key and not arguments.passphrase_file:
        parser.error("--key needs --passphrase-file")
    return arguments


def exit_code(report, arguments):
    strict = arguments.require_anchor and report.get("unanchored", True) and report["verdict"] != "TAMPERED"
    return 6 if strict else EXIT[report["verdict"]]


def main():
    arguments = parse(sys.argv[1:])
    report = verify(arguments)
    if arguments.json:
        print(json.dumps(report))
    else:
        for name, value in report.items():
            print(f"{name}: {value}")
    return exit_code(report, arguments)


if __name__ == "__main__":
    sys.exit(main())
