"""The plan of a run that has been trained, beside what its log says really happened."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from grokyolo.errors import GrokyoloError
from grokyolo.files import RUN_FILE
from grokyolo.format import format_number
from grokyolo.gap import EventKind, Series
from grokyolo.gap.series import FloatArray, Source
from grokyolo.gap.settings import Settings, read_run_file, read_settings
from grokyolo.view.plan import average_words, data_words, model_words, training_rows, worth_words

if TYPE_CHECKING:
    from grokyolo.plan import Data, Limits, Plan, Split
    from grokyolo.recipe import Recipe

MANY_IMAGES = 20_000
"""From here on the report does not compare the images of both splits: on a network disk that takes minutes."""
CHANGES = (EventKind.LR_CHANGED, EventKind.WD_CHANGED, EventKind.DATA_CHANGED)


@dataclass(frozen=True)
class Planned:
    """What a run was to do, and what it did.

    Attributes:
        source: the file that the plan was worked out from.
        rows: (what, planned, in the log); either of the two may be empty.
        warnings: (`warning` or `note`, what, what to type; may be empty), the weightiest first.
        remarks: what to know before trusting the plan.
    """

    source: str
    rows: tuple[tuple[str, str, str], ...]
    warnings: tuple[tuple[str, str, str], ...] = ()
    remarks: tuple[str, ...] = ()


def planned(folder: Path, series: Series) -> Planned | None:
    """Return the plan of a run; None where nothing beside its log says how it was trained.

    Images are looked at only as far as it costs no time. What is gone or unreadable makes the plan shorter, and is
    named.

    Args:
        folder: the run folder.
        series: its log.
    """
    if (folder / RUN_FILE).is_file():
        return _of_recipe(folder, series)
    settings = read_settings(folder)
    if not settings.file:
        return None
    return Planned(settings.file, _beside(_of_arguments(settings, series.score_name), series))


def _of_recipe(folder: Path, series: Series) -> Planned:
    try:
        recipe, remarks = _recipe(folder)
        plan, more = _plan(recipe, series)
    except GrokyoloError as error:
        return Planned(RUN_FILE, (), remarks=(f"The plan cannot be worked out: {error.what}",))
    return Planned(RUN_FILE, _beside(_rows(plan), series), _warnings(plan), (*_changes(series), *remarks, *more))


def _beside(rows: Iterable[tuple[str, str]], series: Series) -> tuple[tuple[str, str, str], ...]:
    """Return each row of a plan with what happened, without those of which nothing is known."""
    log = happened(series)
    told = [(what, words, log.get(what, "")) for what, words in rows]
    return tuple(row for row in told if row[1] or row[2])


def _recipe(folder: Path) -> tuple[Recipe, tuple[str, ...]]:
    """Return the recipe of a run, without its architecture where that file is not on this machine."""
    from grokyolo.recipe import load

    try:
        return load(str(folder.absolute())), ()
    except GrokyoloError:
        model = read_run_file(folder)[0].recipe.get("model")
        if not isinstance(model, str) or not model:
            raise
        name = Path(model).name
        if name == model:
            raise
        return load(str(folder.absolute()), [f"model={name}"]), (f"The model file {model} is not here.",)


def _plan(recipe: Recipe, series: Series) -> tuple[Plan, tuple[str, ...]]:
    """Return the plan with the numbers of images that the run saw, and what is different or gone now."""
    from grokyolo.plan import make_plan, settings_of
    from grokyolo.plan.data import read_data
    from grokyolo.plan.machine import Machine

    nowhere = Machine(disk_free=1 << 62, shared_free=None, cpus=1)  # where it trained is of no matter any more
    data = read_data(recipe, settings_of(recipe), _limits(series))
    seen, remarks = _as_seen(data, series)
    plan = make_plan(recipe, machine=nowhere, data=seen)
    if data.missing:
        plan = replace(plan, advice=tuple(one for one in plan.advice if data.missing not in one.what))
    if plan.schedule is not None and plan.schedule.optimizer.chosen and data.classes is None:
        remarks += ("The learning rate that auto chooses depends on the number of classes, which is not known here.",)
    return plan, remarks


def _limits(series: Series) -> Limits:
    from grokyolo.plan import BRIEF

    many = (series.train_images or 0) + (series.val_images or 0) > MANY_IMAGES
    return replace(BRIEF, twins=0) if many else BRIEF


def _as_seen(data: Data, series: Series) -> tuple[Data, tuple[str, ...]]:
    """Return the data set with as many images as the run saw, and what is different about it now."""
    remarks = [f"The data set cannot be looked at: {data.missing}."] if data.missing else []
    for word, split, seen in (
        ("training", data.train, series.train_images),
        ("validation", data.val, series.val_images),
    ):
        if split is not None and seen is not None and split.images != seen:
            remarks.append(f"The data set has {split.images:,} {word} images now, the run saw {seen:,}.")
    train, val = _split(data.train, series.train_images), _split(data.val, series.val_images)
    return replace(data, train=train, val=val), tuple(remarks)


def _split(split: Split | None, images: int | None) -> Split | None:
    from grokyolo.plan import Split

    return split if images is None else replace(split or Split(images), images=images)


def _rows(plan: Plan) -> Iterator[tuple[str, str]]:
    yield "data", "" if plan.data.missing else data_words(plan)
    yield "score", worth_words(plan)
    yield "model", model_words(plan)
    if plan.schedule is None:
        yield "optimizer", plan.settings.optimizer
        yield "steps", "unknown: neither the images nor their number are known"
        yield from (("decay", ""), ("budget", ""))
    else:
        yield from training_rows(plan, plan.schedule)
    every = plan.costs.every
    if plan.costs.probe_images:
        yield (
            "probe",
            f"{plan.costs.probe_images:,} training images, "
            + ("every epoch" if every == 1 else f"every {every} epochs"),
        )


def _warnings(plan: Plan) -> tuple[tuple[str, str, str], ...]:
    from grokyolo.findings import Severity

    return tuple(("warning" if one.severity > Severity.INFO else "note", one.what, one.remedy) for one in plan.advice)


def _changes(series: Series) -> Iterator[str]:
    epochs = sorted({event.epoch for event in series.events_of(CHANGES)})
    if epochs:
        where = ", ".join(f"{epoch:,}" for epoch in epochs[:3]) + (" …" if len(epochs) > 3 else "")
        yield f"Settings changed at epoch {where}: the plan is of those at the end, for all epochs."


def _of_arguments(settings: Settings, score_name: str) -> Iterator[tuple[str, str]]:
    """Return what the arguments of a foreign run allow; how many steps there are is known to its log at most."""
    yield "data", ""
    yield "optimizer", f"{_named(settings.optimizer)}; the learning rate {_course(settings)}"
    if settings.accumulate is not None:
        many = settings.accumulate
        yield "steps", "one after each batch" if many == 1 else f"one after {many} batches (batch smaller than nbs)"
    if np.isfinite(settings.effective_decay):
        yield "decay", f"{format_number(settings.effective_decay)} after scaling by batch and nbs"
    yield "budget", ""
    if settings.mosaic and settings.close_mosaic and settings.epochs and score_name != "top1":
        yield "mosaic", f"closed for the last {settings.close_mosaic} of {settings.epochs:,} epochs"


def _named(optimizer: str) -> str:
    """Return the optimizer as PyTorch spells it."""
    if optimizer in {"", "auto"}:
        return "auto, which Ultralytics chooses, ignoring lr0" if optimizer else "not named"
    from grokyolo.recipe.train_arguments import OPTIMIZERS

    return next((name for name in OPTIMIZERS if name.lower() == optimizer), optimizer)


def _course(settings: Settings) -> str:
    shape = "along a cosine" if settings.cosine else "along a line"
    end = "stays" if settings.final_lr == 1 else f"goes to {settings.final_lr:g} of its start {shape}"
    warm = f" after {settings.warmup_epochs:g} epochs of warm-up" if settings.warmup_epochs else ""
    return f"{end}{warm}"


# What the log says -------------------------------------------------------------------------------------------------


def happened(series: Series) -> dict[str, str]:
    """Return what the log says of each row of a plan that it tells anything of; empty where it does not tell."""
    from grokyolo.dynamics import ema_window

    own, last = series.source is Source.GROKYOLO, int(series.epoch[-1])
    about = "" if own else "about "  # other logs do not count optimizer steps: they are reckoned from the curves
    counts = (("training", series.train_images), ("validation", series.val_images))
    images = ", ".join(f"{count:,} {name}" for name, count in counts if count is not None)
    rate, steps, spent = _first_to_last(series.lr), _known(series.step), _known(series.decay_budget)
    averaged = len(steps) > 1 and steps[-1] > 0
    probe = "" if series.probe_images is None else f"{series.probe_images:,} images, "
    measured = f"measured in {int(series.measured.sum()):,} of {len(series):,} epochs"
    return {
        "data": f"{images} images" if images else "",
        "optimizer": f"learning rate {rate}" if rate else "",
        "steps": f"{about}{steps[-1]:,.0f} in {last:,} epochs" if len(steps) else "",
        "decay": _first_to_last(series.weight_decay) if own else "",  # no other log has it
        "budget": f"{about}{format_number(spent[-1])} e-folds spent" if len(spent) else "",
        "warm-up": average_words(ema_window(steps[-1]) * last / steps[-1]) if averaged else "",
        "probe": f"{probe}{measured}" if series.like_for_like else "",
    }


def _first_to_last(values: FloatArray) -> str:
    """Return first, most extreme and last value, without repeating what is the same."""
    known = _known(values)
    if not len(known):
        return ""
    highest = known.max() if known.max() > max(known[0], known[-1]) else known[-1]
    told = [f"{value:.3g}" for value in (known[0], highest, known[-1])]
    return " → ".join(text for i, text in enumerate(told) if not i or text != told[i - 1])


def _known(values: FloatArray) -> FloatArray:
    found: FloatArray = values[np.isfinite(values)]
    return found
