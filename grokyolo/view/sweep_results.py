"""What became of the points of a sweep, as a table at its end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from grokyolo.format import MISSING, format_score
from grokyolo.sweep.grid import label
from grokyolo.sweep.outcome import Moment, Outcome, Word
from grokyolo.sweep.progress import Progress, Status
from grokyolo.sweep.reader import read_runs
from grokyolo.verdict import Verdict
from grokyolo.view.sweep_screen import folded
from grokyolo.view.table import STYLES

MOST_ROWS = 200
"""Of more points only the number of each verdict is shown."""


def results(folder: str, axes: Sequence[str], points: Sequence[Progress]) -> RenderableType:
    """Return when each point memorised and jumped, and where it ended.

    Args:
        folder: of the sweep.
        axes: keys that differ.
        points: the points to show, in this order.
    """
    outcomes = {run.name: run.outcome for run in read_runs(folder).runs}
    found = [(one, outcomes[one.trial.point.name]) for one in points]
    if len(found) > MOST_ROWS:
        counted = Counter(_word(one, outcome) for one, outcome in found)
        return Group(*(Text(f"{number:>6} {word}") for word, number in counted.most_common()))
    table = Table(box=None, pad_edge=False, padding=(0, 1), header_style="bold", show_edge=False)
    for key in axes:
        table.add_column(Text(folded(key)), vertical="bottom", overflow="fold")
    for name in ("epochs", "memo-\nrised", "jump", "val", "verdict"):
        table.add_column(name, justify="left" if name == "verdict" else "right", no_wrap=True, vertical="bottom")
    for one, outcome in found:
        table.add_row(*(label(one.trial.point.values[key]) for key in axes), *_row(one, outcome))
    return table


def _row(progress: Progress, outcome: Outcome) -> list[Text]:
    word = _word(progress, outcome)
    style = STYLES[Verdict(word)] if word in set(Verdict) else "red" if word == Word.FAILED.value else "dim"
    return [
        Text(str(outcome.epochs)),
        Text(_epoch(outcome.memorised)),
        Text(_epoch(outcome.jump)),
        Text(format_score(outcome.score)),
        Text(word, style=style),
    ]


def _word(progress: Progress, outcome: Outcome) -> str:
    return Word.FAILED.value if progress.status is Status.FAILED else outcome.word.value


def _epoch(moment: Moment | None) -> str:
    return MISSING if moment is None else str(moment.epoch)
