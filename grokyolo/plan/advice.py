"""What to know before a week of computing is spent, the weightiest first."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from grokyolo.findings import Finding, Severity
from grokyolo.plan.accelerators import effects
from grokyolo.plan.data import Data
from grokyolo.plan.model import Model
from grokyolo.plan.optimizers import Decay
from grokyolo.plan.reaching import CONTROL, Change
from grokyolo.plan.schedule import Schedule
from grokyolo.plan.settings import Settings
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


@dataclass(frozen=True)
class Facts:
    """What the rules look at.

    Attributes:
        settings, data, model, schedule, ways, accelerate: as those of the plan.
        decay_wanted: as `decay_wanted` tells.
    """

    settings: Settings
    data: Data
    model: Model
    schedule: Schedule | None
    ways: tuple[Change, ...]
    accelerate: Accelerate
    decay_wanted: bool = True


def decay_wanted(recipe: Recipe, settings: Settings, model: Model) -> bool:
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
    elif now.acting_budget < FAR_TOO_SMALL * CONTROL[0]:
        what = "far too small a budget: nothing that works through weight decay can show"
        yield Finding(Severity.DEFEATS, what, way, BUDGET)
    elif now.acting_budget < CONTROL[0]:
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
