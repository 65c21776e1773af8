"""One training from recipe to finished run folder, and on from there."""

from __future__ import annotations

import re
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from grokyolo.errors import DataError, GrokyoloError, Interrupted, Stopped, did_you_mean, first_line
from grokyolo.notify.listener import Listener, Progress
from grokyolo.recipe import BuiltinData, Recipe, epochs_of
from grokyolo.run import extension, folder


def train(
    recipe: Recipe,
    *,
    name: str | None,
    listener: Listener,
    verbose: bool = False,
    time_limit: float | None = None,
    resume: bool = False,
) -> Path:
    """Train `recipe` in a new run folder and return that folder.

    Args:
        recipe: resolved.
        name: the run's name as the user chose it; None takes the recipe's.
        listener: told about the run's start, its epochs and warnings.
        verbose: show Ultralytics' own output on standard error.
        time_limit: seconds after which the training saves and stops; None for no limit.
        resume: as in `folder.claim`.

    Raises:
        DataError: the model or the data cannot be found, read or downloaded; no folder is left.
        UsageError: the run folder cannot be made, or the run is training now.
        Interrupted, Stopped: Ctrl-C, a signal or the time limit; the run can go on.
        GrokyoloError: training failed.
    """
    with _stage(listener, verbose, time_limit):
        model = _load_model(recipe)
        data = _find_data(recipe, model.task)
        run = folder.claim(name or recipe.name, chosen=name is not None, resume=resume)
        with folder.owned(run, listener.warning), _errors_explained(recipe, run, verbose):
            folder.write_settings(run, recipe)
            listener.started(run)
            _fit(model, recipe, data, run, listener)
    return run


def go_on(
    run: Path,
    recipe: Recipe,
    *,
    listener: Listener,
    verbose: bool = False,
    time_limit: float | None = None,
    change: folder.Change | None = None,
) -> None:
    """Train on in an existing run folder, exactly from where its newest sound state stands.

    Args:
        run: the run folder.
        recipe: the run's own, or an extended one, which then takes its place.
        listener, verbose, time_limit: as in `train`.
        change: what the extended recipe changes, for the log.

    Raises:
        UsageError: the run is training now.
        DataError, Interrupted, Stopped, GrokyoloError: as `train`.
    """
    run = run.absolute()
    with _stage(listener, verbose, time_limit):
        model = _load_model(recipe)
        data = _find_data(recipe, model.task)
        with folder.owned(run, listener.warning), _errors_explained(recipe, run, verbose):
            folder.replace_recipe(run, recipe, change)
            listener.started(run)
            _fit(model, recipe, data, run, listener)


@contextmanager
def _stage(listener: Listener, verbose: bool, time_limit: float | None) -> Iterator[None]:
    """Route output and signals during a training."""
    from grokyolo.run.signals import heard
    from grokyolo.training import compat
    from grokyolo.training.output import ultralytics_output
    from grokyolo.training.threads import limit_threads

    limit_threads()
    with ultralytics_output(listener.warning, verbose=verbose), heard(time_limit):
        compat.check(listener.warning)
        yield


def _fit(model: Any, recipe: Recipe, data: str, run: Path, listener: Listener) -> None:
    from grokyolo.training.probe import SCORES
    from grokyolo.training.trainer import ON_RECORD, TRAINERS

    score_name = SCORES[model.task][1]

    def tell(trainer: Any) -> None:
        listener.epoch(Progress(trainer.record, trainer.epochs, score_name, trainer.figures))

    model.add_callback(ON_RECORD, tell)
    arguments = {key: value for key, value in recipe.train.items() if key != "task"}
    model.train(
        trainer=TRAINERS[model.task],
        **arguments,
        data=data,
        project=str(run.parent),
        name=run.name,
        exist_ok=True,
    )
    done = extension.last_saved_epoch(run)
    if done < epochs_of(recipe):
        folder.add_facts(run, {extension.STOPPED_EARLY: done})


