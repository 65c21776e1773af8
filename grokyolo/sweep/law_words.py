"""The law of the decay budget in sentences."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from grokyolo.sweep.law import Law


def sentences(law: Law) -> Iterator[str]:
    """Return what was found, the most telling first."""
    if law.budget is None:
        yield "No run has jumped with weight decay at work: there is no time of the jump to compare."
    else:
        yield _scatter(law)
    yield from _verdict(law)
    moving = [share for share in law.shares if share.factor is not None]
    if moving:
        factors = ", ".join(f"{share.axis} {share.factor:.2f}" for share in moving)
        yield f"Factor between the levels of an axis in the budget at the jump, the others held fixed: {factors}."
    if law.waiting:
        run = "run" if len(law.waiting) == 1 else "runs"
        yield f"{len(law.waiting)} {run} had memorised and ended before any jump, which counts as later than the end."
    if law.left_out:
        reasons = ", ".join(f"{count} {why}" for why, count in law.left_out.items())
        yield f"Left out, since they say nothing about it: {reasons}."


def _scatter(law: Law) -> str:
    one = f"The jump comes at {law.budget:.3g} e-folds (median of {len(law.jumps)} runs"
    if law.spread is None or law.epochs_spread is None:
        return f"{one})."
    return f"{one}, scatter a factor of {law.spread:.2f}; in epochs it is {law.epochs_spread:.2f})."


def _verdict(law: Law) -> Iterator[str]:
    if law.slope is None:
        if law.budget is not None:
            yield f"Whether it keeps the budget's time cannot be told: {law.reason}."
        return
    if law.low is None:
        yield f"Slope of log epoch over log rate: {law.slope:.2f}, where the law says -1; {law.reason}."
        return
    found = f"slope {law.slope:.2f} (95 % {law.low:.2f} to {law.high:.2f}, {law.settings} settings)"
    slope = f"{found}, where the law says -1"
    if law.keeping.value == "keeps":
        exact = "" if law.low <= -1 <= (law.high or 0.0) else ", nearly"
        yield f"The jump keeps the time of the decay budget{exact}: {slope}."
    elif law.keeping.value in {"partly", "departs"}:
        change = 10 ** abs(law.slope + 1)
        more = "more" if law.slope > -1 else "less"
        how = (
            "keeps the budget's time only in part"
            if law.keeping.value == "partly"
            else "does not keep the budget's time"
        )
        yield f"The jump {how}: {slope}; ten times the rate needs {change:.2g} times {more} of it."
    else:
        yield f"The jump may keep the budget's time or not: {slope}; more settings would tell."
