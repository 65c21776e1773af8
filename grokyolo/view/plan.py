"""A plan on one screen, and in a few lines."""

from __future__ import annotations

import math
import shlex
from collections.abc import Iterator, Sequence
from pathlib import Path

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from grokyolo.dynamics import CONTROL_BUDGET
from grokyolo.errors import listed
from grokyolo.findings import Finding, Severity
from grokyolo.format import (
    format_count,
    format_duration,
    format_large,
    format_number,
    format_rate,
    format_size,
    join_words,
)
from grokyolo.plan import BUDGET, Change, Plan, Schedule
from grokyolo.plan.costs import Costs, GpuMemory
from grokyolo.recipe.models import MEMORISED
from grokyolo.recipe.train_arguments import default_of
from grokyolo.recipe.units import size_text
from grokyolo.typed import changed, completed

JUMPS = f"{CONTROL_BUDGET[0]:.1f} to {CONTROL_BUDGET[1]:.1f}"
"""E-folds at which the positive control jumps."""
LABEL = {Severity.ERROR: "error", Severity.INFO: "note"}
"""What a finding of this severity is called, where it is no warning; `train` stops at errors."""
LABELS = 10
"""Columns of the labels at the left."""
MOST_ADVICE = 6
"""Warnings shown; --json has them all."""
STYLES = {
    Severity.ERROR: "bold red",
    Severity.LIES: "bold red",
    Severity.DEFEATS: "red",
    Severity.WARNING: "yellow",
    Severity.INFO: "dim",
}


def plan_screen(plan: Plan, command: Sequence[str] = ()) -> RenderableType:
    """Return a plan for people; fits 80 columns.

    Args:
        plan: the plan.
        command: as it was typed, word by word, so that changes are shown as a command to type; empty for none.
    """
    table = Table(box=None, show_header=False, pad_edge=False, padding=0)
    table.add_column(style="bold", no_wrap=True, min_width=LABELS)
    table.add_column(overflow="fold")
    for label, text in plan_rows(plan):
        table.add_row(label, Text(text))
    parts: list[RenderableType] = [_heading(plan), table]
    if plan.ways and not any(advice.severity is Severity.ERROR for advice in plan.advice):
        parts += [Text(), _ways(plan, command)]
    shown = [advice for advice in plan.advice if not _told_by_ways(advice, plan.ways)]
    if shown:
        parts += [Text(), *_advice(shown, command)]
    return Group(*parts)


def brief(plan: Plan) -> list[str]:
    """Return the lines that stand at the start of a training, two where nothing is wrong."""
    now = plan.schedule
    if now is None:
        return [f"plan: {data_words(plan)}"]
    lines = [
        f"plan: {now.steps:,} optimizer steps in {now.epochs:,} epochs, {now.optimizer.name}, "
        f"learning rate {curve_words(now)}, weight decay {format_number(now.weight_decay)}",
        f"plan: {planned_budget(plan, now)}; {_beside_budget(plan)}",
    ]
    lines += [f"plan: {effect.name}: {effect.what}" for effect in plan.accelerators]
    return lines + [f"plan: {advice.what}" for advice in plan.advice if advice.severity >= Severity.DEFEATS][:2]


def _beside_budget(plan: Plan) -> str:
    """Return what the budget is to be seen beside: where the control jumps, or what decay does in this model."""
    share = plan.model.free_share
    if plan.decay_wanted or share is None:
        return f"the positive control jumps at {JUMPS}"
    return f"{100 * (1 - share):.3g} % of the decayed weights feed a normalisation, where decay changes only their pace"


def _heading(plan: Plan) -> Text:
    names = f"{Path(plan.recipe.model).name} on {Path(plan.data.name).name}"
    task = plan.model.task or plan.settings.task
    return Text.assemble((plan.recipe.name, "bold"), f": {names}, {task}, {plan.settings.epochs:,} epochs")


