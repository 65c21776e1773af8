"""gap.csv: one row per finished epoch, appended and never rewritten (DESIGN: the run folder).

    with GapWriter(folder / "gap.csv") as log:
        log.append(EpochRecord(epoch=1, step=9, seconds=0.5, val_loss=3.4, events=(EventKind.START,)))

A cell that was not measured is empty; `rows.format_float` says how the others look.
"""

from __future__ import annotations

import os
from dataclasses import dataclass

from grokyolo.gap.rows import RowLog, format_float
from grokyolo.gap.series import COLUMNS, EventKind


@dataclass(frozen=True)
class EpochRecord:
    """One row of gap.csv. A float that is None was not measured; NaN and inf were measured as such.

    Attributes:
        epoch: 1-based.
        step: optimizer steps so far.
        seconds: wall time trained so far, continued across resumes.
        lr, weight_decay: as the optimizer applied them (largest group).
        train_loss: running mean over the epoch.
        probe_loss, val_loss: sums over the loss items, like-for-like.
        probe_score, val_score: headline metric in [0, 1], like-for-like.
        norm_decayed, norm_free: L2 norm of the weights under weight decay and of the others.
        events: what touches this epoch first.
    """

    epoch: int
    step: int
    seconds: float
    lr: float | None = None
    weight_decay: float | None = None
    train_loss: float | None = None
    probe_loss: float | None = None
    val_loss: float | None = None
    probe_score: float | None = None
    val_score: float | None = None
    norm_decayed: float | None = None
    norm_free: float | None = None
    events: tuple[EventKind, ...] = ()

    @property
    def loss_gap(self) -> float | None:
        """Validation loss minus probe loss; None unless both were measured."""
        return _difference(self.val_loss, self.probe_loss)

    @property
    def score_gap(self) -> float | None:
        """Probe score minus validation score; None unless both were measured."""
        return _difference(self.probe_score, self.val_score)

    def to_line(self) -> str:
        """Return the row as text, with its newline."""
        floats = [format_float(getattr(self, name)) for name in COLUMNS[2:-1]]
        events = "|".join(event.value for event in self.events)
        return ",".join([str(int(self.epoch)), str(int(self.step)), *floats, events]) + "\n"


class GapWriter(RowLog):
    """Appends rows to a gap.csv and keeps it whole; see `RowLog` for what that means.

    Args:
        path: the file; its folder must exist.
        sync: call fsync after every row.

    Raises:
        RunError: the file exists and is not a gap.csv of this layout.
        OSError: the file cannot be opened or written.
    """

    def __init__(self, path: str | os.PathLike[str], *, sync: bool = False) -> None:
        super().__init__(path, COLUMNS, sync=sync)

    def append(self, record: EpochRecord) -> None:
        """Write one row.

        Raises:
            ValueError: its epoch does not follow the last one in the file.
            OSError: disk full or the like; the file then ends with the last whole row, as before.
        """
        if self.last_epoch and record.epoch != self.last_epoch + 1:
            raise ValueError(f"epoch {record.epoch} does not follow epoch {self.last_epoch} in {self.path}")
        self.append_line(record.epoch, record.to_line())


def _difference(left: float | None, right: float | None) -> float | None:
    return None if left is None or right is None else float(left) - float(right)
