"""Text of a log in, columns of numbers out. Knows nothing of epochs, losses or who wrote the file.

Small files are parsed in plain Python, which forgives everything and needs no import; large and regular
ones by polars, which is ten times as fast but costs a fifth of a second and 25 MB to import.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from shlex import quote

import numpy as np
from numpy.typing import NDArray

from grokyolo.errors import RunError
from grokyolo.files import LOG_BYTES, read_bounded
from grokyolo.format import format_count
from grokyolo.gap.columns import HEAD_BYTES, decode, refusal, to_csv, tool_of_text
from grokyolo.gap.series import FloatArray

BoolArray = NDArray[np.bool_]

FAST_BYTES = 1 << 20
"""From this size on a regular file goes through polars."""

_IRREGULAR = (b'"', b" ", b"\t", b"\r", b"_")
"""Bytes that plain Python forgives in a number and polars does not, or the other way round."""

TEXT_COLUMNS = frozenset({"event"})
"""Columns kept as words; every other column is read as numbers."""


@dataclass(frozen=True)
class Column:
    """One column of numbers.

    Attributes:
        values: shape (n,), NaN where the cell is empty, is no number, or says nan.
        written: shape (n,), True where the cell holds a number, nan and inf included.
    """

    values: FloatArray
    written: BoolArray

    def take(self, rows: NDArray[np.int64]) -> Column:
        """Return the column reduced to these row numbers, in this order."""
        return Column(self.values[rows], self.written[rows])


@dataclass(frozen=True)
class Table:
    """A log as columns.

    Attributes:
        columns: by name, in the order of the header; names without the padding around them.
        words: the text columns, each as row number to word, where a cell is not empty.
        rows: how many rows all of them have.
        notes: what had to be left out, one sentence each.
        odd: by name, how many cells hold text where a number belongs (a date, an error of a spreadsheet).
    """

    columns: dict[str, Column]
    words: dict[str, dict[int, str]]
    rows: int
    notes: tuple[str, ...] = ()
    odd: dict[str, int] = field(default_factory=dict)

    def odd_note(self, names: Iterable[str]) -> tuple[str, ...]:
        """Return a note that says how many cells of these columns are no numbers; none when all are."""
        count = sum(self.odd.get(name, 0) for name in dict.fromkeys(names))
        verb = "was no number" if count == 1 else "were no numbers"
        return (f"{format_count(count, 'cell')} {verb}: left out",) if count else ()


def read_bytes(path: Path, where: str, *, within: Path | None = None) -> bytes:
    """Read a whole file.

    Args:
        path: the file.
        where: named in errors.
        within: as in `read_bounded`.

    Raises:
        RunError: it cannot be read, or it is not text.
    """
    try:
        raw = read_bounded(path, LOG_BYTES, within=within)
    except OSError as error:
        reason = error.strerror or str(error)
        raise RunError(f"cannot read the log: {reason}", where=where, hint=f"ls -l {quote(where)}") from error
    raw = decode(raw).rstrip(b"\0")  # a power cut may leave zeros at the end
    if b"\0" in raw:
        if tool := tool_of_text(raw):
            raise refusal(tool, where)
        raise RunError("this is not a training log but a binary file", where=where, hint="name the folder of a run")
    return raw


def bounds(log: Path, run: str) -> Path | None:
    """Return the folder that links must not lead out of; None for a log that the user named, which may be a link."""
    return None if Path(run) == log else log.parent


def parse_table(raw: bytes, where: str, *, keep_open_line: bool = False) -> Table:
    """Parse comma-separated text that starts with a header.

    Rows with another number of cells than the header names are left out and counted in a note: which
    column a cell belongs to cannot be known there. A header that comes again starts a new layout. A last
    line without its end was torn, or is being written right now.

    Args:
        raw: the file's bytes.
        where: named in errors.
        keep_open_line: keep a last line that lacks only its newline, but for its last cell.

    Raises:
        RunError: nothing in it, no header, or no row that fits the header.
    """
    raw, notes = to_csv(raw)
    table = _parse_fast(raw, keep_open_line) if len(raw) >= FAST_BYTES else None
    if table is None:
        table = _parse_lines(raw.decode("utf-8", errors="replace"), where, keep_open_line)
    return replace(table, notes=(*notes, *table.notes))


def split_cells(line: str) -> list[str]:
    """Return the cells of one line, without padding or quotes around them."""
    if '"' in line:
        line = line.replace('"', "")
    return [cell.strip() for cell in line.split(",")]


def is_header(cells: Sequence[str]) -> bool:
    """Whether these cells are names: one of them says `epoch`, in whatever case, and none is a number."""
    return all(_number(cell) is None for cell in cells) and any(cell.lower() == "epoch" for cell in cells)


@dataclass(frozen=True)
class _Section:
    names: tuple[str, ...]
    rows: list[list[str]]


def _parse_lines(text: str, where: str, keep_open_line: bool) -> Table:
    *lines, open_line = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    if not open_line.strip() and not any(map(str.strip, lines)):
        raise RunError("the log is empty", where=where, hint="wait until an epoch of it is finished")
    regular = _regular(lines)
    sections, misfits = ([regular], []) if regular else _sections(lines)
    if open_line and (keep_open_line or not sections):
        _add_open_line(sections, open_line)
    if not sections:
        if tool := tool_of_text(text[:HEAD_BYTES].encode()):
            raise refusal(tool, where)
        raise RunError("the log has no header line with a column `epoch`", where=where, hint=f"head -3 {quote(where)}")
    rows = sum(len(section.rows) for section in sections)
    if not rows and misfits:
        width = len(sections[-1].names)
        what = f"no row fits the header: it names {width} columns, the first row has {misfits[0]} cells"
        raise RunError(what, where=where, hint=f"head -3 {quote(where)}")
    notes = []
    if misfits:
        notes.append(f"{format_count(len(misfits), 'row')} left out: not as many cells as the header has names")
    columns, words, odd = _merge(sections)
    return Table(columns, words, rows, tuple(notes), odd)


def _regular(lines: Sequence[str]) -> _Section | None:
    """Return the rows of a log in which every line is plain and has all its cells, None for any other log.

    This is what `_sections` finds there, in a third of the time.
    """
    names = lines[0].split(",") if lines else []
    if len(names) < 2 or not all(names) or not is_header(names):
        return None
    text = ",".join(lines)
    padded = '"' in text or text.split(maxsplit=1) != [text]  # with any of the letters that `strip` takes away
    if padded or "epoch" in text[len(lines[0]) :].lower():
        return None
    commas = len(names) - 1
    if "," * commas in lines or any(line.count(",") != commas for line in lines[1:]):
        return None
    return _Section(tuple(names), [line.split(",") for line in lines[1:]])


def _sections(lines: Iterable[str]) -> tuple[list[_Section], list[int]]:
    """Return rows by header, and the cell counts of rows that do not fit."""
    sections: list[_Section] = []
    misfits: list[int] = []
    for line in lines:
        cells = split_cells(line)
        if not any(cells):
            continue
        if is_header(cells):
            while not cells[-1]:
                cells.pop()
            if not sections or sections[-1].names != tuple(cells):
                sections.append(_Section(tuple(cells), []))
        elif sections:
            width = len(sections[-1].names)
            if len(cells) == width or (len(cells) > width and not any(cells[width:])):
                sections[-1].rows.append(cells[:width])
            else:
                misfits.append(len(cells))
        else:
            break
    return sections, misfits


def _add_open_line(sections: list[_Section], line: str) -> None:
    cells = split_cells(line)
    if not sections:
        if is_header(cells):
            sections.append(_Section(tuple(cells), []))
    elif len(cells) == len(sections[-1].names):
        sections[-1].rows.append([*cells[:-1], ""])


def _merge(sections: list[_Section]) -> tuple[dict[str, Column], dict[str, dict[int, str]], dict[str, int]]:
    """Return the columns of all sections, their words, and how many cells of each column are no numbers."""
    names = dict.fromkeys(name for section in sections for name in section.names)
    parts: dict[str, list[Column]] = {name: [] for name in names if name not in TEXT_COLUMNS}
    words: dict[str, list[str]] = {name: [] for name in names if name in TEXT_COLUMNS}
    odd: dict[str, int] = {}
    for section in sections:
        count = len(section.rows)
        columns = list(zip(*section.rows, strict=True)) if count else [()] * len(section.names)
        cells = dict(zip(reversed(section.names), reversed(columns), strict=True))
        for name, parsed in parts.items():
            column = _numbers(cells[name]) if name in cells else _blank(count)
            parsed.append(column)
            if not column.written.all() and (
                strange := sum(map(bool, cells.get(name, ()))) - int(column.written.sum())
            ):
                odd[name] = odd.get(name, 0) + strange
        for name, texts in words.items():
            texts.extend(cells.get(name, ("",) * count))
    merged = {
        name: Column(np.concatenate([p.values for p in ps]), np.concatenate([p.written for p in ps]))
        for name, ps in parts.items()
    }
    found = {name: {row: text for row, text in enumerate(texts) if text} for name, texts in words.items()}
    return merged, found, odd


def _blank(count: int) -> Column:
    return Column(np.full(count, np.nan), np.zeros(count, dtype=bool))


def _numbers(cells: Sequence[str]) -> Column:
    try:
        return Column(np.array(list(map(float, cells)), dtype=float), np.ones(len(cells), dtype=bool))
    except ValueError:
        parsed = [_number(cell) for cell in cells]
    values = np.array([np.nan if value is None else value for value in parsed], dtype=float)
    return Column(values, np.array([value is not None for value in parsed], dtype=bool))


def _number(cell: str) -> float | None:
    try:
        return float(cell)
    except ValueError:
        return None


def _empty_cells(raw: bytes) -> int:
    """Return how many cells have nothing in them; none of the first column has."""
    text = np.frombuffer(raw, dtype=np.uint8)
    ends = (text[1:] == ord(",")) | (text[1:] == ord("\n"))
    return int(np.count_nonzero((text[:-1] == ord(",")) & ends))


def _parse_fast(raw: bytes, keep_open_line: bool) -> Table | None:
    """Parse by polars, or return None when anything about the file is irregular."""
    whole = raw.rfind(b"\n") + 1
    if (keep_open_line and whole != len(raw)) or raw.find(b"\r", whole) >= 0 or not raw.isascii():
        return None
    raw = raw[:whole].replace(b"\r\n", b"\n") if b"\r" in raw else raw[:whole]
    body = raw.find(b"\n") + 1
    names = split_cells(raw[:body].decode())
    if not is_header(names) or not all(names) or len(set(names)) != len(names):
        return None
    if any(raw.find(odd, body) >= 0 for odd in _IRREGULAR):
        return None
    import polars as pl

    schema = {name: pl.String if name in TEXT_COLUMNS else pl.Float64 for name in names}
    try:
        frame = pl.read_csv(raw, schema=schema, ignore_errors=True, quote_char=None)
    except (pl.exceptions.PolarsError, OSError, ValueError):
        return None
    commas = np.count_nonzero(np.frombuffer(raw, dtype=np.uint8) == ord(","))
    epoch = next(name for name in names if name.lower() == "epoch")
    ragged = commas != (len(names) - 1) * (frame.height + 1) or frame.get_column(epoch).null_count()
    if ragged or sum(frame.null_count().row(0)) != _empty_cells(raw):
        return None  # or it has a second header, or text where a number belongs
    columns: dict[str, Column] = {}
    words: dict[str, dict[int, str]] = {}
    for name in names:
        cells = frame.get_column(name)
        written = cells.is_not_null().to_numpy()
        if name in TEXT_COLUMNS:
            rows = np.flatnonzero(written)
            words[name] = dict(zip(rows.tolist(), cells.drop_nulls().to_list(), strict=True))
        else:
            columns[name] = Column(cells.fill_null(np.nan).to_numpy(), written)
    return Table(columns, words, rows=frame.height)
