"""The curves of some runs as plain values for the browser."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from grokyolo.gap import Series
from grokyolo.gap.series import FloatArray
from grokyolo.verdict import Assessment
from grokyolo.view.report.gathering import Gathered
from grokyolo.view.report.thinning import cells_for, rows_to_draw

CURVES = ("train_loss", "probe_loss", "val_loss", "probe_score", "val_score")
DIGITS = 6
"""Telling digits of a number in the page; more cannot be seen in a picture."""


def chart(runs: Sequence[Gathered]) -> dict[str, Any]:
    """Return what the browser draws: one map per run, in order; no NaN, not measured is None."""
    names = list(dict.fromkeys(run.series.score_name for run in runs if run.series.score_name))
    return {
        "score": names[0] if len(names) == 1 else "score",
        "runs": [_run(run, cells_for(len(runs))) for run in runs],
    }


def _run(run: Gathered, cells: int) -> dict[str, Any]:
    series, assessment = run.series, run.assessment
    curves = {name: getattr(series, name) for name in CURVES}
    rows = rows_to_draw(series.epoch, list(curves.values()), cells, _telling(run))
    jump = assessment.jump
    return {
        "name": series.run,
        "likeForLike": series.like_for_like,
        "epochs": len(series),
        "epoch": series.epoch[rows].tolist(),
        "curves": {name: _cells(values[rows]) for name, values in curves.items() if np.isfinite(values).any()},
        "bars": {name: bars for name in _with_bars(series) if (bars := _bars(run, name))["epoch"]},
        "memorised": assessment.memorised_epoch,
        "jump": None if jump is None else [jump.start, jump.epoch, jump.end],
        "events": [[event.epoch, event.kind.value, event.detail, event.kind.confounds] for event in series.events],
        "notFinite": _not_finite(series),
    }


def _telling(run: Gathered) -> Iterable[int]:
    """Return the epochs that are marked or spoken of: they stay, whatever is left out around them."""
    return {row.epoch for row in run.bars} | {event.epoch for event in run.series.events} | _marks(run.assessment)


def _marks(assessment: Assessment) -> set[int]:
    jump = assessment.jump
    marks = {assessment.memorised_epoch, assessment.best_epoch}
    marks |= set() if jump is None else {jump.start, jump.epoch, jump.end}
    return {epoch for epoch in marks if epoch is not None}


def _with_bars(series: Series) -> tuple[str, ...]:
    """Return the scores that may have error bars: a results.csv beside errors.csv knows no probe."""
    return ("probe", "val") if series.like_for_like else ("val",)


def _bars(run: Gathered, name: str) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {"epoch": [], "low": [], "high": []}
    for row in run.bars:
        low, high = getattr(row, f"{name}_low"), getattr(row, f"{name}_high")
        if low is not None and high is not None:
            found["epoch"].append(row.epoch)
            found["low"].append(_digits(low))
            found["high"].append(_digits(high))
    return found


def _cells(values: FloatArray) -> list[float | None]:
    return [
        _digits(value) if known else None for value, known in zip(values.tolist(), np.isfinite(values), strict=True)
    ]


def _digits(value: float) -> float:
    return float(f"{value:.{DIGITS}g}")


def _not_finite(series: Series) -> list[int]:
    """Return the first epoch of each stretch in which the validation loss was not finite."""
    broken = np.isinf(series.val_loss)
    first = np.flatnonzero(broken & ~np.concatenate([[False], broken[:-1]]))
    epochs: list[int] = series.epoch[first].tolist()
    return epochs
