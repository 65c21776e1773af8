"""A run as a Prometheus text file, for the textfile collector of node_exporter.

The file is replaced as a whole, so that a reader never meets half of it, and not more often than anyone scrapes.
"""

from __future__ import annotations

import math
import os
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from grokyolo.errors import UsageError
from grokyolo.gap import EpochRecord
from grokyolo.notify.listener import Progress
from grokyolo.notify.reporting import EndKind, TrainingReport
from grokyolo.verdict import Assessment, Verdict

WRITE_EVERY = 10.0
"""Seconds between two writes at least; the first epoch and the end are always written."""
_STATES = {None: "training", EndKind.DONE: "done", EndKind.STOPPED: "stopped", EndKind.FAILED: "failed"}


@dataclass(frozen=True)
class Metric:
    """One metric of the file.

    Attributes:
        name: without the prefix `grokyolo_`.
        help: one line.
        samples: label sets, beside the run's, with their values; None is not measured and left out.
    """

    name: str
    help: str
    samples: tuple[tuple[Mapping[str, str], float | None], ...]


class PrometheusFile:
    """Keeps the file while a run is training.

    Args:
        path: the file to write.
        warn: told once when it cannot be written any more, and when node_exporter would not read it.
        clock: seconds that only rise.
        now: seconds since 1970.

    Raises:
        UsageError: there is no such folder, or the file cannot be written in it.
    """

    def __init__(
        self,
        path: Path,
        warn: Callable[[str], None],
        *,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], float] = time.time,
    ) -> None:
        self.path, self.warn, self.clock, self.now = path.absolute(), warn, clock, now
        self._run = ""
        self._progress: Progress | None = None
        self._measured: EpochRecord | None = None
        self._finished_at = 0.0
        self._next_write = float("-inf")
        self._warned = False
        self._check()

    def _check(self) -> None:
        folder = self.path.parent
        reason = ""
        if not folder.is_dir():
            reason = f"there is no folder {folder}"
        elif self.path.is_dir():
            reason = f"{self.path} is a folder"
        elif not os.access(folder, os.W_OK):
            reason = f"the folder {folder} may not be written to"
        if reason:
            raise UsageError(reason, where="--prometheus", hint="--prometheus grokyolo.prom")
        if self.path.suffix != ".prom":
            self.warn(f"node_exporter reads only files that end in .prom, which {self.path.name} does not")

    def started(self, run: Path) -> None:
        """Take the run's name; it labels every sample."""
        self._run = run.name

    def epoch(self, progress: Progress) -> None:
        """Note a finished epoch, and write the file when that is due."""
        self._progress, self._finished_at = progress, self.now()
        if progress.record.val_loss is not None or progress.record.val_score is not None:
            self._measured = progress.record
        if self.clock() >= self._next_write:
            self._next_write = self.clock() + WRITE_EVERY
            figures = progress.figures
            self._write(None, figures.assessment if figures else None, figures.saved_epoch if figures else 0)

    def ended(self, outcome: TrainingReport) -> None:
        """Write the file as it is to stay."""
        if self._progress is not None:
            self._write(outcome.ending, outcome.assessment, outcome.saved_epoch)

    def _write(self, ending: EndKind | None, assessment: Assessment | None, saved: int) -> None:
        assert self._progress is not None, "called after an epoch"
        metrics = [
            *_progress_metrics(self._progress, self._finished_at, saved),
            *_measured_metrics(self._progress, self._measured),
            *_verdict_metrics(ending, assessment),
        ]
        try:
            replace_file(self.path, exposition(self._run, metrics))
        except OSError as error:
            if not self._warned:
                self._warned = True
                self.warn(f"cannot write {self.path}: {error.strerror or error}; training goes on and tries again")