def _ways(plan: Plan, command: Sequence[str]) -> RenderableType:
    now = plan.schedule.acting_budget if plan.schedule else None
    rows = []
    for change in plan.ways:
        factor = f"×{format_number(change.budget / now)}" if now and change.budget else ""
        now = change.budget
        rows.append((change.typed, factor, "unknown" if now is None else format_number(now), change.why))
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    lines = [
        f"  {typed:{widths[0]}}  {factor:>{widths[1]}}  {budget:>{widths[2]}}  {why}".rstrip()
        for typed, factor, budget, why in rows
    ]
    parts = [Text(_judgement(plan), style="bold"), Text("\n".join(lines))]
    if plan.alone:
        parts.append(Text(_alone(plan.alone), style="dim"))
    if command:
        parts.append(Text(f"next: {changed(command, _typed(plan.ways))}", no_wrap=True, overflow="ignore"))
    return Group(*parts)


def _judgement(plan: Plan) -> str:
    first = next((one for one in plan.advice if one.location == BUDGET), None)
    what = first.what if first else "the budget is unknown"
    return f"{what[0].upper()}{what[1:]}. Towards it:"


def _typed(ways: Sequence[Change]) -> list[str]:
    return [part for change in ways for part in change.typed.split()]


def _alone(changes: Sequence[Change]) -> str:
    parts = [change.typed + ("" if change.possible else " (too much)") for change in changes]
    return f"  each alone: {'; '.join(parts)}"


def _told_by_ways(advice: Finding, ways: Sequence[Change]) -> bool:
    """Tell whether the list of changes says already what this warning says."""
    typed = {part.partition("=")[0] for part in _typed(ways)}
    return advice.severity < Severity.LIES and "=" in advice.remedy and advice.remedy.partition("=")[0] in typed


def _advice(advice: Sequence[Finding], command: Sequence[str]) -> Iterator[Text]:
    for one in advice[:MOST_ADVICE]:
        remedy = one.remedy
        if command and one.severity is Severity.ERROR:
            remedy = completed(shlex.join(command), remedy)
        text = Text()
        text.append(f"{LABEL.get(one.severity, 'warning')}: ", style=STYLES[one.severity])
        if "/" in remedy or remedy != one.remedy:  # a file or a command is not to be broken over two lines
            text.append(one.what)
            yield text
            yield Text(f"try: {remedy}", no_wrap=True, overflow="ignore")
            continue
        text.append(f"{one.what}. Try: {remedy}" if remedy else one.what)
        yield text
    if len(advice) > MOST_ADVICE:
        yield Text(f"and {len(advice) - MOST_ADVICE} more: --json lists all", style="dim")


def plan_rows(plan: Plan) -> Iterator[tuple[str, str]]:
    """Yield what a plan says before anything runs: label, sentence."""
    yield "data", data_words(plan)
    if worth := worth_words(plan):
        yield "score", worth
    yield "model", model_words(plan)
    if plan.schedule is not None:
        yield from training_rows(plan, plan.schedule)
    else:
        yield "steps", "unknown until the images are here"
        yield from accelerator_rows(plan)
    yield from cost_rows(plan)
    if early := early_words(plan):
        yield "ends", early
    yield "time", _time(plan)


def early_words(plan: Plan) -> str:
    """Return what may end the training before its last epoch; empty where nothing does."""
    stop, epochs = plan.recipe.stop, plan.settings.epochs
    patience = int(plan.recipe.train.get("patience", default_of("patience")))
    found = []
    if stop.on:
        held = format_count(max(math.ceil(stop.settled * epochs), 1), "epoch")
        found.append(f"after {held} of {listed(stop.on)}")
    if 0 < patience < epochs:
        begin = f", counted from epoch {stop.patience_from:,} on" if stop.patience_from > 1 else ""
        found.append(f"after {format_count(patience, 'epoch')} without a better {plan.recipe.checkpoint.best}{begin}")
    return "; ".join(found)


