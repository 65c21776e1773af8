"""How a recipe gets the decay budget at which the positive control jumps."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from grokyolo.dynamics import CONTROL_BUDGET
from grokyolo.format import format_decimal
from grokyolo.plan.optimizers import Decay
from grokyolo.plan.schedule import Schedule, schedule
from grokyolo.plan.settings import Settings

CONTROL = CONTROL_BUDGET
TARGET = 2.4
"""What is aimed at: the middle of those."""
CAP = 1.0
"""Ultralytics takes no larger `weight_decay`."""
USUAL_LR = 0.001
"""AdamW's in `recipes/long.yaml`."""
HIGHEST_LR = 0.01
"""Above this AdamW is seldom stable; the control was tried up to 0.006."""
FAR_TOO_LONG = 10_000_000
"""Epochs that nobody trains."""


@dataclass(frozen=True)
class Change:
    """One change of a recipe.

    Attributes:
        typed: `KEY=VALUE` as on the command line, several separated by spaces.
        why: what it undoes, in a few words.
        budget: acting budget in e-folds after it; None where an optimizer makes it unknown.
        possible: whether Ultralytics takes the value, and a run can be that long.
    """

    typed: str
    why: str
    budget: float | None
    possible: bool = True


def budget_of(settings: Settings, images: int, classes: int) -> float | None:
    """Return the acting budget of a recipe in e-folds."""
    return schedule(settings, images, classes).acting_budget


def steps_towards(settings: Settings, images: int, classes: int) -> tuple[Change, ...]:
    """Return changes to make one after another until the budget is that of the control; none where it is already.

    Those that cost no time come first, more epochs last.
    """
    budget = budget_of(settings, images, classes)
    if budget is not None and budget >= CONTROL[0]:
        return ()
    changes: list[Change] = []
    for make in (_named_optimizer, _no_accumulation, _no_fading, _more_decay, _more_epochs):
        made = make(settings, images, classes)
        if made is None:
            continue
        typed, why, settings = made
        budget = budget_of(settings, images, classes)
        changes.append(Change(typed, why, budget, settings.epochs < FAR_TOO_LONG))
        if budget is not None and budget >= TARGET:
            break
    return tuple(changes)


def alone(settings: Settings, images: int, classes: int) -> tuple[Change, ...]:
    """Return what each of epochs, weight decay and learning rate would have to be, were it the only change."""
    now = schedule(settings, images, classes)
    budget = now.acting_budget
    if not budget or budget >= CONTROL[0]:
        return ()
    epochs = _rounded(settings.epochs * TARGET / budget)
    strong = budget_of(replace(settings, weight_decay=CAP), images, classes) or math.inf  # where rounding is no matter
    factor = TARGET / strong * CAP / settings.weight_decay
    decay, rate = _rounded(settings.weight_decay * factor), _rounded(now.optimizer.lr * factor)
    named = f"optimizer={now.optimizer.name} " if now.optimizer.chosen else ""
    return (
        Change(f"{named}epochs={int(epochs)}", "", TARGET, epochs < FAR_TOO_LONG),
        Change(f"weight_decay={format_decimal(decay)}", "", TARGET, decay <= CAP),
        Change(f"{named}lr0={format_decimal(rate)}", "", TARGET, rate <= HIGHEST_LR),
    )


Made = tuple[str, str, Settings] | None


def _named_optimizer(settings: Settings, images: int, classes: int) -> Made:
    now = schedule(settings, images, classes)
    if now.optimizer.chosen:
        typed = f"optimizer=AdamW lr0={format_decimal(USUAL_LR)} warmup_bias_lr=0.0"
        why = f"auto took {format_decimal(now.optimizer.lr)}"
        return typed, why, replace(settings, optimizer="AdamW", lr0=USUAL_LR)
    if now.optimizer.decay is Decay.RESCALED:
        return "optimizer=AdamW", f"{now.optimizer.name} rescales it", replace(settings, optimizer="AdamW")
    return None


def _no_accumulation(settings: Settings, images: int, classes: int) -> Made:
    accumulate = schedule(settings, images, classes).accumulate
    if accumulate == 1:
        return None
    return f"nbs={settings.batch}", f"{accumulate} batches a step", replace(settings, nbs=settings.batch)


def _no_fading(settings: Settings, images: int, classes: int) -> Made:
    return ("lrf=1.0", "no fading", replace(settings, lrf=1.0)) if settings.lrf < 1 else None


def _more_decay(settings: Settings, images: int, classes: int) -> Made:
    if settings.weight_decay >= CAP:
        return None
    at_most = budget_of(replace(settings, weight_decay=CAP), images, classes)
    wanted = min(_rounded(CAP * TARGET / at_most), CAP) if at_most else CAP
    if wanted <= settings.weight_decay:
        return None
    return (
        f"weight_decay={format_decimal(wanted)}",
        "the cap" if wanted == CAP else "",
        replace(settings, weight_decay=wanted),
    )


def _more_epochs(settings: Settings, images: int, classes: int) -> Made:
    budget = budget_of(settings, images, classes)
    if not budget:
        return None
    epochs = int(_rounded(settings.epochs * TARGET / budget))
    return f"epochs={epochs}", "a longer run", replace(settings, epochs=epochs)


def _rounded(number: float) -> float:
    """Return a number rounded up to two digits, so that it suffices."""
    if number <= 0:
        return 0.0
    unit = 10.0 ** (math.floor(math.log10(number)) - 1)
    return math.ceil(number / unit - 1e-9) * unit


def of_control(now: Schedule) -> float | None:
    """Return the acting budget as a share of the least that the control needs."""
    return None if now.acting_budget is None else now.acting_budget / CONTROL[0]
