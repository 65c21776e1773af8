"""Everything that the verdict rests on, gathered once."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from grokyolo.gap.series import Event, EventKind, Series
from grokyolo.verdict import rules
from grokyolo.verdict.confounders import restarts
from grokyolo.verdict.decline import Dip, Fall, LossRise, find_dips, find_fall, is_collapse, loss_goes_on_rising
from grokyolo.verdict.measurements import Curve, Measurements, measure
from grokyolo.verdict.memorising import Memorising, memorised
from grokyolo.verdict.rise import Rise, find_rises, level_error
from grokyolo.verdict.robust import level

_TINY = 1e-12


@dataclass(frozen=True)
class LossChange:
    """The validation loss on both sides of a rise of the score.

    Attributes:
        before, after: levels.
        distance: to the probe loss (or the train loss) before the rise.
        error: standard deviation of `after - before` from noise.
    """

    before: float
    after: float
    distance: float
    error: float

    @property
    def share(self) -> float:
        """Return the share of the distance that was lost."""
        return (self.before - self.after) / max(self.distance, _TINY)

    @property
    def agrees(self) -> bool:
        """Whether the loss lost a tenth of its distance, whatever noise adds to it."""
        least = rules.LOSS_AGREES * max(self.distance, 0.0) + rules.LOSS_UNSURE * self.error
        return self.before - self.after >= least


@dataclass(frozen=True)
class Late:
    """A large rise of the validation score after memorising, with what stands beside it.

    Attributes:
        rise: the rise.
        lateness: epoch half way up / epoch of memorising.
        kept: share of the rise that is left at the end of the run.
        gap: score gap once the rise is over; None when only losses tell.
        gap_left: that as a share of the largest; None likewise.
        probe_before, probe_after: levels of the probe score on the plateau, and once the rise is over; None without.
        loss: the validation loss on both sides; None when it was not measured.
        seam: the resume in whose epoch the whole rise lies, if there is one.
    """

    rise: Rise
    lateness: float
    kept: float
    gap: float | None
    gap_left: float | None
    probe_before: float | None
    probe_after: float | None
    loss: LossChange | None
    seam: Event | None

    @property
    def probe_jumps_along(self) -> bool:
        """Whether the probe has another ceiling after the rise than before it."""
        if self.probe_before is None or self.probe_after is None:
            return False
        return self.probe_before < rules.SAME_CEILING * self.probe_after


@dataclass(frozen=True)
class Evidence:
    """A run and what was found in it; each finding is worked out when first asked for."""

    series: Series

    @cached_property
    def raw(self) -> Measurements:
        """The curves as they were measured."""
        return measure(self.series)

    @cached_property
    def dips(self) -> tuple[Dip, ...]:
        """Falls of the validation score that came back."""
        return find_dips(self.raw.val_score, "validation")

    @cached_property
    def probe_dips(self) -> tuple[Dip, ...]:
        """Falls of the probe score that came back: a model has memorised all the same."""
        return find_dips(self.raw.probe_score, "probe")

    @cached_property
    def collapses(self) -> tuple[Dip, ...]:
        """Those of them that say nothing about generalisation."""
        return tuple(dip for dip in self.dips if is_collapse(dip, self.raw, self.restarts))

    @cached_property
    def named(self) -> tuple[Dip, ...]:
        """Collapses of either score that a reader of the picture sees first, deepest first."""
        found = [*self.dips, *(dip for dip in self.probe_dips if not any(dip.overlaps(other) for other in self.dips))]
        early = self.raw.val_score.epoch[: rules.MIN_MEASUREMENTS].max(initial=0.0)
        least = [max(rules.SEEN, rules.SEEN_SHARE * dip.peak) for dip in found]
        deep = [dip for dip, depth in zip(found, least, strict=True) if dip.depth >= depth and dip.start > early]
        return tuple(sorted(deep, key=lambda dip: -dip.depth)[: rules.NAMED])

    @cached_property
    def restarts(self) -> tuple[int, ...]:
        """Epochs at which a planned schedule of the learning rate starts over."""
        return restarts(self.series)

    @cached_property
    def measured(self) -> Measurements:
        """The curves without the collapses that came back."""
        raw, stretches = self.raw, [(dip.start, dip.end) for dip in self.collapses]
        of_probe = [(dip.start, dip.end) for dip in self.probe_dips]
        return replace(
            raw,
            val_score=raw.val_score.without(stretches),
            score_gap=raw.score_gap.without(stretches),
            probe_score=raw.probe_score.without(stretches + of_probe),
        )

    @cached_property
    def memorising(self) -> Memorising | None:
        """When the model had memorised."""
        return memorised(self.measured)

    @property
    def few_images(self) -> bool:
        """Whether the score flips with single images, so that the losses must bear out what it says."""
        return self.raw.val_score.quantum > 1 / rules.FIRM_IMAGES and len(self.raw.val_loss) > 0

    @cached_property
    def loss_gap_is_large(self) -> bool:
        """Whether the validation loss ends far above the probe loss, beside what the probe loss has come down."""
        val, probe = self.raw.val_loss, self.raw.probe_loss
        if not len(val) or not len(probe):
            return False
        spread = float(probe.value.max()) - probe.end
        return spread > 0 and val.end - probe.end >= rules.LARGE_LOSS_GAP * spread

    @cached_property
    def fall(self) -> Fall | None:
        """The deepest lasting fall of the validation score."""
        ceiling = self.memorising.ceiling if self.memorising else None
        return find_fall(self.measured.val_score.without(self._dents), ceiling)

    @property
    def _dents(self) -> list[tuple[float, float]]:
        """The stretches after planned restarts of the learning rate, in which curves are dented."""
        periods = np.diff([0, *self.restarts])
        return [
            (epoch, epoch + rules.RESTART_DENT * period) for epoch, period in zip(self.restarts, periods, strict=True)
        ]

    @cached_property
    def rises(self) -> tuple[Rise, ...]:
        """Sharp rises after memorising that are large enough to be jumps, in order."""
        memory, score = self.memorising, self.measured.val_score
        if memory is None:
            return ()
        least = max(rules.MIN_RISE, rules.RISE_OF_GAP * (memory.gap_max or 0.0), rules.RISE_IMAGES * score.quantum)
        found = find_rises(score, memory.epoch)
        top = max(found, key=lambda rise: rise.size, default=None)
        later = [(dip.start, dip.end) for dip in self.dips if top and dip.start > top.end and dip not in self.collapses]
        if later:  # what fell and came back after a rise takes nothing from it
            found = find_rises(score.without(later), memory.epoch)
        return tuple(rise for rise in found if rise.size >= max(least, rules.RISE_SIGMA * rise.uncertainty))

    @cached_property
    def late(self) -> tuple[Late, ...]:
        """Those of them that came at least 3 times as late as memorising, in order."""
        memory = self.memorising
        if memory is None:
            return ()
        late = [rise for rise in self.rises if rise.middle >= rules.LATE * memory.epoch]
        ends = [*(rise.start for rise in late[1:]), self.measured.last_epoch]
        return tuple(self._beside(rise, memory, end) for rise, end in zip(late, ends, strict=False))

    def _beside(self, rise: Rise, memory: Memorising, until: int) -> Late:
        measured = self.measured
        stop = min(rules.SHARPNESS * rise.end, until)
        gap = self._level_after(measured.score_gap, rise.end, stop)
        probe_before = probe_after = None
        if memory.ceiling is not None:
            first = max(memory.epoch, rise.start / rules.SHARPNESS)
            known = measured.probe_score.between(first, rise.start)
            probe_before = float(np.median(known)) if len(known) else None
            probe_after = self._level_after(measured.probe_score, rise.end, stop)
        return Late(
            rise=rise,
            lateness=rise.middle / memory.epoch,
            kept=(measured.val_score.end - rise.low) / rise.size,
            gap=gap if memory.gap_max else None,
            gap_left=gap / memory.gap_max if memory.gap_max and gap is not None else None,
            probe_before=probe_before,
            probe_after=probe_after,
            loss=self._loss_change(rise, memory),
            seam=self._seam(rise),
        )

    @staticmethod
    def _level_after(curve: Curve, end: float, stop: float) -> float | None:
        """Return the level once a rise is over: in the later half, by the logarithm, of the time up to `stop`."""
        values = curve.between((end * stop) ** 0.5, stop)
        if len(values) < rules.MEDIAN_OF:
            values = curve.between(end, stop)[-rules.MEDIAN_OF :]
        return level(values) if len(values) else None

    def _loss_change(self, rise: Rise, memory: Memorising) -> LossChange | None:
        """Return the validation loss around a rise; it may lead or lag by a quarter of the time."""
        measured = self.measured
        loss, other = measured.val_loss, measured.probe_loss if len(measured.probe_loss) else measured.train_loss
        known, later = loss.since(memory.epoch).until(rise.start), loss.since(rise.end)
        if not len(known) or not len(later) or not len(other):
            return None
        near = int(np.sum(known.epoch >= rise.start / rules.NEAR))
        count = max(near, rules.NEAR_MEASUREMENTS)
        before = known.value[-count:]
        far = known.value[-2 * count : -count]
        count = max(int(np.sum(later.epoch <= rise.end * rules.NEAR)), rules.NEAR_MEASUREMENTS)
        after = later.value[:count]
        lagging = later.value[count : 2 * count]
        high = max(level(part) for part in (before, far) if len(part) >= min(len(before), rules.MEDIAN_OF))
        low = min(level(part) for part in (after, lagging) if len(part) >= min(len(after), rules.MEDIAN_OF))
        distance = high - float(np.median(other.at(known.epoch[-len(before) :])))
        return LossChange(high, low, distance, level_error(loss.noise, before, after))

    def _seam(self, rise: Rise) -> Event | None:
        """Return the resume at whose epoch nearly the whole rise happened, from one epoch to the next."""
        score = self.raw.val_score
        for event in self.series.events_of([EventKind.RESUME]):
            i = int(np.searchsorted(score.epoch, event.epoch))
            neighbours = 0 < i < len(score) and score.epoch[i] == event.epoch == score.epoch[i - 1] + 1
            if neighbours and score.value[i] - score.value[i - 1] >= rules.SEAM * rise.size:
                return event
        return None

    @cached_property
    def loss_rise(self) -> LossRise | None:
        """The validation loss going on to rise after memorising."""
        if self.memorising is None:
            return None
        loss = self.measured.val_loss.without([(dip.start, dip.end) for dip in self.collapses])
        if len(self.restarts) and self.raw.last_epoch <= 2 * self.restarts[-1] - ([0, *self.restarts])[-2]:
            loss = loss.until(self.restarts[-1] - 1)
        return loss_goes_on_rising(loss, self.memorising.epoch)
