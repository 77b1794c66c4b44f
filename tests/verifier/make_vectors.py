#!/usr/bin/env python3
"""Makes tests/vectors anew: logs of mutant_verdicts and the worked example of the page, some of them changed.

    make_vectors.py MUTANT_VERDICTS

Only for a new vector or a new format: what is committed there must stay readable for ever. The verdicts are
those of llmtrail_verify.py; compare.py then asks both verifiers for them.
"""
import argparse
import ctypes
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

import checkpoint_notes
import llmtrail_verify
import primitives
from base64 import b64encode

HERE = pathlib.Path(__file__).resolve().parent
VECTORS = HERE.parent / "vectors"
COMPARED = ("verdict", "segment", "frame", "offset", "records", "seals", "anchors")
KEYLESS = ["--spool", "{}/spool", "--trust", "{}/identity.pub"]
KEYED = KEYLESS + ["--keys", "{}/host-keys"]
ROLE = KEYLESS + ["--key", "{}/%s.key", "--passphrase-file", "{}/passphrase"]
STRANGE_SEED = bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")  # RFC 8032, 7.1
STRANGE_KEY = bytes.fromhex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a")
ANCHORED = KEYLESS + ["--anchor", "{}/checkpoints.txt"]


def sign(seed, text):
    new = primitives.native(primitives.crypto, "EVP_DigestSign", "i", "pbabs")
    start = primitives.native(primitives.crypto, "EVP_DigestSignInit", "i", "ppppp")
    key, context = primitives.new_private(primitives.ED25519, None, seed, 32), primitives.new_digest()
    out, size = ctypes.create_string_buffer(64), ctypes.c_size_t(64)
    start(context, None, None, None, key)
    new(context, out, ctypes.addressof(size), text, len(text))
    return out.raw


def note(seed, trusted, size, root):
    origin = checkpoint_notes.origin_of(trusted)
    text = f"{origin}\n{size}\n{b64encode(root).decode()}\n"
    key_id = primitives.H(f"{origin}\n\1".encode() + trusted)[:4]
    return f"{text}\n\u2014 {origin} {b64encode(key_id + sign(seed, text.encode())).decode()}\n"


class Vector:
    def __init__(self, name):
        self.path, self.cases = VECTORS / name, []
        shutil.rmtree(self.path, ignore_errors=True)
        (self.path / "spool").mkdir(parents=True)

    @staticmethod
    def of_log(program, log, name=None, change=None):
        vector = Vector(name or log)
        with tempfile.TemporaryDirectory() as place:
            subprocess.run([program, "write", log, place], check=True)
            made = pathlib.Path(place)
            for file in sorted((made / "spool").glob("seg-*")):
                shutil.copyfile(file, vector.path / "spool" / file.name)
            (vector.path / "host-keys").mkdir()
            for file in sorted((made / "keys").iterdir()):
                host = file.name in ("local.key", "identity.key", "identity.pub")
                shutil.copyfile(file, vector.path / ("host-keys" if host else ".") / file.name)
        shutil.copyfile(vector.path / "host-keys/identity.pub", vector.path / "identity.pub")
        trusted = llmtrail_verify.read_trusted(vector.path / "identity.pub")
        whole = llmtrail_verify.Verifier(llmtrail_verify.Folder(vector.path / "spool"), trusted).run()
        seed = bytes.fromhex((vector.path / "host-keys/identity.key").read_text().split()[1])
        (vector.path / "host-keys/identity.key").unlink()
        text = note(seed, trusted, whole["tree_size"], bytes.fromhex(whole["root"]))
        (vector.path / "checkpoints.txt").write_text(text)
        if change:
            change(vector.path / "spool")
        else:
            (vector.path / "checkpoints.txt").unlink() if whole["verdict"] != "CLEAN" else None
        return vector

    def case(self, arguments):
        words = [word.replace("{}", str(self.path)) for word in arguments]
        parsed = llmtrail_verify.parse(words)
        report = llmtrail_verify.verify(parsed)
        self.cases.append({"arguments": arguments, "expected": {
            name: report[name] for name in COMPARED if name in report}})

    def finish(self):
        text = ",\n ".join(json.dumps(case, indent=None) for case in self.cases)
        (self.path / "expected.json").write_text(f"[{text}]\n")


def flip(name, offset, bit=0):
    def change(spool):
        data = bytearray((spool / name).read_bytes())
        data[offset] ^= 1 << bit
        (spool / name).write_bytes(data)
    return change


