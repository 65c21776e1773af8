"""The dictionary of headers: what every generation of Ultralytics calls the same thing, and whose any other log is.

A log that a spreadsheet saved again (other separators, decimal commas, UTF-16) comes out as plain CSV first.

Families, by what their trainers write into results.csv:

    YOLOv5, YOLOv9          train/box_loss train/obj_loss  metrics/mAP_0.5:0.95  x/lr0    0-based epochs
    YOLOv5 classify         train/loss test/loss           metrics/accuracy_top1 lr/0
    Ultralytics (v8 on)     train/box_loss train/dfl_loss  metrics/mAP50-95(B)   lr/pg0   `time` since 8.3
    ... segment, pose       and metrics/mAP50-95(M), metrics/mAP50-95(P) beside those of the boxes
    RT-DETR                 train/giou_loss train/l1_loss, YOLOv10's own fork train/box_om train/box_oo
    ... semantic, depth     metrics/mIoU, metrics/delta1
    RF-DETR (Lightning)     train/loss val/loss            val/mAP_50_95          lr-AdamW, two rows an epoch
"""

from __future__ import annotations

import codecs
import csv
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from shlex import quote

from grokyolo.errors import RunError
from grokyolo.gap.series import Source

_SCORES = (
    ("metrics/map50-95(m)", "mAP50-95(M)"),
    ("metrics/map_0.5:0.95(m)", "mAP50-95(M)"),
    ("metrics/map50-95(p)", "mAP50-95(P)"),
    ("metrics/map50-95(b)", "mAP50-95"),
    ("metrics/map_0.5:0.95(b)", "mAP50-95"),
    ("metrics/map50-95", "mAP50-95"),
    ("val/map_50_95", "mAP50-95"),
    ("metrics/map_0.5:0.95", "mAP50-95"),
    ("metrics/accuracy_top1", "top1"),
    ("metrics/miou", "mIoU"),
    ("metrics/delta1", "delta1"),
)
"""Headline metrics in the order of preference: masks and keypoints come before the boxes beside them."""
_LR = re.compile(r"(lr/pg\d+|x/lr\d+|lr/\d+|lr-\w+([/-]\w+)*)")
_YOLOV5 = re.compile(r"(x/lr\d+|metrics/map_0\.5.*|lr/\d+|test/loss)")
_NO_LOSS = re.compile(r"map|precision|recall|accuracy|fitness|^lr|miou", re.IGNORECASE)
LOOKED_FOR = "metrics/mAP50-95(B), metrics/mAP_0.5:0.95, metrics/accuracy_top1, val/box_loss, val/loss"
_SEPARATORS = {b",": "commas", b";": "semicolons", b"\t": "tabs", b"|": "bars"}
_SEP_LINE = re.compile(rb'"?sep=(.)"?[ \t]*[\r\n]+')
_DECIMAL_COMMA = re.compile(r"[+-]?\d+,\d+([eE][+-]?\d+)?")
_GROUPED = re.compile(r"[+-]?[1-9]\d{0,2}(\.\d{3})+(,\d+)?")
_QUOTED_DECIMAL_COMMA = re.compile(rb'(^|[,\n])"[+-]?\d+,\d+')


@dataclass(frozen=True)
class LogLayout:
    """Which columns of a log mean what; names as they stand in the header.

    Attributes:
        source: the family.
        score: column of the headline metric, None when the log has none.
        score_name: its name in grokyolo's words, empty when the log has none.
        train, val: the loss items to sum, the same ones in both wherever possible.
        measured: every column that validation writes; all of them repeat when the weights did not move.
        lr: one column per parameter group.
        time: seconds since the process started, None when the log has none.
        notes: what is unusual about the header.
    """

    source: Source
    score: str | None
    score_name: str
    train: tuple[str, ...]
    val: tuple[str, ...]
    measured: tuple[str, ...]
    lr: tuple[str, ...]
    time: str | None
    notes: tuple[str, ...] = ()


def find_layout(names: Iterable[str], where: str) -> LogLayout:
    """Find out what the columns of a log mean.

    Args:
        names: the header, without padding.
        where: named in the error.

    Raises:
        RunError: none of the columns is one that Ultralytics or YOLOv5 writes for validation.
    """
    by_lower = {name.lower(): name for name in reversed(list(names))}
    score, score_name = next(((by_lower[low], word) for low, word in _SCORES if low in by_lower), (None, ""))
    train, val, notes = _losses(by_lower)
    if score is None and not val:
        if tool := tool_of_columns(by_lower):
            raise refusal(tool, where, _shorten(by_lower.values()))
        raise RunError(
            f"no validation in this log, or it is another tool's: looked for {LOOKED_FOR}",
            where=f"{where}: {_shorten(by_lower.values())}",
            hint="name a run of Ultralytics, YOLOv5 or grokyolo",
        )
    return LogLayout(
        source=Source.YOLOV5 if any(_YOLOV5.fullmatch(low) for low in by_lower) else Source.ULTRALYTICS,
        score=score,
        score_name=score_name,
        train=train,
        val=val,
        measured=tuple(by_lower[low] for low in reversed(by_lower) if low.startswith(("metrics/", "val/", "test/"))),
        lr=tuple(by_lower[low] for low in sorted(by_lower) if _LR.fullmatch(low)),
        time=by_lower.get("time"),
        notes=notes,
    )


