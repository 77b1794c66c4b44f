"""From bytes to fields: docs/spool-format.md from "Segment header" to "Leaf file". Only form is judged here."""
import struct
from types import SimpleNamespace

from primitives import H, crc32c, signature_valid

POSITIONS, BATCH, SEAL, GENESIS, RECOVERY, ANCHOR, PRUNE, ERASE = range(1, 9)
SEGMENT_END, CLEAN_SHUTDOWN = 4, 8
MARKER, FRAME_MAX, CLEAR_MAX, SECTION_MAX = b"\xc3FRM", 128 << 20, 24 << 20, 22 << 20


class Fault(Exception):
    """A violation at an offset. `torn`: of form or checksum, as a crash may leave it."""

    def __init__(self, offset, reason, torn=False, section=None, record=None, place=None):
        super().__init__(reason)
        self.offset, self.torn, self.section, self.record, self.place = offset, torn, section, record, place


def require(good, what):
    if not good:
        raise ValueError(what)


def u32(data, at):
    return struct.unpack_from("<I", data, at)[0]


class Reader:
    """Fields in order. ValueError for what is not there or over its limit."""

    def __init__(self, data):
        self.data, self.at = data, 0

    def take(self, size):
        if size > len(self.data) - self.at:
            raise ValueError("a length runs past the end")
        self.at += size
        return self.data[self.at - size:self.at]

    def number(self, size):
        return int.from_bytes(self.take(size), "little")

    def varint(self, limit):
        value = 0
        for shift in range(0, 70, 7):
            byte = self.number(1)
            value |= (byte & 127) << shift
            if byte < 128:
                break
        else:
            raise ValueError("a varint of more than 10 bytes")
        if value > limit:
            raise ValueError("a number above its limit")
        return value

    def sized(self, limit, least=0):
        data = self.take(self.varint(limit))
        if len(data) < least:
            raise ValueError("an empty field that must not be")
        return data

    def end(self):
        if self.at != len(self.data):
            raise ValueError("bytes after the last field")


# ---- Segment header ------------------------------------------------------------------------------

SEGMENT_MAGIC = bytes.fromhex("894c53500d0a1a0a")


def header_size(data):
    """What the header's own first_index asks for; None where header_len does not follow from it."""
    size = 428 + 32 * struct.unpack_from("<Q", data, 56)[0].bit_count()
    return size if u32(data, 12) == size else None


def parse_header(data):
    """`later`: of an unknown version, flag or suite; then only what every version keeps is to be used."""
    if len(data) >= 428 and data[:8] != SEGMENT_MAGIC:
        raise Fault(0, "no segment")
    if header_torn(data):
        raise Fault(0, "the segment is shorter than its header", torn=True)
    size = u32(data, 12)
    if not 428 <= size <= min(len(data), 428 + 32 * 64) or u32(data, size - 4) != crc32c(data[:size - 4]):
        raise Fault(0, "the segment header's length or checksum is wrong")
    h = SimpleNamespace(size=size, hash=H(b"\3", data[:size - 4]), signed=data[:size - 68],
                        signature=data[size - 68:size - 4])
    h.log_id, h.generation, h.segment_no, h.first_index = struct.unpack_from("<16sQQQ", data, 24)
    h.later = struct.unpack_from("<H", data, 8)[0] != 1 or u32(data, 16) != 0 or u32(data, 96) != 1
    k, h.prev_chain = struct.unpack_from("<I32s", data, 100)
    h.commitments = [data[at:at + 32] for at in range(136, 264, 32)]
    h.segment_pk, h.first_seal_pk, h.identity_hash = struct.unpack_from("<32s32s32s", data, 264)
    h.frontier = [data[at:at + 32] for at in range(360, size - 68, 32)]
    if not h.later and (size != header_size(data) or k != len(h.frontier) or not h.generation):
        raise Fault(0, "the segment header contradicts itself")
    return h


def signed(header):
    return signature_valid(header.segment_pk, header.signature, b"llmtrail/header/v1\0" + header.signed)


# ---- Frame ---------------------------------------------------------------------------------------

