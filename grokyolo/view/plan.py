"""A plan on one screen, and in a few lines."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from pathlib import Path

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from grokyolo.format import format_number
from grokyolo.plan import Advice, Change, Plan, Weight
from grokyolo.view.plan_words import JUMPS, curve_words, data_words, plan_rows, planned_budget

LABEL = {Weight.BREAKS: "error", Weight.NOTE: "note"}
"""What advice of this weight is called, where it is no warning; `train` stops at errors."""
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
        return [f"plan: {data_words(plan)}"]
    lines = [
        f"plan: {now.steps:,} optimizer steps in {now.epochs:,} epochs, {now.optimizer.name}, "
        f"learning rate {curve_words(now)}, weight decay {format_number(now.weight_decay)}",
        f"plan: {planned_budget(plan, now)}; the positive control jumps at {JUMPS}",
    ]
    lines += [f"plan: {effect.name}: {effect.what}" for effect in plan.accelerators]
    return lines + [f"plan: {advice.what}" for advice in plan.advice if advice.weight >= Weight.DEFEATS][:2]


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
        parts.append(Text(f"next: {_changed(command, plan.ways)}", no_wrap=True, overflow="ignore"))
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
        text.append(f"{LABEL.get(one.weight, 'warning')}: ", style=STYLES[one.weight])
        text.append(f"{one.what}. Try: {one.remedy}" if one.remedy else one.what)
        yield text
    if len(advice) > MOST_ADVICE:
        yield Text(f"and {len(advice) - MOST_ADVICE} more: --json lists all", style="dim")