def _losses(by_lower: dict[str, str]) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
    """Return the train and the validation items to sum, and a note when they are not the same."""
    train = _items(by_lower, "train/")
    val = _items(by_lower, "val/") or _items(by_lower, "test/")
    both = [item for item in train if item in val]
    if not both or (len(both) == len(train) == len(val)):
        note = "train and validation loss have no item in common: their difference says nothing"
        return tuple(train.values()), tuple(val.values()), (note,) if train and val and not both else ()
    left_out = sorted({*train.values(), *val.values()} - {d[item] for item in both for d in (train, val)})
    note = f"losses are summed over the items that train and validation share: without {', '.join(left_out)}"
    return tuple(train[item] for item in both), tuple(val[item] for item in both), (note,)


def _items(by_lower: dict[str, str], prefix: str) -> dict[str, str]:
    return {
        low.removeprefix(prefix): by_lower[low]
        for low in reversed(by_lower)
        if low.startswith(prefix) and not _NO_LOSS.search(low.removeprefix(prefix))
    }


def _shorten(names: Iterable[str], limit: int = 6) -> str:
    shown = [name for name in reversed(list(names)) if name]
    return ", ".join(shown[:limit]) + (", ..." if len(shown) > limit else "")


HEAD_BYTES = 1 << 16
"""Bytes from the start of a log that are looked at."""
OTHER_LOGS = (
    "metrics.csv",
    "training.log",
    "log.csv",
    "log.txt",
    "train_log.txt",
    "metrics.json",
    "trainer_state.json",
    "vis_data/scalars.json",
)
"""What other tools call their logs."""
_JSON = rb'\A\s*\{(?=[^\n]*"%s")'
_STARTS = (
    ("DETR and its kin", re.compile(_JSON % rb"train_loss")),
    ("Detectron2", re.compile(_JSON % rb"iteration")),
    ("mmdetection or mmyolo", re.compile(_JSON % rb"(env_info|data_time|coco/bbox_mAP)")),
    ("mmdetection or mmyolo", re.compile(rb" - (mmengine|mmdet|mmyolo) - (INFO|WARNING) - ")),
    ("Hugging Face Transformers", re.compile(rb'\A\s*\{.*"log_history"', re.DOTALL)),
    ("YOLOX", re.compile(rb"\| *INFO *\| *yolox\.")),
    ("PaddleDetection", re.compile(rb"\bppdet\.\w+(\.\w+)* INFO: ")),
    ("Darknet", re.compile(rb"^ *\d+: -?[\d.]+, -?[\d.]+ avg( loss)?, [\d.]+ rate, ", re.MULTILINE)),
    ("Darknet", re.compile(rb"^ *layer +filters +size", re.MULTILINE)),
    ("TensorBoard", re.compile(rb"brain\.Event:\d")),
)


def tool_of_text(raw: bytes) -> str | None:
    """Return which tool wrote a log, told from its first lines; None when it is none of those known."""
    head = raw[:HEAD_BYTES]
    return next((tool for tool, start in _STARTS if start.search(head)), None)


def tool_of_columns(names: Iterable[str]) -> str | None:
    """Return which tool writes a CSV with such columns, None when it is none of those known."""
    lower = {name.lower() for name in names}
    if {"epoch", "step"} <= lower:
        return "Lightning's CSVLogger"
    if {"epoch", "train_loss", "valid_loss"} <= lower:
        return "fastai's CSVLogger"
    return "Keras' CSVLogger" if {"epoch", "loss"} <= lower else None


def refusal(tool: str, where: str, found: str = "") -> RunError:
    """Return the error for a log of another tool.

    Args:
        tool: as the functions above name it.
        where: the log.
        found: its columns, where it has any.
    """
    return RunError(
        f"another tool's log, of {tool}: it can be read once it is a CSV with the columns epoch, train/loss, val/loss "
        "and metrics/mAP50-95(B) or metrics/accuracy_top1",
        where=f"{where}: {found}" if found else where,
        hint=f"head -3 {quote(where)}",
    )


def log_in(folder: Path) -> Path | None:
    """Return the log of another tool in a folder, None when there is none by a name that is known."""
    return next((folder / name for name in OTHER_LOGS if (folder / name).is_file()), None)


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
    header = body[:HEAD_BYTES].lstrip().split(b"\n", 1)[0].lower().replace(b'"', b"")
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
