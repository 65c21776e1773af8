"""A plan as one JSON object."""

from __future__ import annotations

import math
from dataclasses import asdict
from typing import Any

from grokyolo.findings import Severity
from grokyolo.plan.data import Data, Split
from grokyolo.plan.model import Model
from grokyolo.plan.planning import Plan
from grokyolo.plan.reaching import CONTROL, Change
from grokyolo.plan.schedule import Schedule

WEIGHTS = {
    Severity.INFO: "note",
    Severity.WARNING: "limits",
    Severity.DEFEATS: "defeats",
    Severity.LIES: "lies",
    Severity.ERROR: "breaks",
}
"""What `warnings` calls a severity."""


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
        "control": {"from": CONTROL[0], "to": CONTROL[1]},
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
