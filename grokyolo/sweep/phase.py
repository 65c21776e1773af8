"""Everything that a sweep shows: the diagram, the law, critical sizes, double descent over size."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from grokyolo.errors import UsageError
from grokyolo.sweep.axes import NOTHING, Axis, axis_of, differing, key_named, spanning
from grokyolo.sweep.critical import Critical, critical_sizes
from grokyolo.sweep.descent import Descent, descents
from grokyolo.sweep.diagram import Diagram, Run, cell_json, lay_out
from grokyolo.sweep.law import Law, fit_law
from grokyolo.sweep.outcome import Word

MOST_PARTS = 1000
"""More parts of a sweep than this are put together where each would get an answer of its own."""


MOST_NAMES = 6
"""Keys that a note names."""


@dataclass(frozen=True)
class Question:
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
class Known:
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


def answer(known: Known, question: Question) -> Phases:
    """Return what a sweep shows.

    Raises:
        UsageError: an axis that was asked for is none of this sweep.
    """
    keys = differing([run.values for run in known.runs], known.keys)
    axes = tuple(_axis(key, known) for key in keys)
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


def _axis(key: str, known: Known) -> Axis:
    return axis_of(key, [run.values.get(key) for run in known.runs], known.parameters)


def _spanning(axes: Sequence[Axis], asked: Sequence[str]) -> tuple[Axis, Axis]:
    if not asked:
        return spanning(axes)
    if len(asked) > 2:
        hint = f"--axes {asked[0]},{asked[1]}"
        raise UsageError("two axes span a diagram", where=f"--axes {','.join(asked)}", hint=hint)
    by_key = {axis.key: axis for axis in axes}
    chosen = [by_key[key_named(name, list(by_key), "--axes")] for name in asked]
    if len(chosen) == 1:
        return NOTHING, chosen[0]
    if chosen[0] is chosen[1]:
        raise UsageError(
            "the two axes of a diagram differ", where=f"--axes {','.join(asked)}", hint=f"--axes {asked[0]}"
        )
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


def _criticals(known: Known, axes: Sequence[Axis], question: Question) -> tuple[Critical, ...]:
    keys = [axis.key for axis in axes]
    if question.critical:
        chosen = next(axis for axis in axes if axis.key == key_named(question.critical, keys, "--critical"))
        if not chosen.numeric:
            hint = next((f"--critical {axis.name}" for axis in axes if axis.numeric and not axis.is_seed), "")
            raise UsageError(
                f"{chosen.name} has no numbers", where=f"--critical {question.critical}", hint=hint or "leave it out"
            )
    else:
        sizes = [axis for axis in axes if axis.is_size]
        if not sizes:
            return ()
        chosen = sizes[0]
    return critical_sizes(known.runs, chosen, _others(axes, chosen), question.within, question.by)


def _descents(known: Known, axes: Sequence[Axis], question: Question) -> tuple[Descent, ...]:
    keys = [axis.key for axis in axes]
    if question.descent:
        chosen = [axis for axis in axes if axis.key == key_named(question.descent, keys, "--descent")]
    else:
        chosen = [axis for axis in axes if axis.is_model or axis.is_size]
    found: list[Descent] = []
    for axis in chosen:
        sizes = dict(known.parameters) if not axis.numeric else _images(known, axis) if axis.is_size else None
        found += descents(known.runs, axis, _others(axes, axis), sizes)
    return tuple(found)


def _images(known: Known, axis: Axis) -> dict[str, float] | None:
    """Return the number of training images of each level, where all runs of a level know the same."""
    found: dict[str, set[int | None]] = {}
    for run in known.runs:
        if run.outcome.epochs:
            label = axis.levels[axis.place(run.values.get(axis.key))].label
            found.setdefault(label, set()).add(run.outcome.train_images)
    sizes = {label: counts.pop() for label, counts in found.items() if len(counts) == 1}
    if len(sizes) < len(found) or None in sizes.values() or axis.binned:
        return None
    return {label: float(count) for label, count in sizes.items() if count is not None}


def _listed(names: Sequence[str]) -> str:
    more = len(names) - MOST_NAMES
    return ", ".join(names[:MOST_NAMES]) + (f" and {more} more keys" if more > 0 else "")


def _notes(known: Known, axes: Sequence[Axis], diagram: Diagram, question: Question) -> Iterable[str]:
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