def data_words(plan: Plan) -> str:
    """Return how many images, objects and classes there are."""
    data = plan.data
    if data.train is None or data.val is None:
        fetched = "; Ultralytics fetches it when training starts" if data.downloads else ""
        return data.missing if data.uncounted else f"not here: {data.missing}{fetched}"
    text = f"{data.train.images:,} training, {data.val.images:,} validation images"
    objects = sum(data.train.objects.values())
    present = sum(1 for count in data.train.objects.values() if count)
    if objects and not data.classify:
        text += f"; {objects:,} objects in {present} of {data.classes} classes"
    elif data.classes:
        text += f"; {data.classes} classes"
    if data.missing:
        return f"{text}, says its file: not downloaded yet"
    if data.train.sampled or data.val.sampled:
        opened = data.train.images_checked + data.val.images_checked
        read = data.train.labels_checked + data.val.labels_checked
        text += f" (a sample of {opened:,} images and {read:,} labels looked into)"
    return text


def worth_words(plan: Plan) -> str:
    """Return how far one image moves the validation score; empty where that is unknown."""
    mean, largest = plan.data.image_worth, plan.data.largest_worth
    if mean is None:
        return ""
    text = f"one validation image counts {format_number(mean)}"
    return text if largest is None or largest < 1.01 * mean else f"{text} on average, {format_number(largest)} at most"


def model_words(plan: Plan) -> str:
    """Return how many parameters there are, and on how many decay can act."""
    weights = plan.model.weights
    if weights is None:
        return f"size unknown: {plan.model.unknown}"
    decayed = format_large(weights.decayed - plan.model.frozen)
    text = f"{format_large(weights.total)} parameters; decay acts on {decayed}"
    if plan.model.free_share is not None:
        text += f", {100 * (1 - plan.model.free_share):.3g} % of them normalised"
    return text


def training_rows(plan: Plan, now: Schedule) -> Iterator[tuple[str, str]]:
    """Yield what the optimizer does: label, sentence."""
    chosen = " (auto: lr0 ignored)" if now.optimizer.chosen else ""
    yield "optimizer", f"{now.optimizer.name}{chosen}, learning rate {curve_words(now)}"
    yield "steps", _steps(plan, now)
    yield "decay", _decay(plan, now)
    yield "budget", f"{planned_budget(plan, now)}. Control: {JUMPS}"
    warm = "none"
    if now.warmup_batches:
        warm = f"{format_count(now.warmup_batches, 'batch')}, {format_count(now.warmup_steps, 'step')}"
    yield "warm-up", f"{warm}; {average_words(now.ema_epochs)}"
    yield from accelerator_rows(plan)


def accelerator_rows(plan: Plan) -> Iterator[tuple[str, str]]:
    """Yield what each accelerator does: label, sentence."""
    yield from ((effect.name, effect.what) for effect in plan.accelerators)


def average_words(epochs: float) -> str:
    """Return how far the averaged weights look back at the end."""
    far = format_number(epochs)
    return f"averaged weights look back {far} {'epoch' if far == '1' else 'epochs'} at the end"


def curve_words(now: Schedule) -> str:
    """Return first, highest and last learning rate, without repeating what is the same."""
    rates: list[str] = []
    for value in (now.lr_start, now.lr_peak, now.lr_end):
        if not rates or format_rate(value) != rates[-1]:
            rates.append(format_rate(value))
    return " → ".join(rates)


def _steps(plan: Plan, now: Schedule) -> str:
    settings = plan.settings
    each = format_count(now.batches_per_epoch, "batch")
    if now.accumulate == 1:
        return f"{now.steps:,}: {each} of {settings.batch} an epoch, one step each"
    return (
        f"{now.steps:,}: {each} an epoch, a step every {now.accumulate} (nbs {settings.nbs} / batch {settings.batch})"
    )


