"""A plan on one screen, and in a few lines."""

from __future__ import annotations

import math
import shlex
from collections.abc import Iterator, Sequence
from pathlib import Path

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from grokyolo.plan import CONTROL, Advice, Change, Plan, Schedule, Weight
from grokyolo.plan.preflight import size
from grokyolo.view.progress import spelled

LABELS = 10
"""Columns of the labels at the left."""
MOST_ADVICE = 6
"""Warnings shown; --json has them all."""
STYLES = {
    Weight.BREAKS: "bold red",
    Weight.LIES: "bold red",
    Weight.DEFEATS: "red",
    Weight.LIMITS: "yellow",
    Weight.NOTE: "dim",
}
JUMPS = f"{CONTROL[0]:.1f} to {CONTROL[1]:.1f}"


def plan_screen(plan: Plan, command: Sequence[str] = ()) -> RenderableType:
    """Return a plan for people; fits 80 columns.

    Args:
        plan: the plan.
        command: as it was typed, word by word, so that changes are shown as a command to type; empty for none.
    """
    table = Table(box=None, show_header=False, pad_edge=False, padding=0)
    table.add_column(style="bold", no_wrap=True, min_width=LABELS)
    table.add_column(overflow="fold")
    for label, text in _rows(plan):
        table.add_row(label, Text(text))
    parts: list[RenderableType] = [_heading(plan), table]
    if plan.ways:
        parts += [Text(), _ways(plan, command)]
    shown = [advice for advice in plan.advice if not _told_by_ways(advice, plan.ways)]
    if shown:
        parts += [Text(), *_advice(shown)]
    return Group(*parts)


def brief(plan: Plan) -> list[str]:
    """Return the lines that stand at the start of a training, two where nothing is wrong."""
    now = plan.schedule
    if now is None:
        return [f"plan: {_data(plan)}"]
    lines = [
        f"plan: {_count(now.steps)} optimizer steps in {_count(now.epochs)} epochs, {now.optimizer.name}, "
        f"learning rate {_curve(now)}, weight decay {number(now.weight_decay)}",
        f"plan: {_budget(now)}; the positive control jumps at {JUMPS}",
    ]
    return lines + [f"plan: {advice.what}" for advice in plan.advice if advice.weight >= Weight.DEFEATS][:2]


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
        text += f"; {_count(objects)} objects in {present} of {data.classes} classes"
    elif data.classes:
        text += f"; {data.classes} classes"
    if data.missing:
        return f"{text}, says its file: not downloaded yet"
    if data.train.sampled or data.val.sampled:
        opened = data.train.images_checked + data.val.images_checked
        read = data.train.labels_checked + data.val.labels_checked
        text += f" (a sample of {_count(opened)} images and {_count(read)} labels looked into)"
    return text


def _worth(plan: Plan) -> str:
    mean, largest = plan.data.image_worth, plan.data.largest_worth
    if mean is None:
        return ""
    text = f"one validation image counts {number(mean)}"
    return text if largest is None or largest < 1.01 * mean else f"{text} on average, {number(largest)} at most"


def _model(plan: Plan) -> str:
    weights = plan.model.weights
    if weights is None:
        return f"size unknown: {plan.model.unknown}"
    text = f"{_millions(weights.total)} parameters; decay acts on {_millions(weights.decayed - plan.model.frozen)}"
    if plan.model.free_share is not None:
        text += f", {100 * (1 - plan.model.free_share):.3g} % of them normalised"
    return text


def _training(plan: Plan, now: Schedule) -> Iterator[tuple[str, str]]:
    chosen = " (auto: lr0 ignored)" if now.optimizer.chosen else ""
    yield "optimizer", f"{now.optimizer.name}{chosen}, learning rate {_curve(now)}"
    yield "steps", _steps(plan, now)
    yield "decay", _decay(plan, now)
    yield "budget", f"{_budget(now)}. Control: {JUMPS}"
    warm = "none"
    if now.warmup_batches:
        warm = f"{_many(now.warmup_batches, 'batch', 'batches')}, {_many(now.warmup_steps, 'step', 'steps')}"
    yield "warm-up", f"{warm}; averaged weights look back {number(now.ema_epochs)} epochs at the end"


def _curve(now: Schedule) -> str:
    """Return first, highest and last learning rate, without repeating what is the same."""
    rates: list[str] = []
    for value in (now.lr_start, now.lr_peak, now.lr_end):
        if not rates or _rate(value) != rates[-1]:
            rates.append(_rate(value))
    return " → ".join(rates)


def _steps(plan: Plan, now: Schedule) -> str:
    settings = plan.settings
    each = _many(now.batches_per_epoch, "batch", "batches")
    if now.accumulate == 1:
        return f"{_count(now.steps)}: {each} of {settings.batch} an epoch, one step each"
    return (
        f"{_count(now.steps)}: {each} an epoch, a step every {now.accumulate} "
        f"(nbs {settings.nbs} / batch {settings.batch})"
    )


