"""One plan out of all parts, also as one JSON object."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from grokyolo.dynamics import CONTROL_BUDGET
from grokyolo.findings import Finding, Severity
from grokyolo.plan.costs import Costs, costs_of
from grokyolo.plan.data import Data, Limits, Split, read_data
from grokyolo.plan.machine import Machine, Timing, look_around, measure
from grokyolo.plan.model import Model, read_model
from grokyolo.plan.preflight import examine
from grokyolo.plan.schedule import Schedule, schedule
from grokyolo.plan.settings import Effect, TrainSettings, effects, settings_of
from grokyolo.plan.suggestions import Change, Facts, advise, alone, decay_wanted, steps_towards

if TYPE_CHECKING:
    from grokyolo.recipe import Recipe

WEIGHTS = {
    Severity.INFO: "note",
    Severity.WARNING: "limits",
    Severity.DEFEATS: "defeats",
    Severity.LIES: "lies",
    Severity.ERROR: "breaks",
}
"""What `warnings` calls a severity."""


@dataclass(frozen=True)
class Plan:
    """What a recipe will really do.

    Attributes:
        recipe: resolved.
        settings: its train arguments.
        data: the data set in numbers.
        model: its parameters in numbers.
        schedule: what the optimizer does; None where the number of training images is unknown.
        ways: changes that lead to the budget of the positive control, one after another.
        alone: what each of epochs, weight decay and learning rate would have to be as the only change.
        costs: memory, disk, the probe.
        findings: what stands in the way.
        advice: everything to know, the weightiest first; findings included.
        timing: as measured, None where that was not asked for.
        accelerators: what each of them does.
        decay_wanted: whether more weight decay is proposed.
    """

    recipe: Recipe
    settings: TrainSettings
    data: Data
    model: Model
    schedule: Schedule | None
    ways: tuple[Change, ...]
    alone: tuple[Change, ...]
    costs: Costs
    findings: tuple[Finding, ...]
    advice: tuple[Finding, ...]
    timing: Timing | None = None
    accelerators: tuple[Effect, ...] = ()
    decay_wanted: bool = True


def make_plan(
    recipe: Recipe,
    *,
    limits: Limits | None = None,
    machine: Machine | None = None,
    data: Data | None = None,
    measured: bool = False,
) -> Plan:
    """Return what `recipe` will really do; nothing is written or downloaded.

    Args:
        recipe: resolved.
        limits: how many files are looked into.
        machine: what to train with; this one by default.
        data: the data set in numbers; looked at by default.
        measured: train a few epochs to know how long they take.

    Raises:
        GrokyoloError: measuring failed.
    """
    settings = settings_of(recipe)
    data = data or read_data(recipe, settings, limits)
    model = read_model(
        recipe.model,
        classes=data.classes,
        channels=data.channels,
        keypoints=data.keypoints,
        freeze=settings.freeze,
        side=settings.imgsz,
    )
    now: Schedule | None = None
    ways: tuple[Change, ...] = ()
    single: tuple[Change, ...] = ()
    if data.train is not None and data.train.images > 0:
        counted = (settings, data.train.images, data.classes or 10)
        now = schedule(*counted)
        # a norm that is held leaves decay no budget; and strong decay is proposed to nobody whom it is likely to hurt
        if recipe.accelerate.constrained_norm is None and decay_wanted(recipe, settings, model):
            ways, single = steps_towards(*counted), alone(*counted)
    machine = machine or look_around()
    costs = costs_of(recipe, settings, data, model, now=now, machine=machine)
    findings = examine(settings, data, model, costs, machine)
    wanted = decay_wanted(recipe, settings, model)
    facts = Facts(settings, data, model, now, ways, recipe.accelerate, decay_wanted=wanted)
    advice = advise(facts, findings, recipe.findings)
    timing = measure(recipe, settings, data) if measured else None
    on = effects(recipe.accelerate)
    return Plan(recipe, settings, data, model, now, ways, single, costs, findings, advice, timing, on, wanted)


def to_json(plan: Plan) -> dict[str, Any]:
    """Return the plan as plain values: absent things are None, and no number is infinite or NaN."""
    recipe = plan.recipe
    found = {
        "recipe": recipe.name,
        "recipe_hash": recipe.hash,
        "task": plan.model.task or plan.settings.task,
        "epochs": plan.settings.epochs,
        "data": _data(plan.data),
        "model": _model(plan.model),
        "accelerate": {effect.key.partition(".")[2]: effect.what for effect in plan.accelerators},
        "optimizer": _schedule(plan.schedule) if plan.schedule else None,
        "control": {"from": CONTROL_BUDGET[0], "to": CONTROL_BUDGET[1]},
        "ways": [_change(change) for change in plan.ways],
        "alone": [_change(change) for change in plan.alone],
        "costs": {
            **asdict(plan.costs),
            "prepared_bytes": plan.costs.prepared_bytes,
            "disk_bytes": plan.costs.disk_bytes,
            "gpu": {**asdict(plan.costs.gpu), "total": plan.costs.gpu.total} if plan.costs.gpu else None,
        },
        "time": asdict(plan.timing) if plan.timing else None,
        "warnings": [
            {"weight": WEIGHTS[advice.severity], "what": advice.what, "remedy": advice.remedy} for advice in plan.advice
        ],
    }
    clean: dict[str, Any] = _finite(found)
    return clean


def _schedule(now: Schedule) -> dict[str, Any]:
    return {
        "name": now.optimizer.name,
        "chosen_by_ultralytics": now.optimizer.chosen,
        "momentum": now.optimizer.momentum,
        "lr": {"start": now.lr_start, "peak": now.lr_peak, "end": now.lr_end},
        "batches_per_epoch": now.batches_per_epoch,
        "accumulate": now.accumulate,
        "steps": now.steps,
        "steps_per_epoch": now.steps_per_epoch,
        "warmup": {"batches": now.warmup_batches, "steps": now.warmup_steps},
        "weight_decay": now.weight_decay,
        "decay": now.optimizer.decay.value,
        "decay_factor": now.decay_factor,
        "decay_budget": now.decay_budget,
        "acting_budget": now.acting_budget,
        "ema": {"steps": now.ema_steps, "epochs": now.ema_epochs},
    }


def _data(data: Data) -> dict[str, Any]:
    return {
        "name": data.name,
        "missing": data.missing or None,
        "classes": data.classes,
        "train": _split(data, data.train),
        "val": _split(data, data.val),
        "empty_classes": [(data.names or {})[number] for number in data.empty_classes],
        "val_only_classes": [(data.names or {})[number] for number in data.val_only_classes],
        "in_both": {"compared": data.twins.compared, "pairs": [list(pair) for pair in data.twins.pairs]},
        "image_worth": data.image_worth,
        "largest_worth": data.largest_worth,
    }


def _split(data: Data, split: Split | None) -> dict[str, Any] | None:
    if split is None:
        return None
    names = data.names or {}
    return {
        "images": split.images,
        "images_checked": split.images_checked,
        "labels_checked": split.labels_checked,
        "objects": {names.get(number, str(number)): count for number, count in sorted(split.objects.items())},
        "background": split.background,
        "unlabelled": split.unlabelled,
        "foreign": split.foreign,
        "broken_images": [asdict(fault) for fault in split.broken_images],
        "broken_labels": [asdict(fault) for fault in split.broken_labels],
    }


def _model(model: Model) -> dict[str, Any]:
    weights = model.weights
    return {
        "name": model.name,
        "parameters": weights.total if weights else None,
        "decayed": weights.decayed if weights else None,
        "not_normalised": weights.free if weights else None,
        "frozen": model.frozen,
        "unknown": model.unknown or None,
    }


def _change(change: Change) -> dict[str, Any]:
    return {
        "set": change.typed.split(),
        "why": change.why or None,
        "budget": change.budget,
        "possible": change.possible,
    }


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finite(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
