"""Logs of other tools, by what each of them surely starts with: refused by name, with what to do."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from shlex import quote

from grokyolo.errors import RunError

HEAD = 1 << 16
"""Bytes from the start of a log that are looked at."""

NAMES = (
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
    head = raw[:HEAD]
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
    return next((folder / name for name in NAMES if (folder / name).is_file()), None)
