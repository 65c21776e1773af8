"""The phase diagram: runs laid out over two axes, those of a cell summed up in one word and a few numbers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np

from grokyolo.sweep.axes import Axis
from grokyolo.sweep.outcome import Outcome, Word

MOST_PANELS = 6
"""More combinations of the other axes than this are put together in one panel."""


@dataclass(frozen=True)
class Run:
    """One run with its place in the sweep.

    Attributes:
        name: of its folder.
        values: key to value.
        outcome: what became of it.
    """

    name: str
    values: Mapping[str, object]
    outcome: Outcome


@dataclass(frozen=True)
class Spread:
    """A number that several runs have.

    Attributes:
        median, low, high: over the runs that have it; low and high are the least and the largest.
        count: how many have it.
    """

    median: float
    low: float
    high: float
    count: int


def spread(values: Iterable[float | None]) -> Spread | None:
    """Return the spread of the values that are known, None when none is."""
    known = np.array([value for value in values if value is not None], dtype=np.float64)
    if not len(known):
        return None
    return Spread(float(np.median(known)), float(known.min()), float(known.max()), len(known))


@dataclass(frozen=True)
class Cell:
    """All runs at one place of the diagram.

    Attributes:
        runs: in the order of the sweep; none where the sweep has no point.
    """

    runs: tuple[Run, ...]

    @property
    def words(self) -> Counter[Word]:
        """How often each word comes."""
        return Counter(run.outcome.word for run in self.runs)

    @property
    def word(self) -> Word | None:
        """The word of most runs that are finished; else of most others. Of two equals the weaker; None without runs."""
        words = self.words
        pool = {word: count for word, count in words.items() if word.judged} or dict(words)
        order = list(Word)
        return max(pool, key=lambda word: (pool[word], -order.index(word)), default=None)

    @property
    def share(self) -> tuple[int, int]:
        """How many runs have the word of the cell, of how many."""
        word = self.word
        return (self.words[word] if word else 0), len(self.runs)

    def memorised(self, by: str) -> Spread | None:
        """Return when the runs had memorised, in epochs or e-folds."""
        return spread(moment.on(by) for run in self.runs if (moment := run.outcome.memorised))

    def jump(self, by: str) -> Spread | None:
        """Return when those that jumped were half way up, in epochs or e-folds."""
        return spread(moment.on(by) for run in self.runs if (moment := run.outcome.jump))

    @property
    def score(self) -> Spread | None:
        """The validation score at the end of finished runs."""
        return spread(run.outcome.score for run in self.runs if run.outcome.word.judged)


@dataclass(frozen=True)
class Panel:
    """One diagram of several.

    Attributes:
        fixed: label of each axis that is the same for all its runs, by name; empty when there is one panel only.
        cells: row by row, the levels of `down` by those of `across`.
    """

    fixed: Mapping[str, str]
    cells: tuple[tuple[Cell, ...], ...]


@dataclass(frozen=True)
class Diagram:
    """The phase diagram of a sweep.

    Attributes:
        down, across: the axes that span it.
        panels: one for each combination of the axes in `split`.
        split: axes with a panel for each level.
        pooled: axes whose runs are put together in a cell, as seeds are.
    """

    down: Axis
    across: Axis
    panels: tuple[Panel, ...]
    split: tuple[Axis, ...] = ()
    pooled: tuple[Axis, ...] = ()

    def cells(self) -> Iterable[tuple[Panel, int, int, Cell]]:
        """Go through all cells: panel, level down, level across, cell."""
        for panel in self.panels:
            for row, cells in enumerate(panel.cells):
                for column, cell in enumerate(cells):
                    yield panel, row, column, cell

    def place(self, panel: Panel, row: int, column: int) -> dict[str, str]:
        """Return the levels of a cell, by the names of their axes."""
        sides = ((self.down, row), (self.across, column))
        return {**panel.fixed, **{axis.name: axis.levels[level].label for axis, level in sides if axis.key}}


def lay_out(runs: Sequence[Run], axes: Sequence[Axis], down: Axis, across: Axis) -> Diagram:
    """Return the diagram of runs over two axes.

    Of the other axes, those that fit get a panel for each level, in their order; seeds and what is left share a cell.

    Args:
        runs: of the sweep.
        axes: all that differ.
        down, across: those that span the diagram, or `NOTHING`.
    """
    split: list[Axis] = []
    pooled: list[Axis] = []
    panels = 1
    for axis in axes:
        if axis.key in {down.key, across.key}:
            continue
        fits = not axis.is_seed and not axis.binned and panels * len(axis.levels) <= MOST_PANELS
        (split if fits else pooled).append(axis)
        panels *= len(axis.levels) if fits else 1
    found: dict[tuple[str, ...], dict[tuple[int, int], list[Run]]] = {}
    for run in runs:
        fixed = tuple(axis.levels[axis.place(run.values.get(axis.key))].label for axis in split)
        place = (down.place(run.values.get(down.key)), across.place(run.values.get(across.key)))
        found.setdefault(fixed, {}).setdefault(place, []).append(run)
    made = []
    for labels in product(*([level.label for level in axis.levels] for axis in split)):
        cells = found.get(labels, {})
        rows = tuple(
            tuple(Cell(tuple(cells.get((row, column), ()))) for column in range(len(across.levels)))
            for row in range(len(down.levels))
        )
        if cells:
            made.append(Panel({axis.name: label for axis, label in zip(split, labels, strict=True)}, rows))
    return Diagram(down, across, tuple(made), tuple(split), tuple(pooled))


def cell_json(diagram: Diagram, panel: Panel, row: int, column: int, cell: Cell) -> dict[str, Any]:
    """Return a cell as `grokyolo sweep show --json` prints it."""
    return {
        "cell": diagram.place(panel, row, column),
        "word": cell.word.value if cell.word else None,
        "runs": len(cell.runs),
        "words": {word.value: count for word, count in sorted(cell.words.items(), key=lambda one: -one[1])},
        "memorised": {by: _spread_json(cell.memorised(by)) for by in ("epoch", "budget")},
        "jump": {by: _spread_json(cell.jump(by)) for by in ("epoch", "budget")},
        "score": _spread_json(cell.score),
        "folders": [run.name for run in cell.runs],
    }


def _spread_json(found: Spread | None) -> dict[str, Any] | None:
    return None if found is None else dict(vars(found))
