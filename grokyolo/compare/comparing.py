"""Series and verdicts of several runs in, one comparison out."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from string import ascii_uppercase
from typing import Any

import numpy as np

from grokyolo.compare.alignment import By, clock, positions, score_at
from grokyolo.compare.differences import Difference, differences
from grokyolo.compare.milestones import Cost, crossing, final_level
from grokyolo.gap import Series
from grokyolo.gap.series import FloatArray
from grokyolo.verdict import Assessment

HALF, MOST = 0.5, 0.9
"""The levels that runs are compared at, as shares of the best final level among them."""


@dataclass(frozen=True)
class Compared:
    """One run of a comparison.

    Attributes:
        label: its short name, A, B, ... in the order given.
        series, assessment: the run and its verdict.
        settings: by dotted key; empty when unknown.
        final: median score at its end, None when it has no score.
        half, most: cost of reaching 50 and 90 % of the best final level for good; None when it never did.
        scores: shape (m,), at the positions of the comparison; NaN where the run has none.
    """

    label: str
    series: Series
    assessment: Assessment
    settings: Mapping[str, Any]
    final: float | None
    half: Cost | None
    most: Cost | None
    scores: FloatArray

    def cost(self, share: float) -> Cost | None:
        """Return `half` or `most` by its share."""
        return self.half if share == HALF else self.most

    def to_json(self, by: By) -> dict[str, Any]:
        """Return the object that `grokyolo compare --json` prints for a run."""
        verdict = self.assessment.to_json()
        return {
            "run": self.series.run,
            "label": self.label,
            "by": by.value,
            "verdict": verdict["verdict"],
            "epochs": verdict["epochs"],
            "score_name": verdict["score_name"],
            "like_for_like": verdict["like_for_like"],
            "memorised_epoch": verdict["memorised_epoch"],
            "jump": verdict["jump"],
            "final_score": self.final,
            "half": _cost_json(self.half),
            "most": _cost_json(self.most),
            "scores": [None if math.isnan(score) else score for score in self.scores.tolist()],
        }


@dataclass(frozen=True)
class Comparison:
    """Several runs next to each other.

    Attributes:
        by: the clock by which they are aligned.
        runs: in the order given.
        best_final: the highest final level, None when no run has a score.
        positions: shape (m,), places on the clock, rising, at which scores are compared.
        differences: settings in which they differ.
        notes: what should be known before trusting it, one sentence each.
    """

    by: By
    runs: tuple[Compared, ...]
    best_final: float | None
    positions: FloatArray
    differences: tuple[Difference, ...]
    notes: tuple[str, ...]

    def first(self, share: float) -> tuple[Compared, ...]:
        """Return the run that reached a share of the best final level first by the clock; several at a tie.

        Args:
            share: HALF or MOST.
        """
        reached = [(at, run) for run in self.runs if (cost := run.cost(share)) and (at := cost.on(self.by)) is not None]
        earliest = min((at for at, _ in reached), default=None)
        return tuple(run for at, run in reached if at == earliest)

    def to_json(self) -> list[dict[str, Any]]:
        """Return what `grokyolo compare --json` prints: one object for each run, and one of what they differ in."""
        names = [run.series.run for run in self.runs]
        return [
            *(run.to_json(self.by) for run in self.runs),
            {
                "runs": names,
                "by": self.by.value,
                "positions": self.positions.tolist(),
                "best_final_score": self.best_final,
                "first": {
                    "half": [run.series.run for run in self.first(HALF)],
                    "most": [run.series.run for run in self.first(MOST)],
                },
                "differences": {one.key: [_plain(value) for value in one.values] for one in self.differences},
                "notes": list(self.notes),
            },
        ]


def compare(
    judged: Sequence[tuple[Series, Assessment]], settings: Sequence[Mapping[str, Any]], by: By = By.EPOCH
) -> Comparison:
    """Compare runs.

    Args:
        judged: the runs with their verdicts.
        settings: of each, as `settings_of` returns them.
        by: the clock.
    """
    finals = [final_level(series) for series, _ in judged]
    best = max((final for final in finals if final is not None), default=None)
    places = positions([series for series, _ in judged], by)
    runs = tuple(
        Compared(
            label(number),
            series,
            assessment,
            known,
            final,
            crossing(series, HALF * best) if best else None,
            crossing(series, MOST * best) if best else None,
            score_at(series, by, places),
        )
        for number, ((series, assessment), known, final) in enumerate(zip(judged, settings, finals, strict=True))
    )
    return Comparison(by, runs, best, places, tuple(differences(settings)), tuple(_notes(runs, by)))


def label(number: int) -> str:
    """Return A, B, ... Z, AA, AB, ... for 0, 1, ..."""
    first, second = divmod(number, len(ascii_uppercase))
    return (label(first - 1) if first else "") + ascii_uppercase[second]


def _notes(runs: Sequence[Compared], by: By) -> list[str]:
    notes = []
    names = {run.series.score_name for run in runs if run.series.score_name}
    if len(names) > 1:
        notes.append(f"the scores are not of one kind: {', '.join(sorted(names))}")
    silent = [run.label for run in runs if np.isnan(clock(run.series, by)).all()]
    if silent:
        notes.append(f"the log does not tell the {by.unit}: {' '.join(silent)}")
    unknown = [run.label for run in runs if not run.settings]
    if unknown:
        notes.append(f"no settings beside the log, so what differs is not known: {' '.join(unknown)}")
    rough = [run.label for run in runs if not run.series.like_for_like]
    if rough and len(rough) < len(runs):
        notes.append(f"no probe, so only a rough gap: {' '.join(rough)}")
    return notes


def _plain(value: Any) -> Any:
    """Return a value of a YAML file as JSON can hold it."""
    if value is None or isinstance(value, (bool, int, str)) or (isinstance(value, float) and math.isfinite(value)):
        return value
    return [_plain(item) for item in value] if isinstance(value, (list, tuple)) else str(value)


def _cost_json(cost: Cost | None) -> dict[str, Any] | None:
    if cost is None:
        return None
    return {"epoch": cost.epoch, "step": cost.step, "seconds": cost.seconds, "budget": cost.budget}
