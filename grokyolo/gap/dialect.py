"""Logs that a spreadsheet saved again: other separators, decimal commas, UTF-16. All come out as plain CSV."""

from __future__ import annotations

import codecs
import csv
import re

_HEAD = 1 << 16
_SEPARATORS = {b",": "commas", b";": "semicolons", b"\t": "tabs", b"|": "bars"}
_SEP_LINE = re.compile(rb'"?sep=(.)"?[ \t]*[\r\n]+')
_DECIMAL_COMMA = re.compile(r"[+-]?\d+,\d+([eE][+-]?\d+)?")
_GROUPED = re.compile(r"[+-]?[1-9]\d{0,2}(\.\d{3})+(,\d+)?")
_QUOTED_DECIMAL_COMMA = re.compile(rb'(^|[,\n])"[+-]?\d+,\d+')


def decode(raw: bytes) -> bytes:
    """Return text as UTF-8 without a byte order mark, whether it was UTF-8 or UTF-16."""
    if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return raw.decode("utf-16", errors="replace").encode()
    for encoding, zeros, letters in (("utf-16-le", raw[1:16:2], raw[0:16:2]), ("utf-16-be", raw[0:16:2], raw[1:16:2])):
        if len(zeros) == len(letters) == 8 and not any(zeros) and all(letters):
            return raw.decode(encoding, errors="replace").encode()
    return raw.removeprefix(codecs.BOM_UTF8)


def to_csv(raw: bytes) -> tuple[bytes, tuple[str, ...]]:
    """Return a log separated by commas, with decimal points, and a note when it was not.

    The separator is the one that makes `epoch` a cell of the first line; a line `sep=;` before it, which
    spreadsheets write and read, is dropped. A number with a decimal comma gets a point. A cell such as 1.234 in
    a file with decimal commas may be a thousand or one: it is made no number, since nobody can tell.

    Args:
        raw: UTF-8 text, as `decode` gives it.
    """
    named = _SEP_LINE.match(raw)
    body = raw[named.end() :] if named else raw
    separator = _separator(body) or (named.group(1) if named else b",")
    said = ["its first line names the separator"] if named else []
    if separator != b",":
        said.append(f"separated by {_SEPARATORS.get(separator, separator.decode('latin-1'))}")
    if separator == b"," and not _QUOTED_DECIMAL_COMMA.search(body):
        return body, _note(said)
    rows = _split(body, separator.decode("latin-1"))
    if any(_DECIMAL_COMMA.fullmatch(cell) for row in rows for cell in row):
        said.append("with decimal commas")
        rows = [[_with_point(cell) for cell in row] for row in rows]
    text = "\n".join(",".join(cell.replace(",", " ") for cell in row) for row in rows)
    return text.encode(), _note(said)


def _note(said: list[str]) -> tuple[str, ...]:
    return (f"saved again by a spreadsheet ({', '.join(said)}): read all the same",) if said else ()


def _separator(body: bytes) -> bytes | None:
    """Return what separates the first line that is not empty so that one of its cells is `epoch`."""
    header = body[:_HEAD].lstrip().split(b"\n", 1)[0].lower().replace(b'"', b"")
    for separator in _SEPARATORS:
        cells = [cell.strip() for cell in header.split(separator)]
        if len(cells) > 1 and b"epoch" in cells:
            return separator
    return None


def _split(body: bytes, separator: str) -> list[list[str]]:
    """Return the cells of every line; the last line stays without an end where it had none."""
    text = body.decode("utf-8", errors="replace").replace("\r\n", "\n").replace("\r", "\n")
    return [[cell.strip() for cell in _cells(line, separator)] for line in text.split("\n")]


def _cells(line: str, separator: str) -> list[str]:
    try:
        return next(csv.reader([line], delimiter=separator), [])
    except csv.Error:  # a cell of over 128 KiB
        return line.split(separator)


def _with_point(cell: str) -> str:
    if _GROUPED.fullmatch(cell):
        return f"{cell}?"
    return cell.replace(",", ".") if _DECIMAL_COMMA.fullmatch(cell) else cell
