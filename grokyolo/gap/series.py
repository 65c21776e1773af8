"""The one type that every log becomes: a run as arrays, one element per epoch."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from enum import Enum
from importlib import import_module
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from grokyolo.dynamics import decay_budget

if TYPE_CHECKING:
    import pandas
    import polars

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

COLUMNS = (
    "epoch",
    "step",
    "seconds",
    "lr",
    "weight_decay",
    "train_loss",
    "probe_loss",
    "val_loss",
    "probe_score",
    "val_score",
    "loss_gap",
    "score_gap",
    "norm_decayed",
    "norm_free",
    "event",
)
"""The header of gap.csv, word for word."""


class EventKind(str, Enum):
    """What can happen to a run besides learning (DESIGN: the words of the `event` column)."""

    START = "start"
    RESUME = "resume"
    RESTART = "restart"
    RECOVER = "recover"
    RETRY = "retry"
    MOSAIC_CLOSED = "mosaic-closed"
    LR_CHANGED = "lr-changed"
    WD_CHANGED = "wd-changed"
    DATA_CHANGED = "data-changed"
    STOP = "stop"

    @property
    def confounds(self) -> bool:
        """Whether the event moves a curve by something other than learning; an exact resume does not."""
        return self not in {EventKind.START, EventKind.RESUME, EventKind.STOP}


@dataclass(frozen=True)
class Event:
    """One event of a run, on the first epoch that it touches.

    Attributes:
        epoch: 1-based, as in `Series.epoch`.
        kind: which of the closed set of events.
        detail: words that say how it is known, e.g. "close_mosaic=10 in args.yaml"; may be empty.
    """

    epoch: int
    kind: EventKind
    detail: str = ""

    def __str__(self) -> str:
        return f"{self.kind.value} at epoch {self.epoch}" + (f" ({self.detail})" if self.detail else "")


class Source(str, Enum):
    """Who wrote the log."""

    GROKYOLO = "grokyolo"
    ULTRALYTICS = "ultralytics"
    YOLOV5 = "yolov5"


@dataclass(frozen=True, repr=False)
class Series:
    """A run, read from any log. All arrays have shape (n,), one element per finished epoch.

    A cell that was not measured is NaN. A loss that was measured and is not finite is +inf, so that the
    two cannot be confused. Scores are in [0, 1].

    Attributes:
        run: what the user typed for this run.
        epoch: 1-based, strictly rising. Of epochs that a log holds twice, the last one counts.
        step: optimizer steps so far.
        seconds: wall time trained so far, in seconds.
        lr, weight_decay: as the optimizer applied them (largest group).
        train_loss: running mean over the epoch, augmented images, raw weights (rough).
        probe_loss, probe_score: on the probe; all NaN for foreign logs.
        val_loss, val_score: on the validation images. Losses are sums over the loss items.
        norm_decayed, norm_free: L2 norm of the weights under weight decay and of the others.
        events: in order of epoch.
        score_name: `mAP50-95`, `mAP50-95(M)`, `mAP50-95(P)` or `top1`; empty when unknown.
        optimizer: its name, lower case; empty when unknown.
        source: who wrote the log.
        train_images, probe_images, val_images: counts, None when unknown.
        batches_per_epoch: loader batches in one epoch, None when unknown.
        epochs_planned: how long the run was meant to be, None when unknown.
        measured_every: epochs between two different validation measurements. More than 1 when validation
            was skipped, or when weights move only every few epochs (a set smaller than `nbs`) so that
            cells repeat in blocks.
        notes: what the reader had to repair or could not know, one sentence each.
    """

    run: str
    epoch: IntArray
    step: FloatArray
    seconds: FloatArray
    lr: FloatArray
    weight_decay: FloatArray
    train_loss: FloatArray
    probe_loss: FloatArray
    val_loss: FloatArray
    probe_score: FloatArray
    val_score: FloatArray
    norm_decayed: FloatArray
    norm_free: FloatArray
    events: tuple[Event, ...] = ()
    score_name: str = ""
    optimizer: str = ""
    source: Source = Source.GROKYOLO
    train_images: int | None = None
    probe_images: int | None = None
    val_images: int | None = None
    batches_per_epoch: int | None = None
    epochs_planned: int | None = None
    measured_every: int = 1
    notes: tuple[str, ...] = field(default=())

    def __len__(self) -> int:
        return len(self.epoch)

    @property
    def like_for_like(self) -> bool:
        """Whether a probe was measured: only then is the gap a like-for-like gap."""
        return bool(np.any(~np.isnan(self.probe_loss)) or np.any(~np.isnan(self.probe_score)))

    @property
    def measured(self) -> NDArray[np.bool_]:
        """Shape (n,): True where validation was measured."""
        mask: NDArray[np.bool_] = ~np.isnan(self.val_loss) | ~np.isnan(self.val_score)
        return mask

    @property
    def loss_gap(self) -> FloatArray:
        """Shape (n,): validation loss minus probe loss, or minus train loss (rough) without a probe."""
        reference = self.probe_loss if self.like_for_like else self.train_loss
        with np.errstate(invalid="ignore"):
            gap: FloatArray = self.val_loss - reference
        return gap

    @property
    def score_gap(self) -> FloatArray:
        """Shape (n,): probe score minus validation score; NaN without a probe."""
        gap: FloatArray = self.probe_score - self.val_score
        return gap

    @property
    def decay_budget(self) -> FloatArray:
        """Shape (n,): e-folds of decay spent so far, as the arithmetic of the optimizer really applies them.

        Single NaN cells count as 0; NaN throughout when steps, lr or weight decay are not known at all.
        """
        return decay_budget(self.step, self.lr, self.weight_decay, self.optimizer)

    def __repr__(self) -> str:
        """Return the run in one line: what a prompt shows, not every number."""
        last = np.flatnonzero(~np.isnan(self.val_score))
        score = f", {self.score_name or 'score'} {self.val_score[last[-1]]:.3g}" if len(last) else ""
        kind = "like-for-like" if self.like_for_like else "rough"
        return f"<Series {self.run!r}: {len(self)} epochs of {self.source.value}, {kind}{score}>"

    def to_columns(self) -> dict[str, NDArray[Any]]:
        """Return the columns of gap.csv by name, each of shape (n,): gaps included, events as words joined by `|`."""
        columns: dict[str, NDArray[Any]] = {name: getattr(self, name) for name in COLUMNS[:-1]}
        words: dict[int, list[str]] = {}
        for event in self.events:
            words.setdefault(event.epoch, []).append(event.kind.value)
        columns["event"] = np.array(["|".join(words.get(epoch, ())) for epoch in self.epoch.tolist()], dtype=object)
        return columns

    def to_pandas(self) -> pandas.DataFrame:
        """Return the run as a pandas DataFrame: the columns of gap.csv, NaN where a cell was not measured.

        Raises:
            ImportError: pandas is not installed.
        """
        import pandas

        return pandas.DataFrame(self.to_columns())

    def to_polars(self) -> polars.DataFrame:
        """Return the run as a polars DataFrame: the columns of gap.csv, null where a cell was not measured."""
        import polars

        columns = self.to_columns()
        frame = polars.DataFrame(
            {name: values.tolist() if name == "event" else values for name, values in columns.items()}
        )
        return frame.fill_nan(None)

    def _repr_html_(self) -> str:
        """Return the run as a notebook shows it, which a higher layer knows."""
        html: str = import_module("grokyolo.view.notebook").html(self)
        return html

    def until(self, epoch: int) -> Series:
        """Return the run as it was after `epoch`."""
        count = int(np.searchsorted(self.epoch, epoch, side="right"))
        arrays = {name: getattr(self, name)[:count] for name in ("epoch", *_ARRAYS)}
        return replace(self, **arrays, events=tuple(event for event in self.events if event.epoch <= epoch))

    def events_of(self, kinds: Iterable[EventKind]) -> tuple[Event, ...]:
        """Return the events of these kinds, in order."""
        wanted = set(kinds)
        return tuple(event for event in self.events if event.kind in wanted)


def from_columns(run: str, epoch: Iterable[int], **columns: object) -> Series:
    """Build a Series from whatever columns exist; array columns left out are NaN throughout.

    Args:
        run: name of the run.
        epoch: 1-based epochs, strictly rising.
        columns: fields of `Series` by name; array fields may be any sequence of numbers.
    """
    epochs = np.asarray(list(epoch), dtype=np.int64)
    arrays: dict[str, object] = {}
    for name in _ARRAYS:
        given = columns.pop(name, None)
        arrays[name] = np.full(len(epochs), np.nan) if given is None else np.asarray(given, dtype=np.float64)
    return Series(run=run, epoch=epochs, **arrays, **columns)  # type: ignore[arg-type]


_ARRAYS = tuple(name for name in COLUMNS if name not in {"epoch", "loss_gap", "score_gap", "event"})