def forge_version(name):
    """The header says a later version and is signed with another key than the one that must begin the segment."""
    def change(spool):
        data = bytearray((spool / name).read_bytes())
        size, data[8] = int.from_bytes(data[12:16], "little"), 2
        data[264:296] = STRANGE_KEY
        data[size - 68:size - 4] = sign(STRANGE_SEED, b"llmtrail/header/v1\0" + bytes(data[:size - 68]))
        data[size - 4:size] = primitives.crc32c(bytes(data[:size - 4])).to_bytes(4, "little")
        (spool / name).write_bytes(data)
    return change


def later_of_another(name):
    """The header says a later version and another identity, and nobody signed that."""
    def change(spool):
        data = bytearray((spool / name).read_bytes())
        size, data[8] = int.from_bytes(data[12:16], "little"), 2
        data[328] ^= 1
        data[size - 4:size] = primitives.crc32c(bytes(data[:size - 4])).to_bytes(4, "little")
        (spool / name).write_bytes(data)
    return change


def link(name):
    def change(spool):
        (spool / name).rename(spool / "elsewhere")
        (spool / name).symlink_to("elsewhere")
    return change


def exports(path):
    """What a SIEM may give back of the checkpoint: raw CEF, JSON lines, CSV that lost the line ends."""
    text = (path / "checkpoints.txt").read_text()[:-1]
    cef = text.replace("=", "\\=").replace("\n", "\\n")
    (path / "siem.cef").write_text(f"CEF:0|llmtrail|agent|0.1|730|Checkpoint|1|llmtrailCheckpoint={cef} cnt=1\n")
    (path / "siem.json").write_text(json.dumps({"class": 730, "llmtrailCheckpoint": text}) + "\n")
    lost = text.replace("\n", " ").replace("\u2014", "?")
    (path / "siem.csv").write_text(f'time,checkpoint\n2026-01-01,"{lost}"\n')


def worked_example():
    page = (HERE.parent.parent / "docs/spool-format.md").read_text()
    blob = b"".join(bytes.fromhex(hexes) for hexes in re.findall(
        r"^(?:header|frame \d).* bytes\n((?:  [0-9a-f]+\n)+)", page[page.index("## Worked example"):], re.M))
    vector = Vector("worked_example")
    (vector.path / "spool/seg-00000000000000000000.lsp").write_bytes(blob)
    (vector.path / "identity.pub").write_text("ed25519:" + b64encode(blob[264:296]).decode() + "\n")
    vector.case(KEYLESS)
    vector.finish()


def main(program):
    worked_example()
    host = [KEYLESS, KEYED]
    role = [[word % name if "%" in word else word for word in ROLE] for name in ("auditor", "analyst")]
    vector = Vector.of_log(program, "three_segments")
    exports(vector.path)
    finish(vector, host + [ANCHORED] + [KEYLESS + ["--anchor", "{}/siem." + end] for end in ("cef", "json", "csv")])
    for log in ("generations", "recovered_torn", "pruned_recovery", "erased"):
        finish(Vector.of_log(program, log), host + [ANCHORED])
    for log in ("open_tail", "torn_tail", "zero_pages", "write_error", "damaged", "pruning_interrupted"):
        finish(Vector.of_log(program, log), host)
    finish(Vector.of_log(program, "recipients"), host + role)
    finish(Vector.of_log(program, "erased_for_recipients"), host + role[:1])
    for log in ("later_after_stop", "later_after_torn", "void_long_header", "void_first"):
        finish(Vector.of_log(program, log), host)
    for log in ("later_after_void", "void_after_later", "few_announced", "many_announced"):
        finish(Vector.of_log(program, log), host)
    first, second = "seg-00000000000000000000.lsp", "seg-00000000000000000001.lsp"
    finish(Vector.of_log(program, "one_segment", "later_of_another", later_of_another(first)), host + [ANCHORED])
    finish(Vector.of_log(program, "three_segments", "linked", link(second)), host + [ANCHORED])
    finish(Vector.of_log(program, "three_segments", "forged_version", forge_version(second)), host + [ANCHORED])
    finish(Vector.of_log(program, "three_segments", "byte_changed", flip(second, 900)), host)
    finish(Vector.of_log(program, "generations", "rolled_back", lambda spool: [
        path.unlink() for path in spool.glob("seg-00000000000000000003.*")]), host + [ANCHORED])
    finish(Vector.of_log(program, "pruned", "leaf_not_named", lambda spool: shutil.copyfile(
        spool / "seg-00000000000000000000.leaf", spool / "seg-00000000000000000003.leaf")), [KEYLESS])


def finish(vector, cases):
    for arguments in cases:
        vector.case(arguments)
    vector.finish()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program")
    sys.exit(main(parser.parse_args().program))