def exposition(run: str, metrics: Iterable[Metric]) -> str:
    """Return the metrics in Prometheus' text format, each sample labelled with the run's name.

    A metric of which nothing was measured is left out.
    """
    lines = []
    for metric in metrics:
        samples = [(labels, value) for labels, value in metric.samples if value is not None]
        if not samples:
            continue
        name = f"grokyolo_{metric.name}"
        lines += [f"# HELP {name} {metric.help}", f"# TYPE {name} gauge"]
        for labels, value in samples:
            pairs = ",".join(f'{key}="{_escaped(text)}"' for key, text in {"run": run, **labels}.items())
            lines.append(f"{name}{{{pairs}}} {_number(value)}")
    return "\n".join(lines) + "\n"


def replace_file(path: Path, text: str) -> None:
    """Put `text` into `path` in one step; whoever reads it meets the old content or the new one.

    Raises:
        OSError: it cannot be written; the file is then as before.
    """
    new = path.with_name(f".{path.name}.{os.getpid()}")  # no name that the collector would read
    try:
        new.write_text(text, encoding="utf-8", newline="\n")
        new.replace(path)
    except OSError:
        new.unlink(missing_ok=True)
        raise


def _progress_metrics(progress: Progress, finished_at: float, saved_epoch: int) -> Iterable[Metric]:
    record, figures = progress.record, progress.figures
    yield _one("epoch", "Epochs finished.", record.epoch)
    yield _one("epochs_planned", "Planned length of the run in epochs.", progress.epochs)
    yield _one("optimizer_steps", "Optimizer steps so far.", record.step)
    yield _one("trained_seconds", "Wall time trained so far, continued across resumes.", record.seconds)
    yield _one("last_epoch_timestamp_seconds", "When the last epoch was finished.", finished_at)
    yield _one("saved_epoch", "Last epoch that a resume would go on from; 0 is none.", saved_epoch)
    yield _one("learning_rate", "Learning rate of the largest parameter group.", record.lr)
    yield _one("weight_decay", "Effective weight decay of the largest parameter group.", record.weight_decay)
    if figures is not None:
        yield _one("epoch_seconds", "Median time of an epoch lately.", figures.usual_seconds)
        yield _one("decay_budget", "Decay budget spent so far, in e-folds.", figures.decay_budget)
    norms = {"decayed": record.norm_decayed, "free": record.norm_free}
    yield _by("weight_norm", "L2 norm of the weights, under weight decay and free of it.", "weights", norms)


def _measured_metrics(progress: Progress, measured: EpochRecord | None) -> Iterable[Metric]:
    """Return what only some epochs measure, as of the last of them, and the running loss beside it."""
    record = progress.record
    known = measured or EpochRecord(epoch=record.epoch, step=record.step, seconds=record.seconds)
    epoch = measured.epoch if measured else None
    yield _one("measured_epoch", "Last epoch in which probe and validation were measured.", epoch)
    losses = {"train": record.train_loss, "probe": known.probe_loss, "val": known.val_loss}
    yield _by("loss", "Loss; train is a rough running mean, probe and val are like-for-like.", "split", losses)
    scores = {"probe": known.probe_score, "val": known.val_score}
    yield _by("score", "Headline metric of the task in [0, 1].", "split", scores, score=progress.score_name)
    yield _one("loss_gap", "Validation loss minus probe loss.", known.loss_gap)
    yield _one("score_gap", "Probe score minus validation score.", known.score_gap)


def _verdict_metrics(ending: EndKind | None, assessment: Assessment | None) -> Iterable[Metric]:
    words = {word.value: float(assessment.verdict is word) if assessment else None for word in Verdict}
    yield _by("verdict", "1 for the verdict on the run as it stands, 0 for the others.", "verdict", words)
    states = {state: float(state == _STATES[ending]) for state in _STATES.values()}
    yield _by("state", "1 for the state of the run, 0 for the others.", "state", states)


def _one(name: str, text: str, value: float | None) -> Metric:
    return Metric(name, text, (({}, value),))


def _by(name: str, text: str, label: str, values: Mapping[str, float | None], **labels: str) -> Metric:
    return Metric(name, text, tuple(({label: key, **labels}, value) for key, value in values.items()))


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def _number(value: float) -> str:
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "+Inf" if value > 0 else "-Inf"
    return repr(value)
