#!/usr/bin/env python3
"""A second verifier for llmtrail spools, written from docs/spool-format.md and docs/checkpoints.md alone.

Read it beside those pages. This file is "Verdicts" with "Pruning" and "Erasing a section"; beside it lie
primitives.py (libcrypto, libzstd), spool_format.py (bytes to fields), spool_keys.py (opening sections) and
checkpoint_notes.py. It needs Python 3.11, libcrypto.so.3 and libzstd.so.1, and nothing of llmtrail.
Files are hostile input: every outcome is a verdict.
"""
import argparse
import base64
import json
import os
import re
import stat
import struct
import sys

import checkpoint_notes
import spool_keys
from primitives import H, signature_valid
from spool_format import (BATCH, CLEAN_SHUTDOWN, ERASE, GENESIS, POSITIONS, PRUNE, RECOVERY, SEAL, SEGMENT_END, Fault,
                          LeafFile, Segment, Tree, crash_shape, frame_after, header_torn, leaf_hash, parse_body,
                          signed, zero_page)

EXIT = {"CLEAN": 0, "OPEN_TAIL": 3, "TORN_TAIL": 4, "TAMPERED": 5, "CANNOT_VERIFY": 6}
SECTIONS = ["envelope", "prompt", "sources", "output"]
ANCHOR_AGE_MAX_NS = 900 * 10**9


class CannotVerify(Exception):
    def __init__(self, reason, place=None):
        super().__init__(reason)
        self.place = place


