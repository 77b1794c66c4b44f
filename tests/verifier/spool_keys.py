"""Who may open what: docs/spool-format.md, "BATCH", "Keys of a segment", "Key directory"."""
import base64
import hashlib
import re
import struct

from primitives import H, expand, gcm_open, hpke_open, keystream, x25519_public, zstd_open
from primitives import crc32c
from spool_format import BATCH, Fault, Reader, leaf_hash, u32

RAW_MAX = 104 << 20


class LocalKeys:
    """One or several local keys of a host: stanzas 1 and 2."""

    def __init__(self, *keys):
        self.keys = {expand(key, b"llmtrail/key-id/v1")[:8]: key for key in keys}

    def open(self, stanzas, header):
        daily = {}
        for kind, section, wrap in stanzas:
            if kind == 1 and (key_id := wrap.take(8)) in self.keys:
                daily_id = wrap.take(16)
                daily[daily_id] = unwrap(wrap, expand(self.keys[key_id], b"llmtrail/daily-wrap/v1"),
                                         b"llmtrail/daily-key/v1\0" + header.log_id + key_id + daily_id)
        for kind, section, wrap in stanzas:
            if kind == 2 and section < 4 and (daily_id := wrap.take(16)) in daily:
                place = header.log_id + struct.pack("<QB", header.segment_no, section)
                yield section, unwrap(wrap, daily[daily_id],
                                      b"llmtrail/data-key/v1\0" + place + header.commitments[section])


class RoleKey:
    """The private half of a recipient: stanza 3."""

    def __init__(self, private):
        self.private = private
        self.id = H(b"llmtrail/recipient-id/v1\0", x25519_public(private))[:8]

    def open(self, stanzas, header):
        for kind, section, wrap in stanzas:
            if kind == 3 and section < 4 and wrap.number(2) == 1 and wrap.take(8) == self.id:
                wrap.sized(256)
                enc, ciphertext = wrap.sized(32), wrap.sized(48)
                wrap.end()
                info = b"llmtrail/recipient-wrap/v1\0" + header.log_id + struct.pack("<QB", header.segment_no, section)
                key = hpke_open(self.private, enc, ciphertext, info, header.commitments[section])
                if key is None or len(key) != 32:
                    raise ValueError("a wrap does not open")
                yield section, key


def unwrap(wrap, key, aad):
    opened = gcm_open(key, wrap.take(12), wrap.take(48), aad)
    wrap.end()
    if opened is None:
        raise ValueError("a wrap does not open")
    return opened


def read_role_key(text, passphrase):
    form = (r"(llmtrail-role-key-v1\nrole: [a-z_]+\npublic: x25519:([A-Za-z0-9+/]{43}=)\n"
            r"kdf: scrypt N=([0-9]+) r=8 p=1 salt=([A-Za-z0-9+/]{22}==)\n)key: ([A-Za-z0-9+/]{80})\n")
    found = re.fullmatch(form, text)
    n = int(found[3]) if found else 0
    if n not in [1 << bits for bits in range(14, 21)]:
        raise ValueError("this is no role key")
    key = hashlib.scrypt(passphrase, salt=base64.b64decode(found[4]), n=n, r=8, p=1, maxmem=2**31 - 1, dklen=32)
    sealed = base64.b64decode(found[5])
    private = gcm_open(key, sealed[:12], sealed[12:], found[1].encode())
    if private is None or x25519_public(private) != base64.b64decode(found[2]):
        raise ValueError("the passphrase does not open the role key")
    return RoleKey(private)