def frame_head(data, at):
    """The fields of a frame's header, before anything behind it is looked at."""
    def check(good, what, torn=False):
        if not good:
            raise Fault(at, what, torn=torn)

    check(len(data) - at >= 72, "the frame is cut short", torn=True)
    f = SimpleNamespace(at=at, head=data[at:at + 64])
    check(f.head[:4] == MARKER, "no frame begins here", torn=True)
    (f.type, f.mask, f.flags, f.no, f.size, f.index, f.leaves, f.clear_size, f.wall, f.salt,
     *f.sizes) = struct.unpack_from("<BBHIIQIIq8s4I", f.head, 4)
    check(u32(data, at + 64) == crc32c(f.head), "the frame header's checksum is wrong", torn=True)
    check(f.size == 72 + f.clear_size + sum(f.sizes) + (64 if f.type == SEAL else 0) and f.size <= FRAME_MAX,
          "the frame's lengths disagree")
    check(f.clear_size <= CLEAR_MAX and max(f.sizes) <= SECTION_MAX, "a length is above its limit")
    check(f.mask & 1 and f.mask < 16 and all(
        size >= 16 if f.mask >> s & 1 else size == 0 for s, size in enumerate(f.sizes)), "the section mask is wrong")
    check(f.flags == 0 or f.flags == 1 and f.type == POSITIONS, "a flag is wrong")
    check(1 <= f.leaves <= 65536 if f.type == BATCH else f.leaves == (f.type != SEAL), "the leaf count is wrong")
    check(f.type == BATCH or f.mask == 1 and f.sizes[0] == 16, "a control frame has content in its sections")
    check(f.no < 1 << 20 and f.index < 1 << 62, "the frame's number or index is above its limit")
    f.end = at + f.size
    return f


def parse_frame(data, at):
    """The frame at an offset; a Fault where form or a checksum is wrong."""
    f = frame_head(data, at)
    f.body = data[at + 72:f.end]
    if f.end > len(data) or u32(data, at + 68) != crc32c(f.body):
        raise Fault(at, "the frame is cut short or its checksum is wrong", torn=True)
    f.clear, f.sections, end = f.body[:f.clear_size], {}, f.clear_size
    for s, size in enumerate(f.sizes):
        if size:
            f.sections[s] = f.body[end:end + size]
            end += size
    f.trailer = f.body[end:]
    f.digest = H(b"\4", f.head, f.body)
    return f


# ---- Verdicts, rule 6: what a crash leaves ---------------------------------------------------------

def crash_shape(data, x):
    """Are the bytes from x on what a crash may leave of a frame?"""
    if len(data) - x < 72:
        return True
    end = len(data)
    try:
        end = frame_head(data, x).end
        parse_frame(data, x)
        return False
    except Fault as fault:
        return fault.torn and (end > len(data) or zero_page(data, x, end))


def zero_page(data, x, end):
    """Does [x, end) touch a page whose bytes from x on are all zero?"""
    pages = (data[max(x, page):page + 4096] for page in range(x & ~4095, end, 4096))
    return any(page.count(0) == len(page) for page in pages)


def any_frame(data, begin):
    """Does a valid frame begin at `begin` or after it? Or do too many headers there announce one?"""
    left, at = 4 * (len(data) - begin), data.find(MARKER, begin)
    while at >= 0:
        try:
            f = frame_head(data, at)
            if f.end <= len(data):
                left -= f.size
                if left < 0 or parse_frame(data, at):
                    return True
        except Fault:
            pass
        at = data.find(MARKER, at + 1)
    return False


def header_torn(data):
    """Is the file shorter than any header, or than its own?"""
    return len(data) < 428 or data[:8] == SEGMENT_MAGIC and (header_size(data) or 0) > len(data)


def void_shape(data):
    """Crash shape of a segment as a whole: torn in its header, or a zero page and no whole frame."""
    return header_torn(data) or not any_frame(data, 0) and zero_page(data, 0, len(data))


# ---- Indexes and the tree ------------------------------------------------------------------------

class Tree:
    """RFC 6962, held as its frontier: the roots of the perfect subtrees, largest first."""

    def __init__(self):
        self.size, self.frontier = 0, []

    def append(self, leaf):
        bits = self.size
        while bits & 1:
            leaf, bits = H(b"\1", self.frontier.pop(), leaf), bits >> 1
        self.frontier.append(leaf)
        self.size += 1

    def root(self):
        if not self.frontier:
            return H()
        root = self.frontier[-1]
        for left in self.frontier[-2::-1]:
            root = H(b"\1", left, root)
        return root


def leaf_hash(index, *parts):
    return H(b"\0", struct.pack("<Q", index), *parts)


# ---- Clear bodies --------------------------------------------------------------------------------

def position_entries(body, count):
    if count > 1 << 20:
        raise ValueError("too many position entries")
    entries = [(body.sized(4 << 10), body.sized(1 << 20)) for _ in range(count)]
    if sum(len(key) + len(value) for key, value in entries) > 20 << 20:
        raise ValueError("position entries above their limit")
    return entries


def cursors_and_ledger(body):
    cursors = [(body.sized(256, 1), body.number(8)) for _ in range(body.varint(1024))]
    body.sized(1 << 20)
    return cursors


