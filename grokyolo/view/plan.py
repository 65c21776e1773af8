"""A plan on one screen, and in a few lines."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from pathlib import Path

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from grokyolo.plan import CONTROL, Advice, Change, Plan, Schedule, Weight
from grokyolo.plan.preflight import size
from grokyolo.view.progress import spelled

WIDTH = 80
MOST_ADVICE = 6
"""Warnings shown; --json has them all."""
STYLES = {
    Weight.BREAKS: "bold red",
    Weight.LIES: "bold red",
    Weight.DEFEATS: "red",
    Weight.LIMITS: "yellow",
    Weight.NOTE: "dim",
}


def plan_screen(plan: Plan) -> RenderableType:
    """Return a plan for people; fits 80 columns."""
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 1, 0, 0), width=WIDTH)
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    for label, text in _rows(plan):
        table.add_row(label, Text(text))
    parts: list[RenderableType] = [_heading(plan), table]
    if plan.ways:
        parts += [Text(), _ways(plan)]
    if plan.advice:
        parts += [Text(), *_advice(plan.advice)]
    return Group(*parts)


def brief(plan: Plan) -> list[str]:
    """Return the two or three lines that stand at the start of a training."""
    now = plan.schedule
    lines = []
    if now is not None:
        lines.append(
            f"plan: {_count(now.steps)} optimizer steps in {_count(now.epochs)} epochs, {now.optimizer.name}, "
            f"learning rate {_rate(now.lr_peak)} to {_rate(now.lr_end)}, weight decay {number(now.weight_decay)}"
        )
        lines.append(f"plan: {_budget(now)}; the positive control jumps at {CONTROL[0]:g} to {CONTROL[1]:g}")
    worst = [advice for advice in plan.advice if advice.weight >= Weight.LIES]
    lines += [f"plan: {advice.what}" for advice in worst[:2]]
    return lines


def _heading(plan: Plan) -> Text:
    names = f"{Path(plan.recipe.model).name} on {Path(plan.data.name).name}"
    task = plan.model.task or plan.settings.task
    return Text.assemble((plan.recipe.name, "bold"), f": {names}, {task}, {_count(plan.settings.epochs)} epochs")


def _rows(plan: Plan) -> Iterator[tuple[str, str]]:
    yield "data", _data(plan)
    if worth := _worth(plan):
        yield "score", worth
    yield "model", _model(plan)
    if plan.schedule is not None:
        yield from _training(plan, plan.schedule)
    else:
        yield "steps", "unknown until the images are here"
    yield from _costs(plan)


def _data(plan: Plan) -> str:
    data = plan.data
    if data.train is None or data.val is None:
        fetched = "; Ultralytics fetches it when training starts" if data.downloads else ""
        return f"not here: {data.missing}{fetched}"
    text = f"{_count(data.train.images)} training, {_count(data.val.images)} validation images"
    objects = sum(data.train.objects.values())
    present = sum(1 for count in data.train.objects.values() if count)
    if objects and not data.classify:
        text += f"; {_count(objects)} training objects in {present} of {data.classes} classes"
    elif data.classes:
        text += f"; {data.classes} classes"
    if data.missing:
        return f"{text}, as its file says: not downloaded yet"
    if data.train.sampled or data.val.sampled:
        opened = data.train.images_checked + data.val.images_checked
        read = data.train.labels_checked + data.val.labels_checked
        text += f" (looked into {_count(opened)} images, {_count(read)} labels)"
    return text


def _worth(plan: Plan) -> str:
    mean, largest = plan.data.image_worth, plan.data.largest_worth
    if mean is None:
        return ""
    text = f"one validation image is worth {number(mean)}"
    return text if largest is None or largest < 1.01 * mean else f"{text} on average, {number(largest)} at most"


def _model(plan: Plan) -> str:
    weights = plan.model.weights
    if weights is None:
        return f"size unknown: {plan.model.unknown}"
    text = f"{_millions(weights.total)} parameters, {_millions(weights.decayed)} of them decayed"
    if plan.model.free_share is not None:
        text += f"; {100 * plan.model.free_share:.2g} % of those feed no normalisation"
    if plan.model.frozen:
        text += f"; {_millions(plan.model.frozen)} frozen"
    return text


def _training(plan: Plan, now: Schedule) -> Iterator[tuple[str, str]]:
    chosen = " (chosen by auto, lr0 ignored)" if now.optimizer.chosen else ""
    curve = f"{_rate(now.lr_start)} → {_rate(now.lr_peak)} → {_rate(now.lr_end)}"
    flat = now.lr_start == now.lr_peak == now.lr_end
    yield "optimizer", f"{now.optimizer.name}{chosen}, learning rate {_rate(now.lr_peak) if flat else curve}"
    yield "steps", _steps(plan, now)
    yield "decay", _decay(plan, now)
    yield "budget", f"{_budget(now)}. Positive control: {CONTROL[0]:g} to {CONTROL[1]:g}"
    warm = f"{_count(now.warmup_batches)} batches, {_count(now.warmup_steps)} steps" if now.warmup_batches else "none"
    yield "warm-up", f"{warm}; at the end the averaged weights (EMA) look back {_window(now)}"


def _steps(plan: Plan, now: Schedule) -> str:
    settings = plan.settings
    text = f"{_count(now.steps)} = {_count(now.epochs)} epochs × {_many(now.batches_per_epoch, 'batch', 'batches')}"
    if now.accumulate == 1:
        return f"{text} of {settings.batch}"
    return f"{text} / {now.accumulate}: nbs {settings.nbs} gathers {now.accumulate} batches of {settings.batch} a step"


def _decay(plan: Plan, now: Schedule) -> str:
    settings = plan.settings
    gathered = max(round(settings.nbs / settings.batch), 1)
    text = f"{number(now.weight_decay)}"
    if now.weight_decay != settings.weight_decay or gathered > 1:
        text += f" = {number(settings.weight_decay)} × batch {settings.batch} × {gathered} / nbs {settings.nbs}"
    kinds = {
        "decoupled": "acts by itself: learning rate × decay off each weight a step",
        "momentum": f"acts through momentum, {now.decay_factor:.3g} times as strong",
        "rescaled": "acts through the gradient, rescaled with it",
    }
    return f"{text}, {kinds[now.optimizer.decay.value]}"


def _budget(now: Schedule) -> str:
    if now.acting_budget is None:
        return f"{number(now.decay_budget)} e-folds by learning rate × decay, of which {now.optimizer.name} undoes most"
    shrunk = -math.expm1(-now.acting_budget)
    share = f"{100 * shrunk:.2g} %" if shrunk < 0.995 else f"all but {100 * (1 - shrunk):.2g} %"
    return f"{number(now.acting_budget)} e-folds: decay alone takes {share} off the weights"


def _window(now: Schedule) -> str:
    return f"{number(now.ema_steps)} steps, {number(now.ema_epochs)} epochs"


def _costs(plan: Plan) -> Iterator[tuple[str, str]]:
    costs = plan.costs
    if costs.probe_images:
        text = f"{_count(costs.probe_images)} training images"
        if costs.probe_share is not None:
            text += f", about {100 * costs.probe_share:.0f} % of the computing of a measured epoch"
        if costs.every > 1:
            text += f", every {costs.every} epochs"
        if costs.budget is not None:
            text += f"; less often where it exceeds {100 * costs.budget:g} % of the time"
        yield "probe", text
    if costs.state_bytes is not None and costs.disk_bytes is not None:
        yield (
            "disk",
            f"up to {size(costs.disk_bytes)}: {costs.states} states of {size(costs.state_bytes)}, weights, "
            f"{size(costs.log_bytes)} of logs; a kill costs {spelled(costs.save_every)} at most",
        )
    if costs.prepared_bytes:
        kinds = "training, validation and probe" if costs.training_prepared else "validation and probe"
        yield "memory", f"{size(costs.prepared_bytes)} for {kinds} inputs, prepared once"
    timing = plan.timing
    if timing is not None:
        yield (
            "time",
            f"{spelled(timing.total)} in all: {spelled(timing.epoch)} an epoch, {spelled(timing.measured_epoch)} where "
            f"measured (tried with {_count(timing.images)} images)",
        )
    else:
        yield "time", "not measured: add --measure"


def _ways(plan: Plan) -> RenderableType:
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True)
    table.add_column(justify="right", no_wrap=True)
    before = plan.schedule.acting_budget if plan.schedule else None
    for change in plan.ways:
        table.add_row(Text(f"  {change.typed}"), Text(_effect(change, before)))
        before = change.budget
    note = _alone(plan.alone)
    parts: list[RenderableType] = [Text("to the budget of the control, one after another:", style="bold"), table]
    return Group(*parts, *([Text(note, style="dim")] if note else []))


def _effect(change: Change, before: float | None) -> str:
    if change.budget is None:
        return "budget unknown"
    factor = f"× {change.budget / before:.2g}  " if before and change.budget else ""
    return f"{factor}{number(change.budget)} e-folds"


def _alone(changes: Sequence[Change]) -> str:
    if not changes:
        return ""
    parts = [change.typed + ("" if change.possible else " (too much)") for change in changes]
    return f"each alone: {'; '.join(parts)}"


def _advice(advice: Sequence[Advice]) -> Iterator[Text]:
    for one in advice[:MOST_ADVICE]:
        text = Text()
        text.append("warning: " if one.weight > Weight.NOTE else "note: ", style=STYLES[one.weight])
        text.append(one.what)
        if one.remedy and len(one.remedy) < WIDTH:
            text.append(f". Try: {one.remedy}")
        yield text
    if len(advice) > MOST_ADVICE:
        yield Text(f"and {len(advice) - MOST_ADVICE} more: --json lists all", style="dim")


def number(value: float) -> str:
    """Return a number with two or three telling digits, never in exponents a reader stumbles over."""
    if value == 0:
        return "0"
    if abs(value) >= 1000:
        return _count(round(value))
    digits = max(1 - math.floor(math.log10(abs(value))), 0)
    text = f"{value:.{digits}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _rate(value: float) -> str:
    return f"{value:.3g}" if value == 0 or value >= 1e-4 else f"{value:.7f}".rstrip("0")


def _count(value: int) -> str:
    return f"{value:,}"


def _many(count: int, one: str, several: str) -> str:
    return f"{_count(count)} {one if count == 1 else several}"


def _millions(value: int) -> str:
    return f"{value / 1e6:.2f} M" if value >= 1e5 else f"{value / 1e3:.0f} k"