def _load_model(recipe: Recipe) -> Any:
    from ultralytics import YOLO

    from grokyolo.training.trainer import TRAINERS

    where = f"model: {recipe.model} ({recipe.provenance.get('model', recipe.name)})"
    try:
        model = YOLO(recipe.model, task=recipe.train.get("task"))
    except Exception as error:
        raise DataError(
            f"cannot find, read or download the model {recipe.model}: {_first_line(error)}",
            where=where,
            hint=_other_model(recipe.model),
        ) from error
    if model.task not in TRAINERS:
        raise DataError(
            f"grokyolo measures {', '.join(TRAINERS)}, not {model.task}",
            where=where,
            hint="choose another model",
        )
    return model


def _other_model(name: str) -> str:
    """Return what to do where a model cannot be read: what is not there is not proposed."""
    from ultralytics.utils import ROOT

    file = Path(name)
    if file.is_file():
        return f"take another copy of {name}, or another model: model=yolo26n.pt"
    architectures = {path.stem for path in (ROOT / "cfg" / "models").rglob("*.yaml")}
    known = [re.sub(r"^(yolo\D*\d+)", rf"\1{scale}", stem, count=1) for stem in architectures for scale in "nsmlx"]
    known += architectures
    if file.suffix == ".pt" and file.stem in known:
        return f"put the file {file.name} into this folder, or train from scratch: model={file.stem}.yaml"
    near = did_you_mean(file.stem, known)
    return near or f"name {'an architecture' if file.suffix == '.yaml' else 'weights'} that there is: model=yolo26n.pt"


def _other_data(name: str, task: str) -> str:
    """Return what to do where a data set cannot be read."""
    if Path(name).is_file():
        return f"correct the file {name}"
    if Path(name).is_dir():
        return f"put train/ and val/ into {name}, in each of them one folder of images a class"
    return f"give the path of your own data set file: data={'FOLDER' if task == 'classify' else 'my-data.yaml'}"


def _find_data(recipe: Recipe, task: str) -> str:
    if isinstance(recipe.data, BuiltinData):
        from grokyolo.training import datasets

        size = int(recipe.train.get("imgsz", 640))
        return str(datasets.prepare(recipe.data, train_seed=int(recipe.train.get("seed", 0)), image_size=size))
    from ultralytics.data.utils import check_cls_dataset, check_det_dataset

    try:
        if task == "classify":
            check_cls_dataset(recipe.data, split="val")
        else:
            check_det_dataset(recipe.data)
    except Exception as error:
        raise DataError(
            f"cannot find, read or download the data set {recipe.data}: {_first_line(error)}",
            where=f"data: {recipe.data} ({recipe.provenance.get('data', recipe.name)})",
            hint=_other_data(recipe.data, task),
        ) from error
    return recipe.data


@contextmanager
def _errors_explained(recipe: Recipe, run: Path, verbose: bool) -> Iterator[None]:
    try:
        yield
    except BaseException as error:
        raise _explained(error, recipe, run, verbose) from error


def _explained(error: BaseException, recipe: Recipe, run: Path, verbose: bool) -> BaseException:
    kept = folder.has_epochs(run)
    if not kept:
        folder.discard(run)
    shown = folder.typed(run)
    where = shown if kept else "before the first epoch was finished; no run folder is left"
    hint = f"grokyolo resume {shown}" if kept else f"grokyolo train --recipe {recipe.name} --verbose"
    if isinstance(error, (KeyboardInterrupt, Interrupted)):
        return Interrupted(getattr(error, "what", "stopped by Ctrl-C"), where=where, hint=hint)
    if isinstance(error, Stopped):
        return Stopped(error.what, where=where, hint=hint)
    if isinstance(error, GrokyoloError) or not isinstance(error, Exception):
        return error
    if kept:
        (run / "error.txt").write_text("".join(traceback.format_exception(error)), encoding="utf-8")
        hint = f"read {shown}/error.txt, then: {hint}"
    elif verbose:
        return error
    return GrokyoloError(f"training failed: {_first_line(error)}", where=where, hint=hint)


def _first_line(error: BaseException) -> str:
    """Return what an error of Ultralytics says, without its signs."""
    return first_line(error).replace("❌", "").replace("  ", " ").strip()
