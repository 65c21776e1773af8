"""What to know before a week of computing is spent, and which changes give a recipe the budget of the control."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from grokyolo.dynamics import CONTROL_BUDGET
from grokyolo.findings import Finding, Severity
from grokyolo.format import format_decimal
from grokyolo.plan.data import Data
from grokyolo.plan.model import Model
from grokyolo.plan.schedule import Schedule, schedule
from grokyolo.plan.settings import Decay, TrainSettings, effects
from grokyolo.recipe import Accelerate, BuiltinData
from grokyolo.recipe.models import MEMORISED

if TYPE_CHECKING:
    from grokyolo.recipe import Recipe

FAR_TOO_SMALL = 0.1
"""Share of the control's budget below which nothing that works through decay can show."""
FEW_VALIDATION, HARDLY_ANY_VALIDATION = 20, 8
"""Images below which a verdict is called indicative, and loss-only."""
LONG_AVERAGE = 0.1
"""Share of the run from which the averaged weights blur when something happened."""
LITTLE_FREE = 0.1
STRONG = 0.1
"""Weight decay from which somebody is taken to ask for what strong decay may do."""
STUDY = "docs/study.md"
FADED = 0.5
BUDGET = "decay budget"
"""Where the judgement of the budget is located."""
TARGET = 2.4
"""E-folds that are aimed at: the middle of `CONTROL_BUDGET`."""
CAP = 1.0
"""Ultralytics takes no larger `weight_decay`."""
USUAL_LR = 0.001
"""AdamW's in `recipes/long.yaml`."""
HIGHEST_LR = 0.01
"""Above this AdamW is seldom stable; the control was tried up to 0.006."""
FAR_TOO_LONG = 10_000_000
"""Epochs that nobody trains."""


@dataclass(frozen=True)
class Facts:
    """What the rules look at.

    Attributes:
        settings, data, model, schedule, ways, accelerate: as those of the plan.
        decay_wanted: as `decay_wanted` tells.
    """

    settings: TrainSettings
    data: Data
    model: Model
    schedule: Schedule | None
    ways: tuple[Change, ...]
    accelerate: Accelerate
    decay_wanted: bool = True


def decay_wanted(recipe: Recipe, settings: TrainSettings, model: Model) -> bool:
    """Tell whether more weight decay is proposed: it is asked for, or acts on the size of many weights.

    Where nearly all weights feed a normalisation it changes only their pace, and in our study of such models strong
    decay helped none and kept a detector from learning (docs/study.md).
    """
    asked = isinstance(recipe.data, BuiltinData) or settings.weight_decay >= STRONG
    return asked or (model.free_share is not None and model.free_share >= LITTLE_FREE)


def advise(facts: Facts, findings: tuple[Finding, ...], of_recipe: Sequence[Finding]) -> tuple[Finding, ...]:
    """Return every warning, the weightiest first.

    Args:
        facts: the plan.
        findings: of the preflight.
        of_recipe: what the recipe itself is warned of; what `ways` or a rule here says already is left out.
    """
    found = [*findings, *(advice for rule in RULES for advice in rule(facts))]
    typed = {part for advice in found for part in advice.remedy.split()}
    typed |= {part for change in facts.ways for part in change.typed.split()}
    said = {part.split("=")[0] for part in typed}
    for finding in of_recipe:
        if not finding.remedy.split() or finding.remedy.split()[0].split("=")[0] not in said:
            found.append(replace(finding, severity=Severity.INFO))
    return tuple(sorted(found, key=lambda advice: -advice.severity))


def _leaks(facts: Facts) -> Iterator[Finding]:
    twins = facts.data.twins
    if twins.pairs:
        others = " and the others, which --json lists," if len(twins.pairs) > 1 else ""
        what = f"{len(twins.pairs)} of {twins.compared} validation images are training images too: no gap can be seen"
        yield Finding(Severity.LIES, what, f"take {twins.pairs[0][1]}{others} out of validation")


def _budget(facts: Facts) -> Iterator[Finding]:
    now = facts.schedule
    if now is None or facts.accelerate.constrained_norm is not None or not facts.decay_wanted:
        return
    way = " ".join(change.typed for change in facts.ways)
    if now.acting_budget is None:
        what = f"{now.optimizer.name} rescales weight decay with the gradient, so its budget is unknown"
        yield Finding(Severity.DEFEATS, what, "optimizer=AdamW", BUDGET)
    elif now.acting_budget < FAR_TOO_SMALL * CONTROL_BUDGET[0]:
        what = "far too small a budget: nothing that works through weight decay can show"
        yield Finding(Severity.DEFEATS, what, way, BUDGET)
    elif now.acting_budget < CONTROL_BUDGET[0]:
        what = "a smaller budget than the positive control needs"
        yield Finding(Severity.WARNING, what, way, BUDGET)


def _optimizer(facts: Facts) -> Iterator[Finding]:
    now = facts.schedule
    if now is None:
        return
    if now.optimizer.chosen:
        what = f"optimizer=auto chose {now.optimizer.name}: another number of epochs or images may change that"
        yield Finding(Severity.WARNING, what, "optimizer=AdamW lr0=0.001 warmup_bias_lr=0.0")
    if now.optimizer.decay is Decay.MOMENTUM and now.weight_decay and now.optimizer.name == "MuSGD":
        what = (
            "MuSGD decays in its SGD half only, beside orthogonal steps of a fixed size: the budget is an upper bound"
        )
        yield Finding(Severity.WARNING, what, "optimizer=AdamW")


