"""500 mutated run folders: no traceback, no hang, no control character, not a byte lost."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fuzz_runs import fuzz, make_templates, warm_up

FOLDERS = 500
AT_A_TIME = 50
SECONDS = 10.0
GOING_ON = range(10_000, 10_012)


@pytest.fixture(scope="module")
def templates(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Sound runs, on which every command has worked."""
    place = tmp_path_factory.mktemp("templates")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(place)
        found = make_templates(place)
        warm_up(found, place / "out")
    return found


@pytest.mark.parametrize("first", range(0, FOLDERS, AT_A_TIME))
def test_reading_verbs(first: int, templates: dict[str, Path], workplace: Path) -> None:
    troubles = [
        trouble
        for seed in range(first, first + AT_A_TIME)
        for trouble in fuzz(templates, workplace / "scratch", seed, seconds=SECONDS, most=1)
    ]
    assert not troubles, "\n\n".join(troubles)


@pytest.mark.parametrize("seed", GOING_ON)
def test_going_on(seed: int, templates: dict[str, Path], workplace: Path) -> None:
    troubles = list(fuzz(templates, workplace / "scratch", seed, seconds=60.0, going_on=True))
    assert not troubles, "\n\n".join(troubles)
