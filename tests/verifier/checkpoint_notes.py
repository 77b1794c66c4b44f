"""Checkpoints as C2SP signed notes, and how to find them in what a SIEM gives back: docs/checkpoints.md."""
import base64
import re

from primitives import H, signature_valid

NOTE = re.compile(r"((?:[^\n]+\n)+)\n((?:\u2014 [^\n]+\n)+)")
BETWEEN = rb"(?:[^A-Za-z0-9+/=]|n|r|u2014){0,24}"  # what is left of line ends and dash
WORDS = re.compile(rb"(llmtrail/[0-9a-f]{32})" + BETWEEN + rb"([0-9]{1,20})" + BETWEEN + rb"([A-Za-z0-9+/]{43}=)"
                   + BETWEEN + rb"\1" + BETWEEN + rb"([A-Za-z0-9+/]{91}=)")


def origin_of(trusted):
    return "llmtrail/" + H(b"llmtrail/log-id/v1\0", trusted)[:16].hex()


def canonical(text, size=None):
    """Bytes of canonical base64; ValueError."""
    data = base64.b64decode(text, validate=True)
    if base64.b64encode(data).decode() != text or size not in (None, len(data)):
        raise ValueError("base64 is not canonical")
    return data


def number(text):
    if not re.fullmatch("0|[1-9][0-9]{0,19}", text) or int(text) >= 2**64:
        raise ValueError("this is no number")
    return int(text)


def parse(text):
    """Origin, tree size and root of a note's text; ValueError. Lines after the third mean nothing."""
    lines = text.split("\n")
    if len(lines) < 4 or lines[-1] or not all(lines[:-1]):
        raise ValueError("this is no checkpoint")
    return lines[0], number(lines[1]), canonical(lines[2], 32)


def signed_by(text, signatures, trusted):
    """Does every line of this key verify? None: there is no such line. ValueError: it is no signature line."""
    origin, verdict = origin_of(trusted), None
    for line in signatures.splitlines():
        name, blob = re.fullmatch("\u2014 ([^\\s+]+) ([^ ]+)", line).groups() if line.count(" ") == 2 else ("", "")
        blob = canonical(blob)
        if not name or len(blob) < 5:
            raise ValueError("this is no signature line")
        if name == origin and blob[:4] == H(f"{origin}\n\1".encode() + trusted)[:4]:
            verdict = verdict is not False and signature_valid(trusted, blob[4:], text.encode())
    return verdict


def find(data, trusted):
    """(tree size, root) of every note of this log that its identity key signed."""
    kept = set()
    for text, signatures in NOTE.findall(data.decode("utf-8", "replace")):
        texts = [text[text.find("llmtrail/"):]]
        kept |= {found for text in texts if (found := open_note(text, signatures, trusted))}
    plain = re.sub(rb"\\+(n|r|u2014)", b" ", data).replace(b"\\", b"")
    for origin, size, root, signature in WORDS.findall(plain):
        text = f"{origin.decode()}\n{int(size)}\n{root.decode()}\n"
        found = open_note(text, f"\u2014 {origin.decode()} {signature.decode()}\n", trusted)
        kept |= {found} if found else set()
    return sorted(kept)


def open_note(text, signatures, trusted):
    try:
        origin, size, root = parse(text)
        return (size, root) if origin == origin_of(trusted) and signed_by(text, signatures, trusted) else None
    except (ValueError, AttributeError):
        return None
