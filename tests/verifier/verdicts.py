"""Is a log what its writer made? docs/spool-format.md, "Verdicts", in the order of its rules."""
import re
import struct

import spool_keys
from primitives import H, signature_valid
from spool_format import (BATCH, CLEAN_SHUTDOWN, ERASE, GENESIS, POSITIONS, PRUNE, RECOVERY, SEAL, SEGMENT_END, Fault,
                          LeafFile, Segment, Tree, any_frame, crash_shape, header_torn, leaf_hash, parse_body,
                          require, signed, void_shape)

SECTIONS = ["envelope", "prompt", "sources", "output"]
SEGMENT_NAME = re.compile(r"seg-[0-9]{20}\.(lsp|leaf)")
ANCHOR_AGE_MAX_NS = 900 * 10**9


class IrregularFile(OSError):
    """A link, a pipe, a folder: what no writer makes."""


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
        self.numbers = sorted({int(name[4:24]) for name in files if SEGMENT_NAME.fullmatch(name)})
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
            verdict, reason, place, more = self.after_walk(*self.judge())
        except CannotVerify as error:
            verdict, reason = "CANNOT_VERIFY", str(error)
            place = error.place or (self.name(self.number), self.frame_no, 0)
        except Exception as error:  # a defect of this program: no traceback, and never CLEAN
            verdict, reason = "CANNOT_VERIFY", f"internal: {error!r}"
        report = {"verdict": verdict, "reason": reason}
        if place and place[0]:
            report |= dict(zip(("segment", "frame", "offset"), place)) | more
        last = next(reversed(self.seal_times), None)
        unanchored = self.agreed < 0 or self.agreed != last and (
            self.seal_times[last] - self.seal_times[self.agreed] > ANCHOR_AGE_MAX_NS)
        return report | self.counts | {"tree_size": self.tree.size, "root": self.tree.root().hex(),
                                       "erased": self.erased, "unanchored": unanchored,
                                       "anchors": len(self.kept) - len(self.awaited)}

    def name(self, number):
        name = f"seg-{number:020}"
        return name + (".leaf" if name + ".lsp" not in self.files and name + ".leaf" in self.files else ".lsp")

    def load(self, number):
        """A segment or leaf file, as what it is; KeyError where nothing stands."""
        name = self.name(number)
        try:
            return (LeafFile if name.endswith(".leaf") else Segment)(name, self.files[name])
        except IrregularFile as error:
            raise Fault(0, str(error), place=(name, 0, 0)) from None
        except OSError as error:
            raise CannotVerify(str(error), (name, 0, 0)) from None

    # ---- Rule 1: contiguous numbers --------------------------------------------------------------------------

    def walk(self):
        if not self.numbers and not self.kept:
            raise CannotVerify("no segment", ("", 0, 0))
        if not self.numbers:
            raise Fault(0, "no segment, and checkpoints are kept")
        self.find_recoveries()
        for self.number, found in enumerate(self.numbers):
            self.frame_no = 0
            if self.number != found:
                raise Fault(0, "a segment is missing")
            self.segment(self.load(self.number), self.stated.get(self.number))
            self.ends[self.number] = (self.tree.size, self.tree.root())

    # ---- Rule 2: headers -------------------------------------------------------------------------------------

    def header(self, source):
        """The header, and the types of the first frames that it asks for."""
        h, identity = source.header(), H(self.trusted)
        require(not h.later or not self.known_after(self.number), "of an unknown version, a known one follows")
        if self.number == 0 and h.identity_hash != identity and not self.kept:
            raise CannotVerify("the log is of another identity than the trusted key")
        require(h.segment_no == self.number, "the header is of another segment")
        require(h.identity_hash == identity, "the header names another identity")
        require(h.log_id == H(b"llmtrail/log-id/v1\0", self.trusted)[:16], "the header is of another log")
        require(signed(h), "the header's signature is wrong")
        expected = [POSITIONS]
        if self.number > 0 and h.generation == self.generation:
            require(self.closed & SEGMENT_END, "the segment before was not closed")
            require(h.segment_pk == self.next_pk, "the segment is not begun by the key that the last SEAL named")
        else:
            require(h.segment_pk == self.trusted, "the generation is not begun by the identity key")
            require(h.generation > self.generation, "the generation does not grow")
            expected += [GENESIS] if self.number == 0 or self.closed & CLEAN_SHUTDOWN else [GENESIS, RECOVERY]
            self.seal_no = 0
        require(h.prev_chain == self.chain, "the chain does not continue")
        require(h.first_index == self.tree.size, "the tree does not continue")
        if h.later:
            raise CannotVerify("the segment is of an unknown version, flag or suite")
        require(h.frontier == self.tree.frontier, "the tree does not continue")
        self.generation = h.generation
        return h, expected

    def known_after(self, number):
        """No writer goes back: is a segment after this one, void or not, of a version that is known?"""
        for later in self.numbers:
            try:
                h = self.load(later).header() if later > number else None
                if h and not h.later and h.identity_hash == H(self.trusted):
                    return True
            except (Fault, CannotVerify):
                pass
        return False

    # ---- Rule 3: frames --------------------------------------------------------------------------------------

    def frames(self, source, stop, ended_early):
        """One segment or leaf file, up to the stated end if there is one. Where it stopped."""
        at = 0
        try:
            header, expected = self.header(source)
            opener = self.opener(header) if self.holder and not source.pruned else None
            self.counts["segments"] += 1
            at, seal_pk, self.chain, self.closed = header.size, header.first_seal_pk, header.hash, 0
            while at < source.end() and at != stop:
                f = source.frame(at)
                require(stop is None or f.end <= stop, "a RECOVERY states an end that is no frame boundary")
                require(not self.closed, "bytes after a closing SEAL")
                self.check_place(f, header, expected)
                body = f if source.pruned and f.type == BATCH else parse_body(f)
                if opener:
                    opener.check(f, self.chain, body.table if f.type == BATCH else None)
                self.check_body(f, body, header, expected)
                require(f.type != SEAL or signature_valid(
                    seal_pk, f.trailer, b"llmtrail/seal/v1\0" + header.log_id + struct.pack("<Q", header.generation)
                    + header.hash + f.head + f.body[:-64]), "the SEAL's signature is wrong")
                self.chain = H(b"\2", self.chain, f.digest)
                for leaf in body.table if f.type == BATCH else [leaf_hash(f.index, f.digest)] * f.leaves:
                    self.add(leaf)
                if f.type == SEAL:
                    self.sealed(f, body)
                    seal_pk = body.next_pk
                at, self.frame_no = f.end, self.frame_no + 1
                self.counts["frames"] += 1
                self.counts["records"] += f.leaves if f.type == BATCH else 0
                self.counts["unknown_frames"] += f.type not in range(1, 9)
            require(stop is None or at == stop, "the segment ends before the end that a RECOVERY states")
        except (ValueError, struct.error) as error:
            raise Fault(at, str(error)) from None
        if at != stop and self.frame_no < len(expected) and not ended_early:
            raise Fault(at, "the segment ends before its first frames", torn=True)
        return at

    def check_place(self, f, header, expected):
        """Number, index, and where a type may stand. A BATCH of a leaf file has neither number nor index."""
        require(f.no in (None, self.frame_no) and self.frame_no < 1 << 20, "the frame's number is wrong")
        require(f.index in (None, self.tree.size) and self.tree.size + f.leaves - header.first_index <= 1 << 26,
                "the frame's index is wrong")
        if self.frame_no < len(expected):
            require(f.type == expected[self.frame_no] and not f.flags, "a frame of this type does not begin a segment")
        else:
            require(f.type not in (GENESIS, RECOVERY) and (f.type != POSITIONS or f.flags),
                    "a frame of this type only begins a segment")

    def check_body(self, f, body, header, expected):
        if f.type == GENESIS:
            after_clean = self.number > 0 and RECOVERY not in expected
            require((body.flags & 3) == (self.number == 0) + 2 * after_clean, "GENESIS does not fit what was before")
        elif f.type == RECOVERY:
            self.check_recovery(body, header)
        elif f.type == SEAL:
            require((body.tree_size, body.root, body.chain) == (self.tree.size, self.tree.root(), self.chain),
                    "the SEAL is over another tree or chain")
            require(body.durable <= body.tree_size and body.seal_no == self.seal_no, "the SEAL's numbers are wrong")
            require(not body.flags & CLEAN_SHUTDOWN or not any(body.next_pk), "a last SEAL names a key")
        elif f.type == PRUNE:
            require(body.first <= body.last < self.number and 1 <= body.reason <= 3, "PRUNE names what it must not")
            require(all(body.last < first or last < body.first for first, last in self.named), "PRUNE names one again")
            require((body.end_index, body.root) == self.ends[body.last], "PRUNE states another tree")
            self.named.append((body.first, body.last))
            self.unsealed_prunes.append((body.first, body.last))
        elif f.type == ERASE:
            require(body.first <= body.last < self.number, "ERASE names what it must not")
            require(body.mask and not body.mask & ~0b1110, "ERASE names no section that may be erased")
            self.unsealed_erasures.append({"first": body.first, "last": body.last, "sections": [
                SECTIONS[s] for s in (1, 2, 3) if body.mask >> s & 1]})

    def add(self, leaf):
        self.tree.append(leaf)
        self.unsealed += 1
        require(self.tree.size not in self.kept or self.kept[self.tree.size] == {self.tree.root()},
                "a kept checkpoint has another root")

    def sealed(self, f, seal):
        self.seal_no, self.unsealed, self.closed, self.next_pk = seal.seal_no + 1, 0, seal.flags & 12, seal.next_pk
        self.seal_times.pop(seal.tree_size, None)
        self.seal_times[seal.tree_size] = f.wall
        require(not self.awaited or self.awaited[0] >= seal.tree_size, "a kept checkpoint repeats a SEAL before this one")
        if self.awaited and self.awaited[0] == seal.tree_size:
            self.agreed = self.awaited.pop(0)
        self.pruned, self.unsealed_prunes = self.pruned + self.unsealed_prunes, []
        self.erased, self.unsealed_erasures = self.erased + self.unsealed_erasures, []
        self.counts["seals"] += 1

    def opener(self, header):
        """What opens sections of this segment, if the key that was given does."""
        try:
            found = spool_keys.open_key_file(self.files[f"seg-{self.number:020}.keys"], header, self.holder)
        except KeyError:
            self.missing_keys.append(self.number)
            found = {}
        except (OSError, ValueError) as error:
            self.wrap_trouble, found = self.wrap_trouble or (self.number, str(error)), {}
        if 0 in found:
            self.opened = True
            return spool_keys.SectionOpener(header, found)
        self.unopened.append(self.number)
        self.counts["unopened_segments"] += 1
        return None

    # ---- Rule 4: RECOVERY ------------------------------------------------------------------------------------

    def find_recoveries(self):
        """Which bytes are void, from the last RECOVERY back: one that is void itself says nothing."""
        resume, limit = None, None
        for number in reversed(self.numbers):
            if resume is not None and number > resume:
                continue
            r = self.recovery_in(number)
            if r and r.segment_no < number and (number != resume or limit and (r.pruned or r.frame_end <= limit)):
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
        except (Fault, CannotVerify, ValueError, struct.error):
            pass
        return None

    def check_recovery(self, r, header):
        """The walk stopped at the stated end; what follows it in its file is judged here."""
        require(r.segment_no < self.number and getattr(self.stated.get(self.number - 1), "holder", 0) == self.number,
                "RECOVERY speaks of no earlier segment")
        require((r.index, r.chain) == (header.first_index, header.prev_chain), "RECOVERY states another index or chain")
        source = self.load(r.segment_no)
        frame_no, closed = self.stops[r.segment_no]
        if r.reason in (3, 4):
            place = (source.name, frame_no, source.end() if source.pruned else r.end)
            raise Fault(0, "the agent found what no crash leaves", place=place)
        if source.pruned:
            return
        if r.reason == 1:
            require(r.end == source.end(), "RECOVERY says that nothing stands after its end")
        if r.reason == 2 and r.end:
            require(crash_shape(source.data, r.end) and not any_frame(source.data, r.end + 1)
                    and (r.end == source.end() or not closed), "RECOVERY calls torn what no crash leaves")
        if r.size != 2**64 - 1:
            require((r.size, r.hash) == (source.end(), H(source.data[r.end:])), "RECOVERY describes other bytes")

    # ---- Rule 5: the first violation, and what is none -------------------------------------------------------

    def segment(self, source, r):
        """Up to the end of the segment, or to the end that a later RECOVERY states."""
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
            if r is None and self.torn(source, fault):
                self.ask_what_follows((source.name, self.frame_no, fault.offset))
            if stop is None or fault.offset != stop:
                raise
            end = stop
        self.stops[self.number] = (self.frame_no, self.closed)
        if end != source.end() or r and source.pruned:
            self.closed = 0

    def torn(self, source, fault):
        """Not closed, nothing valid after, crash shape: a torn end, where one may be."""
        if not fault.torn or source.pruned:
            return False
        if fault.offset == 0:
            return header_torn(source.data)
        return not self.closed and crash_shape(source.data, fault.offset) and not any_frame(source.data, fault.offset + 1)

    def ask_what_follows(self, place):
        """A torn end is left open when the next segment, past starts that died, may speak of it and cannot be read."""
        for number in range(self.number + 1, self.numbers[-1] + 1):
            try:
                source = self.load(number)
            except (Fault, KeyError):
                return
            try:
                h = source.header()
            except Fault:
                h = None
            if h and h.later and not source.pruned:
                if (h.segment_no == number and h.segment_pk == self.trusted and signed(h) and not self.known_after(number)
                        and h.prev_chain == (self.chain if self.frame_no else self.chain_before)):
                    raise CannotVerify("torn, and what follows is of a later version", place)
                return
            if source.pruned or not void_shape(source.data):
                return

    def judge(self):
        """Verdict, reason, place, section and record of the walk."""
        try:
            self.walk()
        except Fault as fault:
            place = fault.place or (self.name(self.number), self.frame_no, fault.offset)
            more = {} if fault.section is None else {"section": SECTIONS[fault.section]}
            more |= {} if fault.record is None else {"record": fault.record}
            last = fault.torn and self.number == self.numbers[-1]
            return "TORN_TAIL" if last and self.torn(self.load(self.number), fault) else "TAMPERED", str(fault), place, more
        # Rule 7: the end is reached.
        if self.closed & CLEAN_SHUTDOWN:
            return "CLEAN", "closed in order", None, {}
        return "OPEN_TAIL", f"{self.unsealed} leaves after the last SEAL", None, {}

    # ---- Rules 8, 9 and 10, and keys that do not open: the log as a whole ------------------------------------

    def after_walk(self, verdict, *rest):
        if verdict == "TAMPERED":
            return verdict, *rest
        for name in sorted(name for name in self.files if re.fullmatch(r"seg-[0-9]{20}\.leaf", name)):
            if not self.is_pruned(int(name[4:24])):
                return "TAMPERED", "a leaf file that no sealed PRUNE names", (name, 0, 0), {}
        if self.awaited:
            end = rest[1] or (self.name(self.number), self.frame_no, self.load(self.number).end())
            return "TAMPERED", f"no SEAL of {self.awaited[0]} leaves, as a kept checkpoint repeats it", end, {}
        trouble = [self.wrap_trouble] if self.wrap_trouble else []
        trouble += [(number, "the key file is missing") for number in self.missing_keys if not self.is_pruned(number)]
        trouble += [(number, "the key opens none of the segments") for number in self.unopened
                    if not self.opened and not self.is_pruned(number)]
        if trouble:
            number, reason = min(trouble)
            return "CANNOT_VERIFY", reason, (self.name(number), 0, 0), {}
        if not self.counts["seals"] and verdict == "OPEN_TAIL":
            return "CANNOT_VERIFY", "no SEAL was there to check", None, {}
        return verdict, *rest

    def is_pruned(self, number):
        return any(first <= number <= last for first, last in self.pruned)
