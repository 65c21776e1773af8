"""TensorBoard, MLflow and W&B get grokyolo's figures for real, in files; Comet and ClearML through stand-ins.

Ultralytics logs nothing under pytest, so the training runs in a process that knows nothing of tests.
"""

import csv
import json
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from unittest.mock import MagicMock

import pytest

from grokyolo.gap import read_run
from grokyolo.training.loggers import ORDINALS, PREFIX
from grokyolo.verdict import Verdict
from tests import data
from tests.real.training import log, same_weights, trained, weights

ROOT = Path(__file__).parents[2]
MLFLOW = Path(sys.prefix) / "mlflow"
"""Where `make test` puts MLflow, so that no other training finds it."""
EVERY_EPOCH = {"train_loss", "weight_decay", "norm_decayed", "norm_free", "decay_budget"}
MEASURED = {"probe_loss", "val_loss", "probe_score", "val_score", "loss_gap", "score_gap"}
MEASURED_EPOCHS = {1, 3, 4}
WHOLE, LAST = 1, 4
SCRIPT = """
import sys
from ultralytics import settings
from tests.real.training import trained
for name, on in (("logged", True), ("silent", False)):
    settings.update({"tensorboard": on, "mlflow": on, "wandb": on})
    trained(sys.argv[1], name, "gap.every=3")
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """Return a folder with two runs of one recipe, one of them logged by everything that is installed."""
    if not MLFLOW.is_dir():
        pytest.fail(f"no MLflow to test with: pip install --target {MLFLOW} mlflow-skinny")
    folder = tmp_path_factory.mktemp("logged")
    recipe = data.recipe("classify", folder / "data")
    unknown = ("PYTEST", "GITHUB")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(unknown)}
    environment |= {
        "PYTHONPATH": os.pathsep.join([str(ROOT), str(MLFLOW), os.environ.get("PYTHONPATH", "")]),
        "YOLO_CONFIG_DIR": str(folder / "settings"),
        "MLFLOW_TRACKING_URI": (folder / "mlflow").as_uri(),
        "MLFLOW_ALLOW_FILE_STORE": "true",
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "WANDB_MODE": "offline",
        "WANDB_SILENT": "true",
    }
    subprocess.run([sys.executable, "-c", SCRIPT, str(recipe)], cwd=folder, env=environment, check=True)
    return folder


@pytest.fixture(scope="module")
def rows(folder) -> dict[int, dict[str, str]]:
    """Return the rows of gap.csv by epoch."""
    with (folder / "runs/logged/gap.csv").open(newline="") as file:
        return {int(row["epoch"]): row for row in csv.DictReader(file)}


def tensorboard(folder: Path) -> dict[str, dict[int, float]]:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    events = EventAccumulator(str(folder / "runs/logged"))
    events.Reload()
    return {name: {event.step: event.value for event in events.Scalars(name)} for name in events.Tags()["scalars"]}


def mlflow(folder: Path) -> dict[str, dict[int, float]]:
    found: dict[str, dict[int, float]] = {}
    for metrics in (folder / "mlflow").glob("*/*/metrics"):
        for file in (path for path in metrics.rglob("*") if path.is_file()):
            lines = (line.split() for line in file.read_text().splitlines())
            found[file.relative_to(metrics).as_posix()] = {int(step) + 1: float(value) for _, value, step in lines}
    return found


def wandb_records(folder: Path) -> list:
    """Read an offline run of W&B: a header of 7 bytes, then blocks of 32 KiB with pieces of records (LevelDB's log)."""
    from wandb.proto.wandb_internal_pb2 import Record

    (file,) = (folder / "runs/logged").glob("wandb/offline-run-*/run-*.wandb")
    content, at, piece, records = file.read_bytes(), 7, b"", []
    while at + 7 <= len(content):
        if 2**15 - at % 2**15 < 7:  # no room for the head of a piece: the block is filled up
            at += 2**15 - at % 2**15
            continue
        length, kind = int.from_bytes(content[at + 4 : at + 6], "little"), content[at + 6]
        piece += content[at + 7 : at + 7 + length]
        at += 7 + length
        if kind in {WHOLE, LAST}:
            records.append(Record.FromString(piece))
            piece = b""
    return records


def wandb(folder: Path) -> dict[str, dict[int, float]]:
    found: dict[str, dict[int, float]] = {}
    for record in wandb_records(folder):
        items = {item.key or "/".join(item.nested_key): json.loads(item.value_json) for item in record.history.item}
        for name, value in items.items():
            if "epoch" in items:
                found.setdefault(name, {})[items["epoch"]] = value
    return found


@pytest.mark.parametrize("read", [tensorboard, mlflow, wandb])
class TestEachLogger:
    def test_shows_each_figure_in_the_epochs_in_which_it_was_measured(self, read, folder):
        found = {name.removeprefix(PREFIX): set(v) for name, v in read(folder).items() if name.startswith(PREFIX)}
        assert found.pop("verdict") <= MEASURED_EPOCHS
        expected = {name: {1, 2, 3, 4} if name in EVERY_EPOCH else MEASURED_EPOCHS for name in EVERY_EPOCH | MEASURED}
        assert found == expected

    def test_shows_what_stands_in_gap_csv(self, read, folder, rows):
        found = read(folder)
        for name in (EVERY_EPOCH | MEASURED) - {"decay_budget"}:
            values = found[PREFIX + name]
            assert values == pytest.approx({epoch: float(rows[epoch][name]) for epoch in values}, rel=1e-6), name

    def test_shows_the_decay_budget_that_gap_counts(self, read, folder):
        series = read_run(folder / "runs" / "logged")
        expected = dict(zip(series.epoch.tolist(), series.decay_budget.tolist(), strict=True))
        assert set(expected) == {1, 2, 3, 4}
        assert read(folder)[PREFIX + "decay_budget"] == pytest.approx(expected, rel=1e-6)

    def test_shows_the_verdict_of_the_last_epoch_as_a_number(self, read, folder):
        assert read(folder)[PREFIX + "verdict"][4] == ORDINALS[Verdict.UNDECIDED]

    def test_still_shows_what_ultralytics_logs_and_nothing_that_was_not_measured(self, read, folder):
        accuracy = read(folder)["metrics/accuracy_top1"]
        assert set(accuracy) - {5} == MEASURED_EPOCHS, "Ultralytics adds the best weights as epoch 5"
        assert all(value == value for value in accuracy.values())


def test_wandb_draws_our_figures_over_epochs(folder):
    axes = {record.metric.glob_name: record.metric.step_metric for record in wandb_records(folder)}
    assert axes[f"{PREFIX}*"] == "epoch"


def test_loggers_leave_no_trace_in_the_run(folder):
    logged, silent = folder / "runs/logged", folder / "runs/silent"
    assert same_weights(weights(logged), weights(silent))
    assert log(logged) == log(silent)


def test_results_csv_holds_ultralytics_own_columns_only(folder):
    for run in ("logged", "silent"):
        header, *lines = (folder / "runs" / run / "results.csv").read_text().splitlines()
        assert "grokyolo" not in header
        assert {line.count(",") for line in lines} == {header.count(",")}


@pytest.fixture
def task(monkeypatch):
    """A ClearML task that notes what Ultralytics' integration reports to it."""
    from ultralytics.utils.callbacks import clearml

    task = MagicMock()
    monkeypatch.setattr(clearml, "Task", SimpleNamespace(current_task=lambda: task), raising=False)
    monkeypatch.setattr(clearml, "callbacks", {"on_fit_epoch_end": clearml.on_fit_epoch_end})
    return task


@pytest.fixture
def experiment(monkeypatch):
    """A Comet experiment that notes what Ultralytics' integration logs to it."""
    from ultralytics.utils.callbacks import comet

    experiment = MagicMock()
    known = SimpleNamespace(get_running_experiment=lambda: experiment)
    monkeypatch.setattr(comet, "comet_ml", known)
    monkeypatch.setattr(comet, "callbacks", {"on_fit_epoch_end": comet.on_fit_epoch_end})
    return experiment


def test_comet_and_clearml_are_told_after_the_figures_are_there(task, experiment, small, workplace):
    run = trained(small("classify"), "run")
    with (run / "gap.csv").open(newline="") as file:
        gaps = [float(row["score_gap"]) for row in csv.DictReader(file)]
    reported = [call.args for call in task.get_logger().report_scalar.call_args_list]
    assert [args[2] for args in reported if args[1:2] == (f"{PREFIX}score_gap",)] == gaps
    logged = [call.args[0] for call in experiment.log_metrics.call_args_list]
    assert [values[f"{PREFIX}score_gap"] for values in logged if f"{PREFIX}score_gap" in values] == gaps
