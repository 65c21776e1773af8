"""Everything that a sweep shows: the phase diagram, the law, critical sizes, double descent over size."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from grokyolo.errors import UsageError
from grokyolo.sweep.axes import NOTHING, Axis, axis_named, axis_of, differing, parts_of, spanning
from grokyolo.sweep.critical import Critical, critical_sizes
from grokyolo.sweep.decay_law import Law, fit_law
from grokyolo.sweep.descent import Descent, descents
from grokyolo.sweep.outcome import Cell, Run, Spread, Word

MOST_PANELS = 6
"""More combinations of the other axes than this are put together in one panel."""
MOST_PARTS = 1000
"""More parts of a sweep than this are put together where each would get an answer of its own."""
MOST_NAMES = 6
"""Keys that a note names."""


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
    made = []
    for fixed, members in parts_of(runs, split):
        cells: dict[tuple[int, int], list[Run]] = {}
        for run in members:
            cells.setdefault((down.level_of(run), across.level_of(run)), []).append(run)
        rows = tuple(
            tuple(Cell(tuple(cells.get((row, column), ()))) for column in range(len(across.levels)))
            for row in range(len(down.levels))
        )
        made.append(Panel(fixed, rows))
    return Diagram(down, across, tuple(made), tuple(split), tuple(pooled))


def cell_json(diagram: Diagram, panel: Panel, row: int, column: int, cell: Cell) -> dict[str, Any]:
    """Return a cell as `grokyolo sweep show --json` prints it."""
    return {
        "cell": diagram.place(panel, row, column),
        "word": cell.word.value if cell.word else None,
        "runs": len(cell.runs),
        "words": {word.value: count for word, count in sorted(cell.words.items(), key=lambda one: -one[1])},
        "memorised": {by: _plain(cell.memorised(by)) for by in ("epoch", "budget")},
        "jump": {by: _plain(cell.jump(by)) for by in ("epoch", "budget")},
        "score": _plain(cell.score),
        "folders": [run.name for run in cell.runs],
    }


def _plain(found: Spread | None) -> dict[str, Any] | None:
    return None if found is None else dict(vars(found))


@dataclass(frozen=True)
class Query:
    """What is asked of a sweep.

    Attributes:
        axes: the two that span the diagram, down and across, as typed; fewer for the defaults.
        by: `epoch` or `budget`, the clock of times.
        critical: the axis whose critical value is asked for; empty for the amount of data, if that differs.
        descent: the axis over which the test error is asked for; empty for models and amounts of data, if they differ.
        within: count what happened until then, in e-folds or epochs; None for as long as each run lasts.
    """

    axes: tuple[str, ...] = ()
    by: str = "epoch"
    critical: str = ""
    descent: str = ""
    within: float | None = None


@dataclass(frozen=True)
class Phases:
    """What a sweep shows.

    Attributes:
        name: the folder as typed.
        recipe: what was trained; empty when unknown.
        by: the clock of times.
        within: as asked.
        axes: all that differ.
        runs: all points.
        diagram: over two axes.
        law: of the decay budget.
        criticals: critical sizes.
        descents: test error over size.
        notes: what should be known before trusting it.
    """

    name: str
    recipe: str
    by: str
    within: float | None
    axes: tuple[Axis, ...]
    runs: tuple[Run, ...]
    diagram: Diagram
    law: Law
    criticals: tuple[Critical, ...]
    descents: tuple[Descent, ...]
    notes: tuple[str, ...]

    @property
    def words(self) -> Counter[Word]:
        """How often each word comes."""
        return Counter(run.outcome.word for run in self.runs)

    @property
    def score_name(self) -> str:
        """The headline metric, empty where runs have several or none."""
        names = {run.outcome.score_name for run in self.runs if run.outcome.score_name}
        return names.pop() if len(names) == 1 else ""

    def to_json(self) -> list[dict[str, Any]]:
        """Return what `grokyolo sweep show --json` prints: one object a cell, then one of the whole sweep."""
        cells = [cell_json(self.diagram, *one) for one in self.diagram.cells()]
        whole = {
            "sweep": self.name,
            "recipe": self.recipe or None,
            "runs": len(self.runs),
            "words": {word.value: count for word, count in self.words.most_common()},
            "score_name": self.score_name or None,
            "axes": {axis.name: [level.label for level in axis.levels] for axis in self.axes},
            "down": self.diagram.down.name or None,
            "across": self.diagram.across.name or None,
            "split_by": [axis.name for axis in self.diagram.split],
            "put_together": [axis.name for axis in self.diagram.pooled],
            "within": self.within,
            "law": self.law.to_json(),
            "critical": [one.to_json() for one in self.criticals],
            "double_descent": [one.to_json() for one in self.descents],
            "notes": list(self.notes),
        }
        return [*cells, whole]


@dataclass(frozen=True)
class SweepRuns:
    """What is known of a sweep before any question.

    Attributes:
        name: the folder as typed.
        recipe: what was trained; empty when unknown.
        keys: what may differ between runs, in order.
        runs: all points.
        parameters: of each model by its label, where they can be counted.
        notes: what could not be read.
    """

    name: str
    recipe: str
    keys: tuple[str, ...]
    runs: tuple[Run, ...]
    parameters: Mapping[str, float] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def answer(known: SweepRuns, question: Query) -> Phases:
    """Return what a sweep shows.

    Raises:
        UsageError: an axis that was asked for is none of this sweep.
    """
    keys = differing([run.values for run in known.runs], known.keys)
    axes = tuple(axis_of(key, [run.values.get(key) for run in known.runs], known.parameters) for key in keys)
    down, across = _spanning(axes, question.axes)
    diagram = lay_out(known.runs, axes, down, across)
    return Phases(
        name=known.name,
        recipe=known.recipe,
        by=question.by,
        within=question.within,
        axes=axes,
        runs=known.runs,
        diagram=diagram,
        law=fit_law(known.runs, axes),
        criticals=_criticals(known, axes, question),
        descents=_descents(known, axes, question),
        notes=(*known.notes, *_notes(known, axes, diagram, question)),
    )


def _spanning(axes: Sequence[Axis], asked: Sequence[str]) -> tuple[Axis, Axis]:
    if not asked:
        return spanning(axes)
    where = f"--axes {','.join(asked)}"
    if len(asked) > 2:
        raise UsageError("two axes span a diagram", where=where, hint=f"--axes {asked[0]},{asked[1]}")
    chosen = [axis_named(name, axes, "--axes") for name in asked]
    if len(chosen) == 1:
        return NOTHING, chosen[0]
    if chosen[0] is chosen[1]:
        raise UsageError("the two axes of a diagram differ", where=where, hint=f"--axes {asked[0]}")
    return chosen[0], chosen[1]


def _others(axes: Sequence[Axis], size: Axis) -> list[Axis]:
    """Return the axes to keep apart: all but seeds, as long as they make few parts."""
    found: list[Axis] = []
    parts = 1
    for axis in axes:
        if axis.key != size.key and not axis.is_seed and parts * len(axis.levels) <= MOST_PARTS:
            found.append(axis)
            parts *= len(axis.levels)
    return found


def _criticals(known: SweepRuns, axes: Sequence[Axis], question: Query) -> tuple[Critical, ...]:
    chosen = next((axis for axis in axes if axis.is_size), None)
    if question.critical:
        chosen = axis_named(question.critical, axes, "--critical")
        if not chosen.numeric:
            hint = next(
                (f"--critical {axis.name}" for axis in axes if axis.numeric and not axis.is_seed), "leave it out"
            )
            raise UsageError(f"{chosen.name} has no numbers", where=f"--critical {question.critical}", hint=hint)
    if chosen is None:
        return ()
    return critical_sizes(known.runs, chosen, _others(axes, chosen), question.within, question.by)


def _descents(known: SweepRuns, axes: Sequence[Axis], question: Query) -> tuple[Descent, ...]:
    chosen = [axis for axis in axes if axis.is_model or axis.is_size]
    if question.descent:
        chosen = [axis_named(question.descent, axes, "--descent")]
    found: list[Descent] = []
    for axis in chosen:
        sizes = dict(known.parameters) if not axis.numeric else _images(known, axis) if axis.is_size else None
        found += descents(known.runs, axis, _others(axes, axis), sizes)
    return tuple(found)


def _images(known: SweepRuns, axis: Axis) -> dict[str, float] | None:
    """Return the number of training images of each level, where all runs of a level know the same."""
    found: dict[str, set[int | None]] = {}
    for run in known.runs:
        if run.outcome.epochs:
            label = axis.levels[axis.level_of(run)].label
            found.setdefault(label, set()).add(run.outcome.train_images)
    sizes = {label: counts.pop() for label, counts in found.items() if len(counts) == 1}
    if len(sizes) < len(found) or None in sizes.values() or axis.binned:
        return None
    return {label: float(count) for label, count in sizes.items() if count is not None}


def _listed(names: Sequence[str]) -> str:
    more = len(names) - MOST_NAMES
    return ", ".join(names[:MOST_NAMES]) + (f" and {more} more keys" if more > 0 else "")


def _notes(known: SweepRuns, axes: Sequence[Axis], diagram: Diagram, question: Query) -> Iterable[str]:
    together = [axis.name for axis in diagram.pooled if not axis.is_seed]
    if together:
        yield f"put together in a cell: runs that differ by {_listed(together)}"
    for size in (axis for axis in axes if axis.is_size or axis.is_model):
        kept = {axis.key for axis in (size, *_others(axes, size))}
        lost = [axis.name for axis in axes if axis.key not in kept and not axis.is_seed]
        if lost:
            yield f"put together where {size.name} is the size: runs that differ by {_listed(lost)}"
    binned = [axis.name for axis in (diagram.down, diagram.across) if axis.binned]
    if binned:
        yield f"many different values, so in bins: {', '.join(binned)}"
    rough = sum(run.outcome.epochs > 0 and not run.outcome.like_for_like for run in known.runs)
    if rough:
        yield f"no probe in {rough} of {len(known.runs)} runs: their gap is rough, so none of them is called grokked"
    ends = [run.outcome.end.budget for run in known.runs if run.outcome.end and run.outcome.end.budget]
    if ends and question.within is None and max(ends) > 1.1 * min(ends):
        yield (
            f"runs end after {min(ends):.3g} to {max(ends):.3g} e-folds, so not all had the same chance to jump "
            "(--within, --by budget)"
        )
