"""One training from recipe to finished run folder, and on from there."""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from shlex import quote
from typing import Any

from grokyolo.errors import DataError, GrokyoloError, Interrupted, Stopped, did_you_mean, first_line
from grokyolo.files import STATE_BYTES, YAML_BYTES, opened
from grokyolo.notify.listener import Listener, Progress
from grokyolo.plan import another_family, family_of, known_models
from grokyolo.recipe import BuiltinData, Recipe, epochs_of
from grokyolo.run import folder, links, signals, status
from grokyolo.training import environment
from grokyolo.typed import AGAIN

FAMILIES = {"RTDETR": "RT-DETR", "YOLOWorld": "YOLO-World"}
"""Classes of Ultralytics beside `YOLO` whose names are not those of their models."""
MOVED = "type the command again, with the place where it is now behind data="


def train(
    recipe: Recipe,
    *,
    name: str | None,
    listener: Listener,
    verbose: bool = False,
    time_limit: float | None = None,
    resume: bool = False,
    from_scratch: bool = False,
) -> Path:
    """Train `recipe` in a new run folder and return that folder.

    Args:
        recipe: resolved.
        name: the run's name as the user chose it; None takes the recipe's.
        listener: told about the run's start, its epochs and warnings.
        verbose: show Ultralytics' own output on standard error.
        time_limit: seconds after which the training saves and stops; None for no limit.
        resume: as in `folder.claim`.
        from_scratch: move a run of this name aside first.

    Raises:
        DataError: the model or the data cannot be found, read or downloaded; no folder is left.
        UsageError: the run folder cannot be made, or the run is training now.
        Interrupted, Stopped: Ctrl-C, a signal or the time limit; the run can go on.
        GrokyoloError: training failed.
    """
    with _stage(listener, verbose, time_limit):
        model = _load_model(recipe)
        data = _find_data(recipe, model.task)
        named = recipe.name if name is None else name
        with _old_run_aside(named, wanted=from_scratch):
            run = folder.claim(named, chosen=name is not None, resume=resume)
            links.must_stay_inside(run)
            before = folder.Untouched(run, made=not any(run.iterdir()))
            with folder.owned(run, listener.warning), _errors_explained(recipe, before, verbose):
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
    change: folder.Extension | None = None,
) -> None:
    """Train on in an existing run folder, exactly from where its newest sound state stands.

    Args:
        run: the run folder.
        recipe: the run's own, or an extended one, which then takes its place.
        listener, verbose, time_limit: as in `train`.
        change: what the extended recipe changes, for the log.

    Raises:
        UsageError: the run is training now.
        RunError: nothing sound is there to go on from, or it is not safe to.
        DataError, Interrupted, Stopped, GrokyoloError: as `train`. Without a new row the folder is as it was.
    """
    run = run.absolute()
    status.state_to_resume(run)
    links.must_stay_inside(run)
    with _stage(listener, verbose, time_limit), environment.data_only():
        environment.must_be_weights(run)
        model = _load_model(recipe)
        data = _find_data(recipe, model.task, moved=True)
        with folder.owned(run, listener.warning), _errors_explained(recipe, folder.Untouched(run, made=False), verbose):
            links.unshare(run)
            folder.replace_recipe(run, recipe, change)
            listener.started(run)
            _fit(model, recipe, data, run, listener)


@contextmanager
def _old_run_aside(name: str, *, wanted: bool) -> Iterator[None]:
    """Move the run of a name aside; it comes back where the block leaves no other in its place."""
    old = folder.set_aside(name) if wanted else None
    run = Path("runs").absolute() / name
    try:
        yield
    finally:
        if old is not None and not run.exists():
            old.rename(run)


@contextmanager
def _stage(listener: Listener, verbose: bool, time_limit: float | None) -> Iterator[None]:
    """Route output and signals during a training, and leave nothing of its model to later ones."""
    from grokyolo.run.signals import heard
    from grokyolo.training import compat
    from grokyolo.training.environment import limit_threads, own_activation, ultralytics_output

    limit_threads()
    with ultralytics_output(listener.warning, verbose=verbose), heard(time_limit), own_activation():
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
    done, epochs = status.status_of(run, epochs_of(recipe)).epoch, epochs_of(recipe)
    early = {"stopped_early": done} if done < epochs else {}
    folder.add_facts(run, {"evaluated": done, **early})