def _rate(facts: Facts) -> Iterator[Finding]:
    now = facts.schedule
    if now is not None and now.lr_end < FADED * now.lr_peak:
        share = now.lr_end / now.lr_peak
        what = f"the learning rate ends at {share:.2g} of its peak: late epochs hardly learn"
        yield Finding(Severity.WARNING, what, "lrf=1.0")


def _steps(facts: Facts) -> Iterator[Finding]:
    now = facts.schedule
    if now is not None and now.steps_per_epoch < 1:
        what = f"weights move only every {1 / now.steps_per_epoch:.3g} epochs: measurements repeat in between"
        yield Finding(Severity.WARNING, what, f"nbs={facts.settings.batch}")


def _validation(facts: Facts) -> Iterator[Finding]:
    val = facts.data.val
    if val is None or val.images >= FEW_VALIDATION:
        return
    loss_only = val.images < HARDLY_ANY_VALIDATION
    what = f"{val.images} validation images: " + (
        "a verdict can rest on the losses alone" if loss_only else "a verdict is no more than indicative"
    )
    yield Finding(Severity.WARNING, what, f"add at least {FEW_VALIDATION - val.images} images to validation")


def _average(facts: Facts) -> Iterator[Finding]:
    now = facts.schedule
    if now is not None and now.steps and now.ema_steps > LONG_AVERAGE * now.steps:
        share = now.ema_steps / now.steps
        what = f"validation sees weights averaged over {100 * share:.0f} % of the run: a jump shows later and smoother"
        yield Finding(Severity.INFO, what, "")


def _free(facts: Facts) -> Iterator[Finding]:
    share = facts.model.free_share
    if share is not None and share < LITTLE_FREE and facts.settings.weight_decay:
        what = f"{100 * (1 - share):.3g} % of the decayed weights feed a normalisation: decay only changes their pace"
        if facts.decay_wanted:
            yield Finding(Severity.INFO, what, "")
        else:
            yield Finding(Severity.WARNING, f"{what}; strong decay helped no such model in {STUDY}", "")


def _accelerated(facts: Facts) -> Iterator[Finding]:
    on, share = facts.accelerate, facts.model.free_share
    if on.weight_decay_after == MEMORISED and facts.settings.task != "classify":
        what = "weight decay waits for a probe score of 95 %, which a detector seldom reaches"
        yield Finding(Severity.WARNING, what, f"accelerate.weight_decay_after={max(facts.settings.epochs // 10, 1)}")
    if (on.initial_scale or on.constrained_norm) and share is not None and share < LITTLE_FREE:
        what = f"{100 * (1 - share):.3g} % of the rescaled weights feed a normalisation: only their pace changes"
        yield Finding(Severity.INFO, what, "")
    if named := effects(on):
        what = "accelerated: only the same recipe without it, and the same seed, tells whether that helps"
        yield Finding(Severity.INFO, what, " ".join(f"{one.key}={one.off}" for one in named))


def _batch(facts: Facts) -> Iterator[Finding]:
    settings = facts.settings
    if settings.batch_assumed:
        what = f"the GPU's memory chooses the batch: all numbers here are for {settings.batch}"
        yield Finding(Severity.WARNING, what, f"batch={settings.batch} nbs={settings.batch}")


RULES: tuple[Callable[[Facts], Iterator[Finding]], ...] = (
    _leaks,
    _budget,
    _free,
    _optimizer,
    _rate,
    _steps,
    _validation,
    _average,
    _accelerated,
    _batch,
)


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


def budget_of(settings: TrainSettings, images: int, classes: int) -> float | None:
    """Return the acting budget of a recipe in e-folds."""
    return schedule(settings, images, classes).acting_budget


def steps_towards(settings: TrainSettings, images: int, classes: int) -> tuple[Change, ...]:
    """Return changes to make one after another until the budget is that of the control; none where it is already.

    Those that cost no time come first, more epochs last.
    """
    budget = budget_of(settings, images, classes)
    if budget is not None and budget >= CONTROL_BUDGET[0]:
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


def alone(settings: TrainSettings, images: int, classes: int) -> tuple[Change, ...]:
    """Return what each of epochs, weight decay and learning rate would have to be, were it the only change."""
    now = schedule(settings, images, classes)
    budget = now.acting_budget
    if not budget or budget >= CONTROL_BUDGET[0]:
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


Made = tuple[str, str, TrainSettings] | None


def _named_optimizer(settings: TrainSettings, images: int, classes: int) -> Made:
    now = schedule(settings, images, classes)
    if now.optimizer.chosen:
        typed = f"optimizer=AdamW lr0={format_decimal(USUAL_LR)} warmup_bias_lr=0.0"
        why = f"auto took {format_decimal(now.optimizer.lr)}"
        return typed, why, replace(settings, optimizer="AdamW", lr0=USUAL_LR)
    if now.optimizer.decay is Decay.RESCALED:
        return "optimizer=AdamW", f"{now.optimizer.name} rescales it", replace(settings, optimizer="AdamW")
    return None


def _no_accumulation(settings: TrainSettings, images: int, classes: int) -> Made:
    accumulate = schedule(settings, images, classes).accumulate
    if accumulate == 1:
        return None
    return f"nbs={settings.batch}", f"{accumulate} batches a step", replace(settings, nbs=settings.batch)


def _no_fading(settings: TrainSettings, images: int, classes: int) -> Made:
    return ("lrf=1.0", "no fading", replace(settings, lrf=1.0)) if settings.lrf < 1 else None


def _more_decay(settings: TrainSettings, images: int, classes: int) -> Made:
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


def _more_epochs(settings: TrainSettings, images: int, classes: int) -> Made:
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
