"""What became of a sweep's points: one row each, or their number where there are many."""

import io
import shutil
from pathlib import Path

import pytest
from rich.console import Console

from grokyolo.gap import EpochRecord, GapWriter
from grokyolo.sweep.folder import write_sweep
from grokyolo.sweep.runner import PointProgress, Status
from grokyolo.sweep.trials import plan_sweep
from grokyolo.view import sweep as module
from tests.view.curves import grok


@pytest.fixture
def points(workplace) -> list[PointProgress]:
    """Three points: one that groks, one that failed in its course, one that was never started."""
    made = plan_sweep(Path("runs") / "s", "grok-modular-addition", ["weight_decay=0.5,1", "seed=0,1", "epochs=300"])
    write_sweep(made.sweep)
    done, failed, waiting = (PointProgress(trial) for trial in made.trials[:3])
    write(done.trial.run, 300)
    write(failed.trial.run, 50)
    done.status, failed.status = Status.FINISHED, Status.FAILED
    return [done, failed, waiting]


def write(run: Path, epochs: int) -> None:
    """Write the beginning of a run that groks at epoch 110."""
    run.mkdir()
    (run / "grokyolo.yaml").write_text(
        "recipe: {train: {epochs: 300}}\nscore_name: top1\ntrain_images: 576\nprobe_images: 256\nval_images: 385\n"
    )
    series = grok()
    with GapWriter(run / "gap.csv") as log:
        for i in range(epochs):
            cells = (series.train_loss, series.probe_loss, series.val_loss, series.probe_score, series.val_score)
            log.append(EpochRecord(i + 1, 9 * (i + 1), 0.1 * i, 0.002, 1.0, *(float(cell[i]) for cell in cells)))


def text(points: list[PointProgress]) -> list[list[str]]:
    out = io.StringIO()
    Console(file=out, width=80).print(module.results("runs/s", ("weight_decay", "seed"), points))
    return [line.split() for line in out.getvalue().splitlines()]


def test_each_point_has_a_row(points):
    assert text(points)[2:] == [
        ["0.5", "0", "300", "6", "110", "0.980", "grokked"],
        ["0.5", "1", "50", "6", "–", "0.000", "failed"],
        ["1", "0", "0", "–", "–", "–", "not", "started"],
    ]
    assert text(points)[:2] == [
        ["weight_", "memo-"],
        ["decay", "seed", "epochs", "rised", "jump", "val", "verdict"],
    ]


def test_only_the_points_of_the_command_are_shown(points):
    assert len(text(points[:1])) == 3


def test_of_many_points_each_word_has_its_number(points, monkeypatch):
    monkeypatch.setattr(module, "MOST_ROWS", 2)
    assert text([*points, points[0]]) == [["2", "grokked"], ["1", "failed"], ["1", "not", "started"]]


def test_a_folder_that_is_gone_is_a_point_not_started(points):
    shutil.rmtree(points[0].trial.run)
    assert text(points[:1])[2][2:] == ["0", "–", "–", "–", "not", "started"]
