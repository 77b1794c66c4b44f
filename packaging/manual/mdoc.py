"""The Markdown that docs/ is written in, as mdoc(7): headings, paragraphs, lists, tables whose first column are names,
code, emphasis, links. Nothing else of Markdown is known."""

import re
import textwrap

LINE_BYTES = 68  # some characters have two or three bytes
DOCS = "/usr/share/doc/llmtrail"


def plain(text):
    """Text that may stand anywhere in a line of mdoc."""
    return text.replace("\\", "\\e").replace("-", "\\-")


def line_of(text):
    """A line of mdoc with nothing but text: no macro begins with it."""
    return "\\&" + text if text[:1] in (".", "'") else text


def words_in(markup):
    """Inline Markdown; fonts by escapes, which need no line of their own."""
    markup = re.sub(r"\[([^\]]+)\]\([^)]+\)", r"\1", markup)
    markup = re.sub(r"\bdocs/([a-z-]+\.md)", DOCS + r"/\1", markup)
    pieces = re.split(r"(`[^`]+`|\*\*[^*]+\*\*|\*[^*]+\*)", markup)
    out = []
    for piece in pieces:
        if piece.startswith("`") and len(piece) > 1:
            out.append("\\fB" + plain(piece[1:-1]) + "\\fR")
        elif piece.startswith("**"):
            out.append("\\fB" + plain(piece[2:-2]) + "\\fR")
        elif piece.startswith("*") and len(piece) > 2:
            out.append("\\fI" + plain(piece[1:-1]) + "\\fR")
        else:
            out.append(plain(piece))
    return "".join(out)


def sentences(text):
    """mdoc wants a new line for each sentence, and lines of at most 80."""
    parts = re.split(r"(?<=[A-Za-z0-9)`*\]][.?!]) +(?=[A-Z`*(])", text)
    return [line_of(line) for part in parts for line in
            textwrap.wrap(words_in(part), LINE_BYTES, break_long_words=False, break_on_hyphens=False)]


def cells(row):
    return [cell.replace("\\|", "|").strip() for cell in re.split(r"(?<!\\)\|", row.strip().strip("|"))]


def table(rows):
    """A tagged list: the first column are the names, the second (unless it is the last) stands in brackets."""
    heads = cells(rows[0])
    out = [".Bl -tag -width Ds"]
    for row in rows[2:]:
        values = cells(row)
        out.append(".It " + words_in(values[0]))
        between = [f"{head}: {value}" for head, value in zip(heads[1:-1], values[1:-1]) if value]
        if between:
            out += sentences("(" + ", ".join(between) + ")" + ("" if values[-1] else "."))
        out += sentences(values[-1]) if values[-1] else []
    return out + [".El"]


def bullets(items):
    out = [".Bl -bullet"]
    for item in items:
        out += [".It", *sentences(item)]
    return out + [".El"]


def literal(lines):
    return [".Bd -literal -offset indent", *[line_of(plain(line)) for line in lines], ".Ed"]


def blocks(markdown):
    """(kind, lines) of each block: heading, table, list, code, text. Comments of Markdown are none."""
    markdown = re.sub(r"^<!--.*-->\n?", "", markdown, flags=re.MULTILINE)
    for block in re.split(r"\n\s*\n", markdown.strip("\n")):
        lines = block.split("\n")
        if lines[0].startswith("#"):
            yield "heading", lines[:1]
            lines = lines[1:]
        if not lines:
            continue
        if lines[0].startswith("|"):
            yield "table", lines
        elif lines[0].startswith("- "):
            yield "list", re.split(r"\n- ", "\n".join(lines)[2:])
        elif all(line.startswith("    ") for line in lines):
            yield "code", [line[4:] for line in lines]
        else:
            yield "text", lines


def convert(markdown):
    out = []
    for kind, lines in blocks(markdown):
        after_heading = not out or out[-1].startswith((".Sh", ".Ss"))
        if kind == "heading":
            title = lines[0].lstrip("# ")
            out.append(".Sh " + plain(title.upper()) + ("\\&" if title.endswith("]") else ""))
        elif kind == "table":
            out += table(lines)
        elif kind == "list":
            out += bullets(" ".join(item.split()) for item in lines)
        elif kind == "code":
            out += literal(lines)
        else:
            out += ([] if after_heading else [".Pp"]) + sentences(" ".join(" ".join(lines).split()))
    return out