def parse_body(f):
    """The clear body of a frame by its type; ValueError where it is none. None for types without a name."""
    body, b = Reader(f.clear), SimpleNamespace()
    if f.type == BATCH:
        count = body.number(4)
        b.table = [body.take(32) for _ in range(f.leaves)]
        position_entries(body, count)
    elif f.type == POSITIONS:
        entries = position_entries(body, body.varint(1 << 20))
        keys = [key for key, _ in entries]
        if not f.flags and (keys != sorted(set(keys)) or not all(value for _, value in entries)):
            raise ValueError("positions are not in order")
        cursors_and_ledger(body)
    elif f.type == SEAL:
        b.tree_size, b.root, b.chain, b.durable, b.seal_no = struct.unpack("<Q32s32sQQ", body.take(88))
        b.monotonic, b.clock, b.flags, zero, b.next_pk = struct.unpack("<q24sII32s", body.take(72))
        cursors_and_ledger(body)
        if zero:
            raise ValueError("a field that must be zero is not")
    elif f.type == GENESIS:
        b.flags, b.generation, b.segment_no = body.number(4), body.number(8), body.number(8)
        body.sized(1 << 20)
    elif f.type == RECOVERY:
        (b.reason, b.errno, b.segment_no, b.end, b.size, b.hash, b.index,
         b.chain) = struct.unpack("<IIQQQ32sQ32s", body.take(104))
        b.frame_end = f.end
        if not 1 <= b.reason <= 5:
            raise ValueError("RECOVERY gives an unknown reason")
    elif f.type == ANCHOR:
        b.kind, b.holder, b.tree_size, b.root = body.number(1), body.sized(256, 1), body.number(8), body.take(32)
        body.sized(64 << 10)
    elif f.type == PRUNE:
        b.first, b.last, b.end_index, b.root = body.number(8), body.number(8), body.number(8), body.take(32)
        b.reason = body.number(1)
        body.sized(1024)
    elif f.type == ERASE:
        b.first, b.last, b.mask = body.number(8), body.number(8), body.number(1)
        body.sized(1024, 1), body.sized(1024, 1)
    else:
        return None
    body.end()
    return b


# ---- Segments and leaf files: a header, and what follows it ---------------------------------------

class Segment:
    def __init__(self, name, data):
        self.name, self.data, self.pruned = name, data, False

    def header(self):
        return parse_header(self.data)

    def frame(self, at):
        return parse_frame(self.data, at)

    def end(self):
        return len(self.data)


class LeafFile:
    """Offsets are those of items. A BATCH has its digest and leaf table, and nothing else."""

    def __init__(self, name, data):
        self.name, self.data, self.pruned = name, data, True
        if len(data) < 20 or data[:8] != bytes.fromhex("894c534c0d0a1a0a"):
            raise Fault(0, "no leaf file")
        version, zero, self.header_len = struct.unpack_from("<HHI", data, 8)
        if zero or u32(data, len(data) - 4) != crc32c(data[:-4]):
            raise Fault(0, "the leaf file is damaged")
        if self.header_len > self.end() - 16 or not self.header_len and self.end() != 16:
            raise Fault(0, "the leaf file's header is wrong")
        if version != (struct.unpack_from("<H", data, 16 + 8)[0] if self.header_len >= 10 else 1):
            raise Fault(0, "the leaf file is of another version than its segment")

    def end(self):
        return len(self.data) - 4

    def header(self):
        try:
            h = parse_header(self.data[16:16 + self.header_len])
        except Fault as fault:
            raise Fault(0, str(fault)) from None
        if h.size != self.header_len:
            raise Fault(0, "the leaf file's header is wrong")
        h.size += 16
        return h

    def frame(self, at):
        body = Reader(self.data[at:self.end()])
        try:
            kind, data = body.number(1), body.take(body.number(4))
            if kind == 1:
                f = parse_frame(data, 0)
                if f.end != len(data) or f.type == BATCH:
                    raise ValueError("an item is not one frame")
            elif kind == 2 and len(data) >= 64 and len(data) % 32 == 0 and len(data) <= 32 + 32 * 65536:
                f = SimpleNamespace(type=BATCH, flags=0, no=None, index=None, leaves=len(data) // 32 - 1)
                f.digest, f.table = data[:32], [data[i:i + 32] for i in range(32, len(data), 32)]
            else:
                raise ValueError("an item is of no known kind or size")
        except (ValueError, Fault) as error:
            raise Fault(at, str(error)) from None
        f.at, f.end = at, at + body.at
        return f