def _decay(plan: Plan, now: Schedule) -> str:
    settings = plan.settings
    gathered = max(round(settings.nbs / settings.batch), 1)
    text = format_number(now.weight_decay)
    if now.weight_decay != settings.weight_decay or gathered > 1:
        asked = f"{format_number(settings.weight_decay)} × batch {settings.batch} × {gathered} / nbs {settings.nbs}"
        text = f"{asked} = {text}"
    kinds = {
        "decoupled": "decoupled from the gradient",
        "momentum": f"{now.decay_factor:.3g} times as strong by momentum",
        "rescaled": "rescaled with the gradient",
    }
    return f"{text}, {kinds[now.optimizer.decay.value]}"


def budget_words(now: Schedule) -> str:
    """Return the decay budget of the whole run, and what it does to the weights."""
    if now.acting_budget is None:
        return f"{format_number(now.decay_budget)} e-folds on paper, most of it undone by {now.optimizer.name}"
    shrunk = -math.expm1(-now.acting_budget)
    share = f"by {100 * shrunk:.2g} %" if shrunk < 0.995 else f"to {100 * (1 - shrunk):.1g} %"
    if shrunk > 0.9999:
        share = "to less than 0.01 %"
    return f"{format_number(now.acting_budget)} e-folds: weights shrink {share}"


def planned_budget(plan: Plan, now: Schedule) -> str:
    """Return the decay budget as far as accelerators leave it standing."""
    if plan.recipe.accelerate.constrained_norm is not None:
        return "none: the norm is held, decay cannot shrink it"
    at_most = "at most " if plan.recipe.accelerate.weight_decay_after == MEMORISED else ""
    return f"{at_most}{budget_words(now)}"


def cost_rows(plan: Plan) -> Iterator[tuple[str, str]]:
    """Yield what a run needs besides training: label, sentence."""
    costs = plan.costs
    if costs.probe_images:
        text = f"{costs.probe_images:,} training images"
        if costs.probe_share is not None:
            text += f", about {100 * costs.probe_share:.0f} % of the computing"
        if costs.every > 1:
            text += f" every {costs.every} epochs"
        if costs.budget is not None:
            text += f" (limit {100 * costs.budget:g} %)"
        yield "probe", text
    if costs.state_bytes is not None and costs.disk_bytes is not None:
        text = f"up to {format_size(costs.disk_bytes)}, with {costs.states} states of {format_size(costs.state_bytes)}"
        yield "disk", f"{text}; a kill loses {format_duration(costs.save_every)} at most"
    if costs.input_bytes:
        yield "memory", _memory(costs)
    if costs.gpu is not None and costs.gpu_free is not None:
        yield "gpu", _gpu(costs.gpu, costs.gpu_free)


def _gpu(need: GpuMemory, free: int) -> str:
    """Return what a GPU must have beside what it has."""
    images = f"{format_size(need.images * need.image)} for {format_count(need.images, 'image')}"
    room = f"about {format_size(need.total)}, {format_size(free)} free"
    return f"{room}: {images}, {format_size(need.weights)} for weights"


def _memory(costs: Costs) -> str:
    """Return which inputs are kept, and which are too large for it."""
    limit = size_text(costs.input_limit)
    anew = [f"{name} ({format_size(taken)})" for name, taken in costs.input_bytes.items() if name not in costs.prepared]
    if not costs.prepared:
        return f"nothing prepared (limit {limit}): {join_words(anew)} read anew each time"
    text = f"{format_size(costs.prepared_bytes or 0)} of {limit}: {join_words(costs.prepared)} inputs, prepared once"
    return f"{text}; {join_words(anew)} read anew each time" if anew else text


def _time(plan: Plan) -> str:
    timing = plan.timing
    if timing is None:
        return "not measured: add --measure"
    each = format_duration(timing.epoch)
    if plan.costs.every == 1:
        each = format_duration(timing.measured_epoch)
    tried = "" if timing.scale == 1 else f", scaled up from {timing.images:,} images"
    return f"{format_duration(timing.total)} in all, {each} an epoch{tried}"
