"""While a run is memorising: what is known about waiting. An estimate, never a promise.

Sources, each for the one fact that it is cited for:

- Power et al. 2022, arXiv 2201.02177: modular division; training accuracy was close to perfect within 1,000 steps,
  validation accuracy after nearly 1,000,000 (figure 1).
- Liu et al. 2022, arXiv 2210.01117 (Omnigrok): grokking induced on images, texts and molecules by a large
  initial weight norm, and removed by constraining the norm.
- Nanda et al. 2023, arXiv 2301.05217: modular addition; memorisation, circuit formation and a clean-up that weight
  decay drives.
- Gromov 2023, arXiv 2301.02679: modular arithmetic groks in small networks without any regularisation, too.
- Humayun et al. 2024, arXiv 2402.15555: delayed generalisation and robustness in ordinary image networks.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from grokyolo.dynamics import CONTROL_BUDGET
from grokyolo.gap.series import FloatArray, Series
from grokyolo.verdict import rules
from grokyolo.verdict.assessment import Assessment, Verdict

CONTROL_LATENESS: Final = 25.0
"""How many times as late as memorising the positive control is half way up (seed 0: epoch 126 of 5, as `gap` says)."""

LATEST_PUBLISHED: Final = 1000.0
"""How many times as late validation came up to training in the first published grok (Power et al. 2022)."""

_TREND: Final = 0.02
"""A norm that changes by less than this over the second half of the wait stands still."""


@dataclass(frozen=True)
class Outlook:
    """How far a memorising run has come, beside runs that are known to have jumped.

    Attributes:
        memorised_epoch, epoch: when the model had memorised, and the last epoch.
        budget: decay budget spent so far, in e-folds; None when the log does not tell it.
        budget_per_epoch: at the end of the run; None as above.
        epochs_to_control: from now to 2.0 and to 2.7 e-folds at this rate, 0 when spent already; None when the
            budget stands still or is unknown.
        norm_decayed_change, norm_free_change: relative change over the second half of the time since memorising
            of the norm of the weights under decay and of the others; None when unknown.
        epochs_for_control_lateness, epochs_for_published_lateness: length of the smallest run in which a jump
            as late as the control's, or as the latest published one, would have shown.
    """

    memorised_epoch: int
    epoch: int
    budget: float | None
    budget_per_epoch: float | None
    epochs_to_control: tuple[int, int] | None
    norm_decayed_change: float | None
    norm_free_change: float | None
    epochs_for_control_lateness: int
    epochs_for_published_lateness: int

    @property
    def multiples(self) -> float:
        """How many times as long as memorising took the run has lasted."""
        return self.epoch / self.memorised_epoch

    def sentences(self) -> tuple[str, ...]:
        """Return the outlook in sentences, most important first; the last says what it is worth."""
        found = [self._time(), self._budget(), self._norms()]
        promise = "This is an estimate from other models and data, not a promise: no detector is known to grok."
        return (*(sentence for sentence in found if sentence), promise)

    def _time(self) -> str:
        return (
            f"The run has lasted {self.multiples:,.1f} times as long as memorising took (epoch "
            f"{self.memorised_epoch:,} of {self.epoch:,}). A jump as late as that of the positive control, "
            f"{CONTROL_LATENESS:.0f} times, would show in {self.epochs_for_control_lateness:,} epochs; one as late as "
            f"the first published, about {LATEST_PUBLISHED:,.0f} times, in {self.epochs_for_published_lateness:,} "
            "(arXiv 2201.02177)."
        )

    def _budget(self) -> str:
        low, high = CONTROL_BUDGET
        if self.budget is None:
            return "The log does not tell the decay budget: learning rate, weight decay or steps are missing."
        spent = (
            f"It has spent a decay budget of {self.budget:.2g} e-folds; the positive control jumps at {low} to {high}"
        )
        if self.epochs_to_control is None:
            return (
                f"{spent}, which this run never reaches, for no weight decay acts at its end; groks without decay "
                "were published for small networks on algorithmic data (arXiv 2201.02177, 2301.02679)."
            )
        soon, late = self.epochs_to_control
        if late == 0:
            return f"{spent}, which is behind it: by this clock the jump is overdue."
        return f"{spent}, {soon:,} to {late:,} epochs from now at the present rate."

    def _norms(self) -> str:
        if self.norm_decayed_change is None:
            return ""
        change = self.norm_decayed_change
        if change < -_TREND:
            return (
                f"The norm of the weights under decay is falling, by {-change:.0%} over the second half of the "
                "wait, as it does before and during published groks (arXiv 2210.01117, 2301.05217)."
            )
        if change > _TREND:
            return (
                f"The norm of the weights under decay is rising, by {change:.0%} over the second half of the wait: "
                "nothing drives the model away from its memory (arXiv 2210.01117)."
            )
        return "The norm of the weights under decay stands still: decay and gradient are in balance."


def outlook(series: Series, assessment: Assessment) -> Outlook | None:
    """Say how far a memorising run has come.

    Args:
        series: the run.
        assessment: its verdict.

    Returns:
        None unless the verdict is `memorising` and the epoch of memorising is known.
    """
    memorised = assessment.memorised_epoch
    if assessment.verdict is not Verdict.MEMORISING or memorised is None or not len(series):
        return None
    with np.errstate(all="ignore"):
        budget, rate = _budget(series)
        return Outlook(
            memorised_epoch=memorised,
            epoch=int(series.epoch[-1]),
            budget=budget,
            budget_per_epoch=rate,
            epochs_to_control=_epochs_to_control(budget, rate),
            norm_decayed_change=_change(series, series.norm_decayed, memorised),
            norm_free_change=_change(series, series.norm_free, memorised),
            epochs_for_control_lateness=round(CONTROL_LATENESS * memorised),
            epochs_for_published_lateness=round(LATEST_PUBLISHED * memorised),
        )


def _budget(series: Series) -> tuple[float | None, float | None]:
    """Return the e-folds spent, and those of one epoch at the end of the run."""
    told = np.isfinite(series.step) & np.isfinite(series.lr) & np.isfinite(series.weight_decay)
    spent = series.decay_budget
    if not told.any() or not np.isfinite(spent[-1]):
        return None, None
    back = max(1, len(series) // 20)
    first = max(0, len(series) - 1 - back)
    epochs = float(series.epoch[-1] - series.epoch[first])
    rate = float(spent[-1] - spent[first]) / epochs if epochs > 0 else 0.0
    return float(spent[-1]), rate


def _epochs_to_control(budget: float | None, rate: float | None) -> tuple[int, int] | None:
    if budget is None or rate is None:
        return None
    missing = [max(efolds - budget, 0.0) for efolds in CONTROL_BUDGET]
    if missing[1] == 0.0:
        return 0, 0
    if not rate > 0 or missing[1] / rate > _FAR:
        return None
    return int(np.ceil(missing[0] / rate)), int(np.ceil(missing[1] / rate))


_FAR: Final = 1e9
"""Epochs that nobody will wait for."""


def _change(series: Series, norm: FloatArray, since: int) -> float | None:
    """Return the relative change of a norm over the second half of the epochs from `since` to the end."""
    half = (since + int(series.epoch[-1])) / 2
    usable = np.isfinite(norm) & (series.epoch >= half) & (norm > 0)
    values = norm[usable]
    if len(values) < rules.MEDIAN_OF:
        return None
    tenth = max(1, len(values) // 10)
    first, last = np.median(values[:tenth]), np.median(values[-tenth:])
    return float(last / first - 1)
