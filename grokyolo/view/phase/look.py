"""How the words of a phase diagram look: a letter for grey, a colour that colour-blind readers tell apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from grokyolo.format import MISSING, format_short, shorten
from grokyolo.gap.series import FloatArray
from grokyolo.sweep.axes import Axis
from grokyolo.sweep.decay_law import Law
from grokyolo.sweep.descent import Descent
from grokyolo.sweep.outcome import Cell, Spread, Word


@dataclass(frozen=True)
class Look:
    """One word.

    Attributes:
        letter: one sign.
        colour: of a cell, on paper and screen; after Okabe and Ito.
        ink: of letters on that colour.
        style: on a terminal.
        meaning: in a few words.
    """

    letter: str
    colour: str
    ink: str
    style: str
    meaning: str


LOOKS = {
    Word.GROKKED: Look("G", "#007a59", "#ffffff", "bold green", "memorised, and generalised much later"),
    Word.DELAYED_JUMP: Look(
        "J", "#56B4E9", "#000000", "cyan", "such a jump, but less late, less complete, or confounded"
    ),
    Word.GENERALISING: Look(
        "L", "#0060a0", "#ffffff", "green", "learned straight away: validation follows the training images"
    ),
    Word.DOUBLE_DESCENT: Look("D", "#CC79A7", "#000000", "cyan", "validation got worse and recovered during training"),
    Word.MEMORISING: Look("M", "#F5E663", "#000000", "yellow", "knows its training images, and no others"),
    Word.OVERFITTING: Look("O", "#D55E00", "#ffffff", "red", "validation got worse and stayed so"),
    Word.DIVERGED: Look(
        "X", "#3a3a3a", "#ffffff", "bold red", "the loss is not finite, or the training score collapsed"
    ),
    Word.NEVER_LEARNED: Look("N", "#a8a8a8", "#000000", "dim", "not even the training images were learned"),
    Word.UNDECIDED: Look("U", "#dddddd", "#000000", "dim", "too short, too noisy or too few measurements"),
    Word.FAILED: Look("!", "#ffffff", "#b3261e", "bold red", "the training failed, or its log cannot be read"),
    Word.UNFINISHED: Look("…", "#ffffff", "#444444", "dim", "not at its last epoch yet"),
    Word.NOT_STARTED: Look("·", "#ffffff", "#777777", "dim", "no epoch finished yet"),
}
"""In the order of the legend: from generalising to nothing."""

UNITS = {"epoch": "epochs", "budget": "e-folds of weight decay"}
LONGEST_LABEL = 24


def number(value: float, by: str) -> str:
    """Return a time: epochs as they are, long ones in thousands; e-folds with three telling digits."""
    if by == "budget":
        return format_short(value)
    if value < 10_000:
        return f"{value:.0f}"
    return f"{value / 1e3:.3g}k" if value < 1e6 else f"{value / 1e6:.3g}M"


def times(found: Spread | None, by: str) -> str:
    """Return a median with least and largest, such as `128 (121–133)`, or a dash."""
    if found is None:
        return MISSING
    middle, low, high = (number(value, by) for value in (found.median, found.low, found.high))
    return middle if low == high else f"{middle} ({low}–{high})"


def share(cell: Cell) -> str:
    """Return how many runs of a cell have its word, such as `2/3`."""
    count, of = cell.share
    return f"{count}/{of}"


def from_top(axis: Axis) -> list[int]:
    """Return the levels of the axis that goes down, the uppermost first: numbers grow upwards."""
    places = list(range(len(axis.levels)))
    return places[::-1] if axis.numeric else places


def short(label: str) -> str:
    """Return a label that is not too long for a table."""
    return shorten(label, LONGEST_LABEL)


def place(fixed: dict[str, str]) -> str:
    """Return the part of a sweep that something is about, such as `weight_decay=1, lr0=0.002`."""
    return ", ".join(f"{name}={short(label)}" for name, label in fixed.items()) or "all runs"


def law_parts(law: Law, most: int) -> tuple[tuple[str, FloatArray], ...]:
    """Return the jumps of each part with a budget of its own, or of all together where there are many parts.

    Args:
        law: of a sweep in which something jumped.
        most: parts that can be told apart.
    """
    return law.parts if len(law.parts) <= most else (("", law.jumps),)


def law_line(law: Law, jumps: FloatArray) -> FloatArray:
    """Return two points of the fitted line through the jumps of a part, shape (2, 2): rate and epoch."""
    rates = np.array([jumps[:, 0].min() / 1.15, jumps[:, 0].max() * 1.15])
    slope = -1.0 if law.slope is None else law.slope
    height = float(np.mean(np.log(jumps[:, 1]) - slope * np.log(jumps[:, 0])))
    line: FloatArray = np.column_stack([rates, np.exp(height) * rates**slope])
    return line


def clearest(found: Sequence[Descent], most: int) -> list[Descent]:
    """Return the courses that say most, in their order: those with a peak, then those that change most."""
    ranked = sorted(found, key=lambda one: (one.peak is None, -one.range))[:most]
    return [one for one in found if any(one is chosen for chosen in ranked)]