def open_key_file(data, header, holder):
    """Data keys by section that the holder opens; ValueError for a wrap that it should open and does not."""
    body = Reader(data[:-4])
    if (len(data) > 4 << 20 or body.take(8) != bytes.fromhex("894c534b0d0a1a0a") or body.number(2) != 1
            or u32(data, len(data) - 4) != crc32c(data[:-4])):
        raise ValueError("the key file is damaged")
    count = body.number(2)
    if count > 1024 or body.take(16) != header.log_id or body.number(8) != header.segment_no:
        raise ValueError("the key file is of another segment")
    stanzas = []
    for _ in range(count):
        kind, section, zero = body.number(1), body.number(1), body.number(2)
        stanzas.append((kind, section, Reader(body.take(body.number(4)))))
    body.end()
    found = {}
    for section, key in holder.open(stanzas, header):
        if expand(key, b"llmtrail/key-commit/v1" + bytes([section])) != header.commitments[section]:
            raise ValueError("a wrap gives a key that the header does not name")
        found[section] = key
    return found


class SectionOpener:
    """Opens the sections of one segment that a data key was found for, and compares what they hold."""

    def __init__(self, header, data_keys):
        self.header_hash = header.hash
        self.aead = {s: expand(key, b"llmtrail/aead/v1") for s, key in data_keys.items()}
        self.commit = {s: expand(key, b"llmtrail/commit-key/v1") for s, key in data_keys.items()}

    def check(self, f, chain, table):
        """Every tag; for a BATCH every commitment and leaf, recomputed from the decrypted bytes."""
        plain = {s: self.open(f, chain, s) for s in f.sections if s in self.aead}
        if f.type != BATCH:
            return
        raw, stored, total = {s: [b""] * f.leaves for s in self.aead if s not in f.sections}, None, 0
        for s in sorted(plain):
            try:
                raw[s], commitments, total = unpack(f, plain[s], total)
                if s == 0:
                    stored = stored_commitments(f, commitments)
                elif commitments:
                    raise ValueError("commitments outside the envelope")
            except ValueError as error:
                raise Fault(f.at, str(error), section=s) from None
        if stored is not None:
            self.check_leaves(f, table, raw, stored)

    def open(self, f, chain, s):
        plain = gcm_open(self.aead[s], f.salt + struct.pack(">I", f.no), f.sections[s],
                         self.header_hash + chain + f.head + f.clear)
        if plain is None:
            raise Fault(f.at, "a section's tag is wrong", section=s)
        return plain

    def check_leaves(self, f, table, raw, stored):
        streams = {s: keystream(self.commit[s], 2 * f.index, 32 * f.leaves) for s in raw}
        for i in range(f.leaves):
            made = stored[i][1:]
            for s, records in raw.items():
                r = streams[s][32 * i:32 * i + 32]
                made[s] = H(bytes([0x10 + s]), r, records[i]) if records[i] else bytes(32)
                if bool(records[i]) != stored[i][0] >> s & 1 or s and made[s] != stored[i][1 + s]:
                    raise Fault(f.at, "a record does not match its commitment", section=s, record=f.index + i)
            if leaf_hash(f.index + i, *made) != table[i]:
                raise Fault(f.at, "a record does not match its leaf", record=f.index + i)


def unpack(f, plain, total):
    """Records of a section's plaintext, its commitments, and the raw bytes of the frame so far."""
    body = Reader(plain)
    method, raw_len, commitments = body.number(1), body.number(4), body.take(body.number(4))
    total += raw_len
    if method > 1 or total > RAW_MAX:
        raise ValueError("the section's beginning is wrong")
    rest = plain[body.at:]
    body = Reader(rest if method == 0 else zstd_open(rest, raw_len))
    if len(body.data) != raw_len:
        raise ValueError("the section has another length")
    records = [body.sized(raw_len) for _ in range(f.leaves)]
    body.end()
    return records, commitments, total


def stored_commitments(f, data):
    """For each record: presence bits, then c of envelope (left zero), prompt, sources, output."""
    body, stored = Reader(data), []
    for _ in range(f.leaves):
        bits = body.number(1)
        if bits > 15:
            raise ValueError("a presence byte is wrong")
        stored.append([bits, bytes(32)] + [body.take(32) if bits >> s & 1 else bytes(32) for s in (1, 2, 3)])
    body.end()
    return stored