def _load_model(recipe: Recipe) -> Any:
    from ultralytics import YOLO

    from grokyolo.training.trainer import TRAINERS

    where = f"model: {recipe.model} ({recipe.provenance.get('model', recipe.name)})"
    if family := family_of(recipe.model):
        raise _another_family(family, where)
    try:
        if Path(recipe.model).exists():
            opened(Path(recipe.model), STATE_BYTES).close()  # a pipe would be waited for
        model = YOLO(recipe.model, task=recipe.train.get("task"))
    except Exception as error:
        raise DataError(
            f"cannot find, read or download the model {recipe.model}: {_first_line(error)}",
            where=where,
            hint=_other_model(recipe.model),
        ) from error
    if type(model) is not YOLO:  # weights say what they are when they are read
        raise _another_family(FAMILIES.get(type(model).__name__, type(model).__name__), where)
    if model.task not in TRAINERS:
        raise DataError(
            f"grokyolo measures {', '.join(TRAINERS)}, not {model.task}",
            where=where,
            hint=f"choose a model for one of {', '.join(TRAINERS)}",
        )
    return model


def _another_family(family: str, where: str) -> DataError:
    what, remedy = another_family(family)
    return DataError(what, where=where, hint=remedy)


def _other_model(name: str) -> str:
    """Return what to do where a model cannot be read: what is not there is not proposed."""
    file, known = Path(name), known_models()
    if file.is_file():
        return f"take another copy of {name}, or another model"
    if file.suffix == ".pt" and file.stem in known:
        return f"put the file {file.name} into this folder, or train from scratch: model={file.stem}.yaml"
    near = did_you_mean(file.stem, known)
    return near or f"model=yolo26n{file.suffix if file.suffix == '.yaml' else '.pt'}"


def _other_data(name: str, task: str) -> str:
    """Return what to do where a data set cannot be read."""
    if Path(name).is_file():
        return f"correct the file {name}"
    if Path(name).is_dir():
        return f"put train/ and val/ into {name}, in each of them one folder of images a class"
    return f"write the path of your own {'folder of images' if task == 'classify' else 'data set file'} behind data="


def _find_data(recipe: Recipe, task: str, *, moved: bool = False) -> str:
    """Return what `data=` of Ultralytics takes.

    Args:
        recipe: resolved.
        task: of the model.
        moved: whether it was there when the run began; nothing is downloaded then.
    """
    if isinstance(recipe.data, BuiltinData):
        from grokyolo.training import datasets

        size = int(recipe.train.get("imgsz", 640))
        return str(datasets.prepare(recipe.data, train_seed=int(recipe.train.get("seed", 0)), image_size=size))
    from ultralytics.data.utils import check_cls_dataset, check_det_dataset

    try:
        if task == "classify":
            check_cls_dataset(recipe.data, split="val")
        else:
            if Path(recipe.data).exists() and not Path(recipe.data).is_dir():
                opened(Path(recipe.data), YAML_BYTES if Path(recipe.data).suffix != ".zip" else STATE_BYTES).close()
            check_det_dataset(recipe.data, autodownload=not moved)  # a description may bring code along
    except Exception as error:
        raise DataError(
            f"cannot find, read or download the data set {recipe.data}: {_first_line(error)}",
            where=f"data: {recipe.data} ({recipe.provenance.get('data', recipe.name)})",
            hint=MOVED if moved and not Path(recipe.data).exists() else _other_data(recipe.data, task),
        ) from error
    return recipe.data


@contextmanager
def _errors_explained(recipe: Recipe, before: folder.Untouched, verbose: bool) -> Iterator[None]:
    try:
        yield
    except BaseException as error:
        raise _explained(signals.current.meant_by(error), recipe, before, verbose) from error


def _explained(error: BaseException, recipe: Recipe, before: folder.Untouched, verbose: bool) -> BaseException:
    run = before.run
    kept = before.has_new_rows()
    gone = not kept and before.restore()
    shown = folder.shown(run)
    where = shown if kept else f"{shown}, before a new epoch was finished: nothing in it was changed"
    hint = f"grokyolo resume {quote(shown)}" + ("" if kept else " --verbose")
    if gone:
        where = "before the first epoch was finished; no run folder is left"
        hint = AGAIN if isinstance(error, (KeyboardInterrupt, Interrupted, Stopped)) else "--verbose"
    if isinstance(error, (KeyboardInterrupt, Interrupted)):
        return Interrupted(getattr(error, "what", "stopped by Ctrl-C"), where=where, hint=hint)
    if isinstance(error, Stopped):
        return Stopped(error.what, where=where, hint=hint)
    if isinstance(error, GrokyoloError) or not isinstance(error, Exception):
        return error
    if kept:
        with suppress(OSError):  # a full disk may be the very reason
            (run / "error.txt").write_text("".join(traceback.format_exception(error)), encoding="utf-8")
            where = f"{where}; {shown}/error.txt says more"
    elif verbose:
        return error
    return GrokyoloError(f"training failed: {_first_line(error)}", where=where, hint=hint)


def _first_line(error: BaseException) -> str:
    """Return what an error of Ultralytics says, without its signs."""
    return first_line(error).replace("❌", "").replace("  ", " ").strip()