class Verifier:
    """Walks the segments in ascending number. `files` maps names to bytes; `kept`: (tree size, root) of checkpoints."""

    def __init__(self, files, trusted, holder=None, kept=()):
        self.files, self.trusted, self.holder = files, trusted, holder
        self.kept = {}  # size -> roots that checkpoints name
        for size, root in kept:
            self.kept.setdefault(size, set()).add(root)
        self.awaited = sorted(self.kept)  # sizes of checkpoints that had no SEAL yet
        self.agreed, self.seal_times = -1, {}  # newest size with a SEAL; clock of the last SEAL of each size
        self.numbers = sorted({int(name[4:24]) for name in files if re.fullmatch(r"seg-[0-9]{20}\.(lsp|leaf)", name)})
        self.number = self.frame_no = 0  # where the walk is
        self.tree, self.chain, self.chain_before, self.unsealed = Tree(), bytes(32), bytes(32), 0
        self.generation, self.seal_no, self.next_pk = 0, 0, None
        self.closed = 0  # flags of the closing SEAL that the bytes walked last end with
        self.stated = {}  # segment -> the RECOVERY that makes a part of it void
        self.ends, self.stops = {}, {}  # segment -> tree size and root at its end; -> frame_no and closing flags
        self.named, self.pruned, self.unsealed_prunes, self.erased, self.unsealed_erasures = [], [], [], [], []
        self.wrap_trouble, self.missing_keys, self.unopened, self.opened = None, [], [], False
        self.counts = dict(segments=0, frames=0, records=0, seals=0, unknown_frames=0, unopened_segments=0)

    def run(self):
        """The verdict as a dictionary; never raises."""
        reason, place, more = "", None, {}
        try:
            verdict, reason, place, more = self.judge()
            verdict, reason, place, more = self.after_walk(verdict, reason, place, more)
        except CannotVerify as error:
            verdict, reason = "CANNOT_VERIFY", str(error)
            place = error.place or (self.name(self.number), self.frame_no, 0)
        except OSError as error:
            verdict, reason = "CANNOT_VERIFY", str(error)
        except Exception as error:  # a defect of this program: no traceback, and never CLEAN
            verdict, reason = "CANNOT_VERIFY", f"internal: {error!r}"
        report = {"verdict": verdict, "reason": reason}
        if place and place[0]:
            report |= dict(zip(("segment", "frame", "offset"), place)) | more
        sizes = list(self.seal_times)
        unanchored = self.agreed < 0 or self.agreed != sizes[-1] and (
            self.seal_times[sizes[-1]] - self.seal_times[self.agreed] > ANCHOR_AGE_MAX_NS)
        return report | self.counts | {"tree_size": self.tree.size, "root": self.tree.root().hex(),
                                       "erased": self.erased, "unanchored": unanchored,
                                       "anchors": len(self.kept) - len(self.awaited)}

    def judge(self):
        """Verdict, reason, place, section and record of the walk."""
        try:
            self.walk()
        except Fault as fault:
            place = fault.place or (self.name(self.number), self.frame_no, fault.offset)
            more = {} if fault.section is None else {"section": SECTIONS[fault.section]}
            more |= {} if fault.record is None else {"record": fault.record}
            torn = fault.torn and self.number == self.numbers[-1] and self.torn(self.load(self.number), fault)
            return "TORN_TAIL" if torn else "TAMPERED", str(fault), place, more
        if self.closed & CLEAN_SHUTDOWN:
            return "CLEAN", "closed in order", None, {}
        return "OPEN_TAIL", f"{self.unsealed} leaves after the last SEAL", None, {}

    def after_walk(self, verdict, *rest):
        """What is judged of the log as a whole, when nothing worse was found."""
        if verdict == "TAMPERED":
            return verdict, *rest
        for name in sorted(name for name in self.files if re.fullmatch(r"seg-[0-9]{20}\.leaf", name)):
            if not self.named_by(self.pruned, int(name[4:24])):
                return "TAMPERED", "a leaf file that no sealed PRUNE names", (name, 0, 0), {}
        if self.awaited:
            end = rest[1] or (self.name(self.number), self.frame_no, self.load(self.number).end())
            return "TAMPERED", f"no SEAL of {self.awaited[0]} leaves, as a kept checkpoint repeats it", end, {}
        trouble = [self.wrap_trouble] if self.wrap_trouble else []
        trouble += [(number, "the key file is missing") for number in self.missing_keys
                    if not self.named_by(self.pruned, number)]
        trouble += [(number, "the key opens none of the segments") for number in self.unopened
                    if not self.opened and not self.named_by(self.pruned, number)]
        if trouble:
            number, reason = min(trouble)
            return "CANNOT_VERIFY", reason, (self.name(number), 0, 0), {}
        if not self.counts["seals"] and verdict == "OPEN_TAIL":
            return "CANNOT_VERIFY", "no SEAL was there to check", None, {}
        return verdict, *rest

    @staticmethod
    def named_by(ranges, number):
        return any(first <= number <= last for first, last in ranges)

    # ---- The walk ------------------------------------------------------------------------------------------

    def name(self, number):
        name = f"seg-{number:020}"
        return name + (".leaf" if name + ".lsp" not in self.files and name + ".leaf" in self.files else ".lsp")

    def load(self, number):
        name = self.name(number)
        return (LeafFile if name.endswith(".leaf") else Segment)(name, self.files[name])

    def walk(self):
        if not self.numbers and not self.kept:
            raise CannotVerify("no segment", ("", 0, 0))
        if not self.numbers:
            raise Fault(0, "no segment, and checkpoints are kept", place=(self.name(0), 0, 0))
        self.outline()
        for self.number, found in enumerate(self.numbers):
            self.frame_no = 0
            if self.number != found:
                raise Fault(0, "a segment is missing")
            self.segment(self.load(self.number), self.stated.get(self.number))
            self.ends[self.number] = (self.tree.size, self.tree.root())

    def outline(self):
        """Which bytes are void, from the last RECOVERY back: one that is void itself says nothing."""
        resume, limit = None, None
        for number in reversed(self.numbers):
            if resume is not None and number > resume:
                continue
            r = self.recovery_in(number)
            if r and r.segment_no < number and (number != resume or r.pruned or r.frame_end <= limit):
                r.holder, resume, limit = number, r.segment_no, r.end
                self.stated |= {other: r for other in self.numbers if r.segment_no <= other < number}
            else:
                resume = None

    def recovery_in(self, number):
        """The RECOVERY of a segment that begins a generation, if that much is to be read."""
        try:
            source = self.load(number)
            h = source.header()
            at = h.size
            for _ in range(3):
                f = source.frame(at)
                at = f.end
            if f.type == RECOVERY and H(h.segment_pk) == h.identity_hash and not h.later:
                r = parse_body(f)
                r.pruned = source.pruned
                return r
        except (Fault, ValueError, struct.error, IrregularFile):
            pass
        return None

    def segment(self, source, r):
        """Rule 5: up to the end of the segment, or to the end that a later RECOVERY states."""
        void = r is not None and (r.segment_no < self.number or r.end == 0)
        self.chain_before = self.chain
        if void and self.number == 0:
            raise Fault(0, "a RECOVERY makes segment 0 void")
        if source.pruned and void != (source.header_len == 0):
            raise Fault(0, "the leaf file and the RECOVERY disagree on what is void")
        if void:
            if r.reason in (1, 2) and not source.pruned and not void_shape(source.data):
                raise Fault(0, "a RECOVERY makes the segment void, and no crash leaves it like this")
            self.stops[self.number], self.closed = (0, 0), 0
            return
        stop = r.end if r and not source.pruned else None
        try:
            end = self.frames(source, stop, source.pruned and r)
        except Fault as fault:
            if fault.offset != stop or stop is None:
                if self.torn(source, fault) and self.later_goes_on():
                    raise CannotVerify(f"{fault}, and what follows is of a later version",
                                       (source.name, self.frame_no, fault.offset)) from None
                raise
            end = stop
        self.stops[self.number] = (self.frame_no, self.closed)
        if end != source.end() or r:
            self.closed = self.closed if source.data and end == source.end() and not source.pruned else 0

    def later_goes_on(self):
        """Is the segment after a torn end of a later version, and begun by the identity key where this one ends?"""
        number = self.number + 1
        try:
            if not self.name(number).endswith(".lsp") or self.known_after():
                return False
            h = self.load(number).header()
            return h.later and h.segment_no == number and h.segment_pk == self.trusted and signed(h) and (
                h.prev_chain == (self.chain if self.frame_no else self.chain_before))
        except (Fault, IrregularFile, KeyError):
            return False

    def known_after(self):
        """No writer goes back: is a later segment of this log of a version that is known?"""
        for number in self.numbers:
            try:
                h = self.load(number).header() if number > self.number else None
                if h and not h.later and h.identity_hash == H(self.trusted):
                    return True
            except (Fault, IrregularFile, KeyError):
                pass
        return False

    def torn(self, source, fault):
        """Rule 5, second case, but for its place: not closed, nothing valid after, crash shape."""
        if not fault.torn or source.pruned:
            return False
        if fault.offset == 0:
            return header_torn(source.data)
        return not self.closed and crash_shape(source.data, fault.offset) and not frame_after(source.data, fault.offset)

    def frames(self, source, stop, ended_early):
        """Rules 2 and 3 for one segment or leaf file, up to the stated end if there is one. Where it stopped."""
        header, expected = self.header(source)
        opener = self.opener(header) if self.holder and not source.pruned else None
        self.counts["segments"] += 1
        at, seal_pk, self.chain, self.closed = header.size, header.first_seal_pk, header.hash, 0
        while at < source.end() and at != stop:
            f = source.frame(at)
            if stop is not None and f.end > stop:
                raise Fault(at, "a RECOVERY states an end that is no frame boundary")
            if self.closed:
                raise Fault(at, "bytes after a closing SEAL")
            self.check_place(f, header, expected)
            try:
                body = f if source.pruned and f.type == BATCH else parse_body(f)
                if opener:
                    opener.check(f, self.chain, body.table if f.type == BATCH else None)
                self.check_body(f, body, header, expected)
            except (ValueError, struct.error) as error:
                raise Fault(at, str(error)) from None
            if f.type == SEAL and not signature_valid(
                    seal_pk, f.trailer, b"llmtrail/seal/v1\0" + header.log_id + struct.pack("<Q", header.generation)
                    + header.hash + f.head + f.body[:-64]):
                raise Fault(at, "the SEAL's signature is wrong")
            self.chain = H(b"\2", self.chain, f.digest)
            for leaf in body.table if f.type == BATCH else [leaf_hash(f.index, f.digest)] * f.leaves:
                self.add(leaf, at)
            if f.type == SEAL:
                self.sealed(f, body)
                seal_pk = body.next_pk
            at, self.frame_no = f.end, self.frame_no + 1
            self.counts["frames"] += 1
            self.counts["records"] += f.leaves if f.type == BATCH else 0
            self.counts["unknown_frames"] += f.type not in range(1, 9)
        if stop is not None and at < stop:
            raise Fault(at, "the segment ends before the end that a RECOVERY states")
        if at != stop and self.frame_no < len(expected) and not ended_early:
            raise Fault(at, "the segment ends before its first frames", torn=True)
        return at

    def add(self, leaf, at):
        self.tree.append(leaf)
        self.unsealed += 1
        if self.tree.size in self.kept:
            if self.kept[self.tree.size] != {self.tree.root()}:
                raise Fault(at, f"a kept checkpoint has another root for {self.tree.size} leaves")

    def sealed(self, f, seal):
        self.seal_no, self.unsealed, self.closed, self.next_pk = seal.seal_no + 1, 0, seal.flags & 12, seal.next_pk
        self.seal_times.pop(seal.tree_size, None)
        self.seal_times[seal.tree_size] = f.wall
        if self.awaited and self.awaited[0] < seal.tree_size:
            raise Fault(f.at, f"no SEAL of {self.awaited[0]} leaves before, as a kept checkpoint repeats it")
        if self.awaited and self.awaited[0] == seal.tree_size:
            self.agreed = self.awaited.pop(0)
        self.pruned, self.unsealed_prunes = self.pruned + self.unsealed_prunes, []
        self.erased, self.unsealed_erasures = self.erased + self.unsealed_erasures, []
        self.counts["seals"] += 1

    # ---- The rules -----------------------------------------------------------------------------------------

    def header(self, source):
        """Rule 2: the header, and the types of the first frames that it asks for."""
        def check(good, what):
            if not good:
                raise Fault(0, what)

        h = source.header()
        check(not h.later or not self.known_after(), "of an unknown version, and segments after it are of a known one")
        if self.number == 0 and h.identity_hash != H(self.trusted) and not self.kept:
            raise CannotVerify("the log is of another identity than the trusted key")
        check(h.segment_no == self.number, "the header is of another segment")
        check(h.identity_hash == H(self.trusted), "the header names another identity")
        check(h.log_id == H(b"llmtrail/log-id/v1\0", self.trusted)[:16], "the header is of another log")
        check(signed(h), "the header's signature is wrong")
        expected = [POSITIONS]
        if self.number > 0 and h.generation == self.generation:
            check(self.closed & SEGMENT_END, "the segment before was not closed")
            check(h.segment_pk == self.next_pk, "the segment is not begun by the key that the last SEAL named")
        else:
            check(h.segment_pk == self.trusted, "the generation is not begun by the identity key")
            check(h.generation > self.generation, "the generation does not grow")
            expected += [GENESIS] if self.number == 0 or self.closed & CLEAN_SHUTDOWN else [GENESIS, RECOVERY]
            self.seal_no = 0
        check(h.prev_chain == self.chain, "the chain does not continue")
        check(h.first_index == self.tree.size, "the tree does not continue")
        if h.later:
            raise CannotVerify("the segment is of an unknown version, flag or suite")
        check(h.frontier == self.tree.frontier, "the tree does not continue")
        self.generation = h.generation
        return h, expected

    def opener(self, header):
        try:
            found = spool_keys.open_key_file(self.files[f"seg-{self.number:020}.keys"], header, self.holder)
        except KeyError:
            self.missing_keys.append(self.number)
            found = {}
        except ValueError as error:
            self.wrap_trouble, found = self.wrap_trouble or (self.number, str(error)), {}
        if 0 in found:
            self.opened = True
            return spool_keys.SectionOpener(header, found)
        self.unopened.append(self.number)
        self.counts["unopened_segments"] += 1
        return None

    def check_place(self, f, header, expected):
        """Number, index, and where a type may stand. A BATCH of a leaf file has neither number nor index."""
        if f.no not in (None, self.frame_no) or self.frame_no >= 1 << 20:
            raise Fault(f.at, "the frame's number is wrong")
        if f.index not in (None, self.tree.size) or self.tree.size + f.leaves - header.first_index > 1 << 26:
            raise Fault(f.at, "the frame's index is wrong")
        if self.frame_no < len(expected):
            good = f.type == expected[self.frame_no] and not f.flags
        else:
            good = f.type not in (GENESIS, RECOVERY) and (f.type != POSITIONS or f.flags)
        if not good:
            raise Fault(f.at, "a frame of this type does not belong here")

    def check_body(self, f, body, header, expected):
        """Rule 3 for what the types hold."""
        def check(good, what):
            if not good:
                raise ValueError(what)

        if f.type == GENESIS:
            after_clean = self.number > 0 and RECOVERY not in expected
            check((body.flags & 3) == (self.number == 0) + 2 * after_clean, "GENESIS does not fit what was before")
        elif f.type == RECOVERY:
            self.check_recovery(body, header, check)
        elif f.type == SEAL:
            check((body.tree_size, body.root, body.chain) == (self.tree.size, self.tree.root(), self.chain),
                  "the SEAL is over another tree or chain")
            check(body.durable <= body.tree_size and body.seal_no == self.seal_no, "the SEAL's numbers are wrong")
            check(not body.flags & CLEAN_SHUTDOWN or not any(body.next_pk), "a SEAL of a clean shutdown names a key")
        elif f.type == PRUNE:
            check(body.first <= body.last < self.number and 1 <= body.reason <= 3, "PRUNE names what it must not")
            check(all(body.last < first or last < body.first for first, last in self.named), "PRUNE names one again")
            check((body.end_index, body.root) == self.ends[body.last], "PRUNE states another tree")
            self.named.append((body.first, body.last))
            self.unsealed_prunes.append((body.first, body.last))
        elif f.type == ERASE:
            check(body.first <= body.last < self.number, "ERASE names what it must not")
            check(body.mask and not body.mask & ~0b1110, "ERASE names no section that may be erased")
            self.unsealed_erasures.append({"first": body.first, "last": body.last, "sections": [
                SECTIONS[s] for s in (1, 2, 3) if body.mask >> s & 1]})

    def check_recovery(self, r, header, check):
        """Rule 4. The walk stopped at the stated end; what follows it in its file is judged here."""
        check(r.segment_no < self.number and getattr(self.stated.get(self.number - 1), "holder", 0) == self.number,
              "RECOVERY speaks of no earlier segment")
        check((r.index, r.chain) == (header.first_index, header.prev_chain), "RECOVERY states another index or chain")
        source = self.load(r.segment_no)
        frame_no, closed = self.stops[r.segment_no]
        if r.reason in (3, 4):
            place = (source.name, frame_no, source.end() if source.pruned else r.end)
            raise Fault(0, "the agent found what no crash leaves", place=place)
        if source.pruned:
            return
        if r.reason == 1:
            check(r.end == source.end(), "RECOVERY says that nothing stands after its end")
        if r.reason == 2 and r.end:
            check(crash_shape(source.data, r.end) and not frame_after(source.data, r.end)
                  and (r.end == source.end() or not closed), "RECOVERY calls torn what no crash leaves")
        if r.size != 2**64 - 1:
            check((r.size, r.hash) == (source.end(), H(source.data[r.end:])), "RECOVERY describes other bytes")


def void_shape(data):
    """Crash shape of a segment as a whole: torn in its header, or a zero page and no whole frame."""
    return header_torn(data) or not frame_after(data, 0) and zero_page(data, 0, len(data))


# ---- Command line ----------------------------------------------------------------------------------------------

class IrregularFile(OSError):
    pass


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