def _decay(plan: Plan, now: Schedule) -> str:
    settings = plan.settings
    gathered = max(round(settings.nbs / settings.batch), 1)
    text = number(now.weight_decay)
    if now.weight_decay != settings.weight_decay or gathered > 1:
        text = f"{number(settings.weight_decay)} × batch {settings.batch} × {gathered} / nbs {settings.nbs} = {text}"
    kinds = {
        "decoupled": "decoupled from the gradient",
        "momentum": f"{now.decay_factor:.3g} times as strong by momentum",
        "rescaled": "rescaled with the gradient",
    }
    return f"{text}, {kinds[now.optimizer.decay.value]}"


def _budget(now: Schedule) -> str:
    if now.acting_budget is None:
        return f"{number(now.decay_budget)} e-folds on paper, most of it undone by {now.optimizer.name}"
    shrunk = -math.expm1(-now.acting_budget)
    share = f"by {100 * shrunk:.2g} %" if shrunk < 0.995 else f"to {100 * (1 - shrunk):.1g} %"
    return f"{number(now.acting_budget)} e-folds: weights shrink {share}"


def _costs(plan: Plan) -> Iterator[tuple[str, str]]:
    costs = plan.costs
    if costs.probe_images:
        text = f"{_count(costs.probe_images)} training images"
        if costs.probe_share is not None:
            text += f", about {100 * costs.probe_share:.0f} % of the computing"
        if costs.every > 1:
            text += f" every {costs.every} epochs"
        if costs.budget is not None:
            text += f" (limit {100 * costs.budget:g} %)"
        yield "probe", text
    if costs.state_bytes is not None and costs.disk_bytes is not None:
        text = f"up to {size(costs.disk_bytes)}, with {costs.states} states of {size(costs.state_bytes)}"
        yield "disk", f"{text}; a kill loses {spelled(costs.save_every)} at most"
    if costs.prepared_bytes:
        kinds = "all inputs" if costs.training_prepared else "validation and probe inputs"
        yield "memory", f"{size(costs.prepared_bytes)} for {kinds}, prepared once"
    yield "time", _time(plan)


def _time(plan: Plan) -> str:
    timing = plan.timing
    if timing is None:
        return "not measured: add --measure"
    each = spelled(timing.epoch)
    if plan.costs.every == 1:
        each = spelled(timing.measured_epoch)
    tried = "" if timing.scale == 1 else f", scaled up from {_count(timing.images)} images"
    return f"{spelled(timing.total)} in all, {each} an epoch{tried}"


def _ways(plan: Plan, command: Sequence[str]) -> RenderableType:
    now = plan.schedule.acting_budget if plan.schedule else None
    rows = []
    for change in plan.ways:
        factor = f"×{number(change.budget / now)}" if now and change.budget else ""
        now = change.budget
        rows.append((change.typed, factor, "unknown" if now is None else number(now), change.why))
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    lines = [
        f"  {typed:{widths[0]}}  {factor:>{widths[1]}}  {budget:>{widths[2]}}  {why}".rstrip()
        for typed, factor, budget, why in rows
    ]
    parts = [Text(_judgement(plan), style="bold"), Text("\n".join(lines))]
    if plan.alone:
        parts.append(Text(_alone(plan.alone), style="dim"))
    if command:
        parts.append(Text(f"next: {_changed(command, plan.ways)}"))
    return Group(*parts)


def _judgement(plan: Plan) -> str:
    first = next((one for one in plan.advice if one.about_budget), None)
    what = first.what if first else "the budget is unknown"
    return f"{what[0].upper()}{what[1:]}. Towards it:"


def _changed(command: Sequence[str], ways: Sequence[Change]) -> str:
    """Return the command with the changes in place of what they change."""
    new = [part for change in ways for part in change.typed.split()]
    keys = {part.partition("=")[0] for part in new}
    return shlex.join([*(word for word in command if word.partition("=")[0] not in keys), *new])


def _alone(changes: Sequence[Change]) -> str:
    parts = [change.typed + ("" if change.possible else " (too much)") for change in changes]
    return f"  each alone: {'; '.join(parts)}"


def _told_by_ways(advice: Advice, ways: Sequence[Change]) -> bool:
    """Tell whether the list of changes says already what this warning says."""
    typed = {part.partition("=")[0] for change in ways for part in change.typed.split()}
    return advice.weight < Weight.LIES and "=" in advice.remedy and advice.remedy.partition("=")[0] in typed


def _advice(advice: Sequence[Advice]) -> Iterator[Text]:
    for one in advice[:MOST_ADVICE]:
        text = Text()
        text.append("warning: " if one.weight > Weight.NOTE else "note: ", style=STYLES[one.weight])
        text.append(f"{one.what}. Try: {one.remedy}" if one.remedy else one.what)
        yield text
    if len(advice) > MOST_ADVICE:
        yield Text(f"and {len(advice) - MOST_ADVICE} more: --json lists all", style="dim")


def number(value: float) -> str:
    """Return a number with two telling digits, without an exponent.

    >>> number(0.00014963), number(0.25), number(3.5245), number(1234.5)
    ('0.00015', '0.25', '3.5', '1,234')
    """
    if value == 0:
        return "0"
    if abs(value) >= 100:
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
