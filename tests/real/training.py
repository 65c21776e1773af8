"""Real trainings: in this process, and in processes that may be killed."""

import csv
import multiprocessing
import os
import sys
from pathlib import Path
from typing import Any

from grokyolo.gap import EpochRecord
from grokyolo.notify.listener import Listener, Progress
from grokyolo.recipe import Recipe, load
from grokyolo.run import extension
from grokyolo.training import go_on, state, train

_processes = multiprocessing.get_context("forkserver")
_processes.set_forkserver_preload(["grokyolo.training.trainer"])  # so that a training starts within a second


def listener(epoch=None, warnings: list[str] | None = None) -> Listener:
    """Tell `epoch` each record, and collect warnings."""

    def told(progress: Progress) -> None:
        if epoch is not None:
            epoch(progress.record)

    return Listener(lambda _run: None, told, (warnings if warnings is not None else []).append)


def trained(recipe: Path | str, name: str, *overrides: str, **options: Any) -> Path:
    """Train a recipe in this process, and return the run."""
    return train(load(str(recipe), overrides), name=name, listener=listener(**options))


def gone_on(run: Path, **options: Any) -> None:
    """Go on with a run in this process."""
    go_on(run, load(str(run)), listener=listener(**options))


def extended(run: Path, *overrides: str, **options: Any) -> None:
    """Extend a run in this process."""
    new = load(str(run), overrides)
    go_on(run, new, listener=listener(**options), change=extension.change_of(run, load(str(run)), new))


def plain(recipe: Recipe, folder: Path) -> dict[str, dict[str, Any]]:
    """Train with plain Ultralytics, and return the weights before anything rounds them."""
    from ultralytics import YOLO

    found: dict[str, dict[str, Any]] = {}

    def note(trainer: Any) -> None:
        found["model"] = {k: v.clone() for k, v in trainer.model.state_dict().items()}
        found["ema"] = {k: v.clone() for k, v in trainer.ema.ema.state_dict().items()}

    arguments = {key: value for key, value in recipe.train.items() if key != "task"}
    model = YOLO(recipe.model, task=recipe.train["task"])
    model.add_callback("on_train_end", note)
    model.train(**arguments, data=recipe.data, project=str(folder), name="plain", verbose=False)
    return found


def weights(run: Path) -> dict[str, dict[str, Any]]:
    """Return raw and EMA weights of the last saved state."""

    def warn(text: str) -> None:
        raise AssertionError(text)

    saved = state.load_newest(run, warn)
    assert saved is not None
    return {"model": saved["model"], "ema": saved["ema"]}


def same_weights(one: dict[str, dict[str, Any]], other: dict[str, dict[str, Any]]) -> bool:
    """Tell whether all weights are the same, bit for bit."""
    return all(
        one[kind].keys() == other[kind].keys()
        and all(tensor.numpy().tobytes() == other[kind][name].numpy().tobytes() for name, tensor in one[kind].items())
        for kind in ("model", "ema")
    )


def log(run: Path) -> list[tuple[str, ...]]:
    """Return the rows of gap.csv without the two things that a resume may change: seconds, and its own event."""
    rows = []
    with (run / "gap.csv").open(newline="") as file:
        for row in csv.DictReader(file):
            row.pop("seconds")
            row["event"] = "|".join(word for word in row["event"].split("|") if word != "resume")
            rows.append(tuple(row.values()))
    return rows


def events(run: Path) -> dict[int, str]:
    """Return the events of gap.csv by epoch."""
    with (run / "gap.csv").open(newline="") as file:
        return {int(row["epoch"]): row["event"] for row in csv.DictReader(file) if row["event"]}


def process(cwd: Path, *arguments: str) -> Any:
    """Run the command line in a process of its own that has everything imported already."""
    return process_of(_command, cwd, arguments)


def process_of(function: Any, cwd: Path, *arguments: Any) -> Any:
    """Run a function of the folder and `arguments` in such a process."""
    child = _processes.Process(target=function, args=(str(cwd), *arguments))
    child.start()
    return child


def _command(cwd: str, arguments: tuple[str, ...]) -> None:
    from grokyolo.cli import main

    os.chdir(cwd)
    with Path("stderr.txt").open("a") as err, Path(os.devnull).open("w") as out:
        os.dup2(err.fileno(), 2)
        os.dup2(out.fileno(), 1)
        sys.stdout = out
        code = main(arguments)
    os._exit(code)


def stop_after(epoch: int, number: int):
    """Return a listener's `epoch` that sends this process a signal once."""

    def told(record: EpochRecord) -> None:
        if record.epoch == epoch:
            os.kill(os.getpid(), number)

    return told
