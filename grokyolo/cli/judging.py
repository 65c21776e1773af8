"""What verbs that read runs share: each run with its verdict, or the reason why it cannot be read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from grokyolo.cli.output import print_error, say
from grokyolo.errors import RunError

if TYPE_CHECKING:
    from grokyolo.gap import Series
    from grokyolo.verdict import Assessment

    Judged = tuple[Series, Assessment]


def judge(name: str) -> Judged | RunError:
    """Return a run and its verdict, or the error that reading it gave."""
    from grokyolo.gap import read_run
    from grokyolo.verdict import assess

    try:
        series = read_run(name)
    except RunError as error:
        return error
    return series, assess(series)


def runs_of(names: Sequence[str], command: str, *, unfinished: bool = False) -> list[str]:
    """Return the runs that names stand for, and warn of each folder that is and holds none.

    Args:
        names: as typed; a folder of runs stands for those below it.
        command: what was typed, for the place of last resort.
        unfinished: take runs without a finished epoch too.

    Raises:
        RunError: none of the names is or holds a run.
    """
    from grokyolo.gap import find_runs

    runs, others = find_runs(names, unfinished=unfinished)
    for other in others:
        say(f"warning: left out: {other.what}: {other.where or command}", stderr=True)
    return runs


def raise_last(results: Sequence[Judged | RunError], command: str) -> None:
    """Say of each unreadable run why; the last one's error ends the command.

    Args:
        results: from `judge`.
        command: what was typed, for the hint of last resort.

    Raises:
        RunError: that of the last unreadable run.
    """
    errors = [result for result in results if isinstance(result, RunError)]
    for error in errors[:-1]:
        print_error(error, command)
    if errors:
        raise errors[-1]
