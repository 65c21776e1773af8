"""warnings.csv: what the trainer noticed about the numbers of a run, for whoever reads the run later."""

from __future__ import annotations

import csv
from pathlib import Path

from grokyolo.files import NOTES_BYTES, read_bounded

NAME = "warnings.csv"
HEADER = ("epoch", "warning")


def append_remark(run: Path, epoch: int, text: str) -> None:
    """Add one warning to a run.

    Args:
        run: the run folder.
        epoch: 1-based, when it was noticed.
        text: one sentence.

    Raises:
        OSError: the file cannot be written.
    """
    path = run / NAME
    new = not path.exists()
    with path.open("a", newline="", encoding="utf-8") as file:
        rows = csv.writer(file, lineterminator="\n")
        if new:
            rows.writerow(HEADER)
        rows.writerow((epoch, text))


def read_remarks(run: Path) -> tuple[str, ...]:
    """Return the warnings of a run as sentences, each once; none when there is no such file or it is unreadable."""
    try:
        text = read_bounded(run / NAME, NOTES_BYTES, within=run).decode("utf-8", errors="replace")
        lines = text.splitlines(keepends=True)
        rows = [row for row in csv.reader(lines) if len(row) == len(HEADER) and row[0].isdigit()]
    except (OSError, csv.Error):
        return ()
    first: dict[str, str] = {}
    for epoch, text in rows:
        first.setdefault(text, epoch)
    return tuple(f"epoch {epoch}: {text}" for text, epoch in first.items())
