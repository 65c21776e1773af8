"""Everything that the verdict rests on, gathered once."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from grokyolo.gap.series import Series
from grokyolo.verdict import rules
from grokyolo.verdict.decline import Fall, LossRise, find_fall, loss_goes_on_rising
from grokyolo.verdict.measurements import Measurements, measure
from grokyolo.verdict.memorising import Memorising, memorised
from grokyolo.verdict.rise import Rise, find_rise, level_error
from grokyolo.verdict.robust import level

_TINY = 1e-12


@dataclass(frozen=True)
class LossChange:
    """The validation loss on both sides of a rise of the score.

    Attributes:
        before, after: levels.
        error: standard deviation of `after / before` from noise.
    """

    before: float
    after: float
    error: float

    @property
    def agrees(self) -> bool:
        """Whether the loss fell, by more than noise explains."""
        return self.after < self.before * (1 - max(rules.LOSS_AGREES, rules.LOSS_SIGMA * self.error))


@dataclass(frozen=True)
class Evidence:
    """A run and what was found in it; each finding is worked out when first asked for."""

    series: Series

    @cached_property
    def measured(self) -> Measurements:
        """The curves."""
        return measure(self.series)

    @cached_property
    def memorising(self) -> Memorising | None:
        """When the model had memorised."""
        return memorised(self.measured)

    @cached_property
    def fall(self) -> Fall | None:
        """The deepest lasting fall of the validation score."""
        ceiling = self.memorising.ceiling if self.memorising else None
        return find_fall(self.measured.val_score, ceiling)

    @cached_property
    def rise(self) -> Rise | None:
        """The largest sharp rise after memorising, if it is large enough to be a jump."""
        memory = self.memorising
        if memory is None:
            return None
        rise = find_rise(self.measured.val_score, memory.epoch)
        if rise is None:
            return None
        least = max(
            rules.MIN_RISE,
            rules.RISE_OF_GAP * (memory.gap_max or 0.0),
            rules.RISE_IMAGES * self.measured.val_score.quantum,
            rules.RISE_SIGMA * rise.uncertainty,
        )
        return rise if rise.size >= least else None

    @cached_property
    def loss_rise(self) -> LossRise | None:
        """The validation loss going on to rise after memorising."""
        if self.memorising is None:
            return None
        return loss_goes_on_rising(self.measured.val_loss, self.memorising.epoch)

    @cached_property
    def loss_change(self) -> LossChange | None:
        """Validation loss on the plateau before the rise and after it; None when it was not measured."""
        rise, memory, loss = self.rise, self.memorising, self.measured.val_loss
        if rise is None or memory is None:
            return None
        before = loss.between(max(memory.epoch, rise.start / rules.SHARPNESS), rise.start)
        after = loss.between(rise.end, min(rise.end * rules.SHARPNESS, self.measured.last_epoch))
        if not len(before) or not len(after):
            return None
        error = level_error(loss.noise, before, after) / max(abs(level(before)), _TINY)
        return LossChange(level(before), level(after), error)
