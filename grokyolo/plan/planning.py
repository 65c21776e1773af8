"""One plan out of all parts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from grokyolo.findings import Finding
from grokyolo.plan.accelerators import Effect, effects
from grokyolo.plan.advice import Facts, advise, decay_wanted
from grokyolo.plan.costs import Costs, costs_of
from grokyolo.plan.data import Data, Limits, read_data
from grokyolo.plan.machine import Machine, look_around
from grokyolo.plan.measuring import Timing, measure
from grokyolo.plan.model import Model, read_model
from grokyolo.plan.preflight import examine
from grokyolo.plan.reaching import Change, alone, steps_towards
from grokyolo.plan.schedule import Schedule, schedule
from grokyolo.plan.settings import Settings, settings_of

if TYPE_CHECKING:
    from grokyolo.recipe import Recipe


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
    settings: Settings
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
