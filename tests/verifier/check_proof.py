#!/usr/bin/env python3
"""Checks a proof of `llmtrail prove`, written from docs/proofs.md alone.

    check_proof.py FILE --trust identity.pub      exit 0 HOLDS, 5 DOES_NOT_HOLD, 6 CANNOT_CHECK
"""
import argparse
import re
import sys

import checkpoint_notes
import llmtrail_verify
from primitives import H
from spool_format import leaf_hash

SECTIONS = ["envelope", "prompt", "sources", "output"]
EXIT = {"HOLDS": 0, "DOES_NOT_HOLD": 5, "CANNOT_CHECK": 6}


class DoesNotHold(Exception):
    pass


def hold(good, what):
    if not good:
        raise DoesNotHold(what)


def form(good, what):
    if not good:
        raise ValueError(what)


def check(data, trusted):
    """The verdict and its reason; never raises for what a file can hold."""
    try:
        form(len(data) <= 256 << 20, "the file is too long")
        text = data.decode("utf-8")
        form(text.endswith("\n") and not re.search("[\0-\x09\x0b-\x1f\x7f-\x9f]| \n", text), "this is no proof file")
        paragraphs = [part + "\n" for part in text[:-1].split("\n\n")]
        form(all(part.strip("\n") and not part.startswith("\n") for part in paragraphs), "empty lines are misplaced")
        if paragraphs[0].startswith("llmtrail-inclusion-proof@v1\n"):
            check_inclusion(paragraphs, trusted)
        elif paragraphs[0] == "llmtrail-consistency-proof@v1\n":
            check_consistency(paragraphs, trusted)
        else:
            raise ValueError("this is no proof file")
    except DoesNotHold as error:
        return "DOES_NOT_HOLD", str(error)
    except (ValueError, AttributeError) as error:
        return "CANNOT_CHECK", str(error)
    return "HOLDS", ""


def checkpoints(trusted, *notes):
    """Steps 1 to 3 for the checkpoints: form and key of all first, then the signatures."""
    parsed = []
    for text, signatures in notes:
        form(len(text) + len(signatures) < 64 << 10 and signatures.count("\n") <= 64, "a checkpoint is too long")
        parsed.append(checkpoint_notes.parse(text))
        form(parsed[-1][0] == checkpoint_notes.origin_of(trusted), "a checkpoint is of another log")
    valid = [checkpoint_notes.signed_by(text, signatures, trusted) for text, signatures in notes]
    form(None not in valid, "a checkpoint has no signature of the trusted key")
    hold(all(valid), "a checkpoint's signature is wrong")
    return [(size, root) for _, size, root in parsed]


def hashes(lines):
    form(len(lines) <= 64, "a path is too long")
    return [checkpoint_notes.canonical(line, 32) for line in lines]


def hex32(text):
    form(re.fullmatch("[0-9a-f]{64}", text), "this is no hash")
    return bytes.fromhex(text)


def check_inclusion(paragraphs, trusted):
    form(len(paragraphs) == 4, "an inclusion proof has four paragraphs")
    made_of = [line.split(" ") for line in paragraphs[0].splitlines()[1:]]
    head, index, *path = paragraphs[1].splitlines() + [""] * (paragraphs[1].count("\n") < 2)
    form(head == "c2sp.org/tlog-proof@v1" and index.startswith("index "), "the second paragraph is wrong")
    index, path = checkpoint_notes.number(index[6:]), hashes(path)
    form(made_of and all(len(words) >= 2 for words in made_of), "the first paragraph is wrong")
    openings = []
    if made_of[0][0] == "envelope":
        form([words[0] for words in made_of[:4]] == SECTIONS and all(len(words) == 2 for words in made_of[:4]),
             "the first paragraph is wrong")
        commitments = [hex32(words[1]) for words in made_of[:4]]
        for words in made_of[4:]:
            form(words[0] == "open" and len(words) == 4 and words[1] in SECTIONS, "an opening is wrong")
            s = SECTIONS.index(words[1])
            form((not openings or openings[-1][0] < s) and any(commitments[s]), "openings are out of order")
            openings.append((s, hex32(words[2]), checkpoint_notes.canonical(words[3])))
        leaf = leaf_hash(index, *commitments)
    else:
        form(len(made_of) == 1 and len(made_of[0]) == 2 and made_of[0][0] in ("frame", "leaf"),
             "the first paragraph is wrong")
        leaf = hex32(made_of[0][1])
        leaf = leaf_hash(index, leaf) if made_of[0][0] == "frame" else leaf
    (size, root), = checkpoints(trusted, paragraphs[2:])
    hold(index < size and root_from(leaf, index, size, path) == root, "the path does not lead to the root")
    for s, r, data in openings:
        hold(commitments[s] == H(bytes([0x10 + s]), r, data), f"the {SECTIONS[s]} is not what was committed to")


def root_from(leaf, index, size, path):
    """RFC 9162 section 2.1.3.2; None where path and size do not fit."""
    fn, sn, r = index, size - 1, leaf
    for p in path:
        if sn == 0:
            return None
        if fn & 1 or fn == sn:
            r = H(b"\1", p, r)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            r = H(b"\1", r, p)
        fn, sn = fn >> 1, sn >> 1
    return r if sn == 0 else None


def check_consistency(paragraphs, trusted):
    form(len(paragraphs) == 6, "a consistency proof has six paragraphs")
    old, *path = paragraphs[3].splitlines()
    form(old.startswith("old "), "the fourth paragraph is wrong")
    old, path = checkpoint_notes.number(old[4:]), hashes(path)
    (first, first_root), (second, second_root) = checkpoints(trusted, paragraphs[1:3], paragraphs[4:6])
    hold(old == first and 0 < first <= second, "the sizes do not fit")
    hold(consistent(first, first_root, second, second_root, path), "the later log does not begin with the earlier")


def consistent(first, first_root, second, second_root, path):
    """RFC 9162 section 2.1.4.2."""
    if first == second:
        return not path and first_root == second_root
    if not path:
        return False
    path = [first_root] * (first & (first - 1) == 0) + path
    fn, sn = first - 1, second - 1
    while fn & 1:
        fn, sn = fn >> 1, sn >> 1
    fr = sr = path[0]
    for c in path[1:]:
        if sn == 0:
            return False
        if fn & 1 or fn == sn:
            fr, sr = H(b"\1", c, fr), H(b"\1", c, sr)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            sr = H(b"\1", sr, c)
        fn, sn = fn >> 1, sn >> 1
    return sn == 0 and (fr, sr) == (first_root, second_root)


def main():
    parser = argparse.ArgumentParser(description="Checks a proof made by llmtrail prove.")
    parser.add_argument("file")
    parser.add_argument("--trust", required=True, metavar="FILE")
    arguments = parser.parse_args()
    try:
        with open(arguments.file, "rb") as file:
            verdict, reason = check(file.read(), llmtrail_verify.read_trusted(arguments.trust))
    except (OSError, ValueError) as error:
        verdict, reason = "CANNOT_CHECK", str(error)
    print(verdict + (f": {reason}" if reason else ""))
    return EXIT[verdict]


if __name__ == "__main__":
    sys.exit(main())
