"""Every threshold of the verdict in one place, with where it comes from.

"Contract" marks numbers that DESIGN section 5 fixes. "Calibrated" marks numbers that
`benchmarks/verdict.py` was used to choose; its held-out curves were not.
"""

from __future__ import annotations

from typing import Final

RULES_VERSION: Final = 4
"""Raised whenever a rule or a threshold changes what a run is called: verdicts that were kept are void then."""

# --- What counts as enough data ---------------------------------------------------------------

MIN_MEASUREMENTS: Final = 10
"""Fewer measurements of validation than this say nothing; a plateau alone needs as many (contract)."""

MAX_NOISE: Final = 0.12
"""A score that scatters by more than this from one measurement to the next hides any level (calibrated);
what rounding to whole validation images adds is allowed on top."""

NOISE_OF_IMAGE: Final = 0.6
"""Scatter of a score that flickers between two whole images, in images."""

MAX_BLOCKS: Final = 400
"""Longer curves are reduced to at most about this many block medians, so that cost does not grow."""

FIRM_IMAGES: Final = 20
"""With fewer validation images one image moves the score by more than 5 points: `indicative` (contract)."""

LOSS_ONLY_BELOW: Final = 8
"""With fewer validation images the score may say nothing: `loss-only` (contract)."""

# --- Memorised --------------------------------------------------------------------------------

CEILING_SHARE: Final = 0.95
"""A model has memorised when the probe score is at this share of its ceiling (contract)."""

MEDIAN_OF: Final = 5
"""Of how many measurements the median must hold (contract)."""

FLOOR_SHARE: Final = 0.05
"""Without probe scores: the loss is within this share of its range above its floor (contract)."""

LEAST_SHARE: Final = 0.80
UNSURE_SIGMA: Final = 2.5
"""Noise may lower that share by so many of its standard deviations, but no further than this (calibrated)."""

STAYING_SHARE: Final = 0.70
"""Share of the later medians that must hold too; slingshots may take the rest (calibrated)."""

FOR_LONG: Final = 4.0
FOR_LONG_SHARE: Final = 0.95
FOR_LONG_MEASUREMENTS: Final = 20
"""... or this share of those until an epoch this many times as late, of so many at least."""

MIN_CEILING: Final = 0.3
"""A probe that never gets this high has not memorised anything (calibrated)."""

MIN_GAP: Final = 0.10
"""The least score gap that tells memorising from following; more when noise is above a third of it."""

LARGE_GAP: Final = 0.20
"""The least gap at the end of a run, relative to the probe's ceiling, that is worth a verdict."""

AT_CEILING: Final = 2.0
"""A smaller gap is worth one once the log is so many times as long as memorising took: till then the probe may be
climbing, and its ceiling be no more than its newest level."""

LARGE_LOSS_GAP: Final = 0.5
"""Where only losses tell: the least loss gap at the end, as a share of the range of the train or probe loss."""

GAP_OVER: Final = 1.2
GAP_OF: Final = 9
GAP_BORDER: Final = 0.1
GAP_IMAGES: Final = 2.0
"""The gap at the end is that since the last epoch / 1.2, and over so many measurements at least: one that is near a
border then does not cross it with every measurement. Within a tenth of the border it is what it was before (either word
is right there), and with few images a large gap is two of them."""

MEMORISED_BY_LOSS: Final = 0.5
"""... and by which share of the run: the train loss of every run is near its floor at the end."""

GAP_SIGMA: Final = 3.0
"""The gap must also exceed this many standard deviations of its noise."""

# --- Jump -------------------------------------------------------------------------------------

SHARPNESS: Final = 4.0
"""Largest `end / start` of a jump (contract)."""

LATE: Final = 3.0
"""A jump less late than this is generalising (contract)."""

VERY_LATE: Final = 10.0
"""A grok is at least so late (contract)."""

PLATEAU_MEASUREMENTS: Final = 10
"""Measurements on the plateau before a grok (contract)."""

GAP_LEFT: Final = 0.25
"""Share of the largest score gap that a grok may leave (contract)."""

MIN_RISE: Final = 0.10
"""The least rise of the validation score that is a jump."""

TOP_SHARE: Final = 0.8
"""Levels from this share of the way up belong to the top of a rise."""

RISE_OF_GAP: Final = 0.25
"""A jump also closes at least this share of the largest gap."""

RISE_IMAGES: Final = 1.5
"""... and is more than one validation image."""

RISE_SIGMA: Final = 5.0
"""A jump also exceeds its own uncertainty by this factor (calibrated)."""

KEPT_SHARE: Final = 0.5
"""A jump lasts when the end of the run keeps at least this share of it."""

APART: Final = 2.0
"""A second rise begins this much later than the first one ended; else they are one."""

AROUND: Final = 2.5
"""What a curve does before and after a rise is looked at within this ratio of its start and its end."""

SETTLED_MEASUREMENTS: Final = 3
"""Measurements after the 90 % crossing without which a jump may still be going on."""

TOP_SEEN: Final = 0.35
TOP_SEEN_IMAGES: Final = 2.0
"""... or with less time after it than this share of what the rise took, and so many times the share of one validation
image in it, while the gap is open (calibrated)."""

CLIMBING: Final = 0.13
"""... or when the last third of the time since its middle still brings this share of it, while the gap is open
(calibrated; a logistic that is cut at half its height has 0.17, at 97 % 0.1)."""

TOP_REACHED: Final = 0.08
"""With more than this still to come by that measure the end of a rise is not known, only that it has none yet."""

SEEN_WHOLE: Final = 2.0
"""A log that goes on for so many times as long as a rise took to end has seen all of it."""

NEARLY: Final = 0.62
NEARLY_CLOSED: Final = 0.125
"""A rise that still climbs, has taken this share of the sharpness that is allowed and leaves more than this share of
the gap may yet be gradual."""

ELSEWHERE: Final = 0.3
"""What a curve gains just before and after a rise, as a share of it, from which it is gradual (calibrated)."""

SLOPE_BEFORE: Final = 0.65
"""Slope before a rise, as a share of its own, from which there was no plateau (the sharpest logistic that spans
a factor of 4 has 0.5, a straight line 1)."""

MAX_BLUR: Final = 0.15
"""The most by which noise and whole images may excuse a rise from being gradual, or too long (calibrated)."""

LOSS_AGREES: Final = 0.10
"""Over a jump the validation loss loses at least this share of its distance to the probe loss (contract)."""

LOSS_SIGMA: Final = 3.0
"""A change of a loss exceeds so many standard deviations of its noise."""

LOSS_UNSURE: Final = 1.0
"""... and by how many of them the loss must have lost more than the contract asks (calibrated)."""

NEAR: Final = 1.25
"""Losses before and after a jump are those within this ratio of its start and its end, for they drift elsewhere."""

NEAR_MEASUREMENTS: Final = 12
"""... or of so many measurements, where these are more."""

SAME_CEILING: Final = 0.95
"""The probe does not jump along: its level before is at least this share of that after (contract: the same ceiling)."""

SEAM: Final = 0.8
"""A rise of which this share lies between two neighbouring epochs, the second one resumed, was made by that."""

# --- Confounders ------------------------------------------------------------------------------

PAD_EPOCHS: Final = 5
"""A confounder reaches at least this many epochs ahead (contract)."""

PAD_EMA_WINDOWS: Final = 3
"""... and this many windows of the weight average (contract)."""

# --- Falls ------------------------------------------------------------------------------------

MIN_FALL: Final = 0.06
"""The least fall of the validation score from its best lasting level."""

FALL_OF_LOW: Final = 0.3
"""... or, where scores are low throughout, this share of that level."""

FALL_SHARE: Final = 0.085
"""... and the least share of that level (calibrated)."""

FALL_SIGMA: Final = 4.5
"""... and in its own standard deviations, which are small when both peak and trough last (calibrated)."""

FALL_IMAGES: Final = 0.75
FALL_OF_ONE_LASTS: Final = 40
"""... and in validation images: a score that flickers between two has not fallen, unless over so many measurements."""

FALL_KEPT: Final = 0.7
"""... of which this share shows between the levels that last around peak and trough (a straight line has half)."""

OFF_CHANCE: Final = 0.2
"""A peak below this share of the probe's ceiling never left chance: what follows it is a dip, no fall."""

LEVEL_OF: Final = 9
"""Measurements whose median is a level, at least; more in long runs."""

MIN_DESCENT: Final = 0.08
DESCENT_OF_LOW: Final = 0.5
DESCENT_SHARE: Final = 0.15
"""A double descent fell by as much (or, where scores are low throughout, by half of its peak), and by this share of
its peak: wobbles are none (calibrated)."""

REGAINED: Final = 0.75
"""Double descent regains at least this share of what was lost (contract)."""

PEAK_HEIGHT: Final = 0.5
"""The peak before the fall of a double descent reached this share of the final height (contract)."""

LASTING_MEASUREMENTS: Final = 8
LASTING_MOST: Final = 16
LASTING_RATIO: Final = 1.15
"""A trough lasts: a tenth of all measurements, so many at least and no more than so many asked, and this ratio of
its end to its start."""

FALL_LASTS: Final = 0.03
"""... and that of a fall that has not come back, or this share of the run."""

DIP: Final = 0.05
DIP_SHARE: Final = 0.07
"""A dip is by this much, and by this share of its peak, deeper than noise and images explain."""

ALIKE: Final = 0.4
"""The probe falls alike when it loses this share of what validation loses, both relative to their level before."""

ALIKE_LOSS: Final = 0.15
"""... or, without a probe, when the train loss rises by this share."""

WELL_AFTER: Final = 2.5
"""The second half of the time since memorising begins this many times as late as memorising, or it is too early to
say that the loss goes on rising."""

LOSS_RISING: Final = 0.22
"""Share of the whole rise of the validation loss that falls into the second half of the time since memorising,
from which the loss still "goes on rising" (calibrated; a straight line has 0.5, a square root 0.29, a logarithm over
two decades 0.15, the control without weight decay 0.02)."""

LOSS_STILL_RISING: Final = 0.2
"""Share of what that second half brings which its last third must bring over the middle one: a straight line
has 0.5, a rise that has ended 0 (calibrated)."""

LOSS_RISE_SIGMA: Final = 4.0
LOSS_RISE_SHARE: Final = 0.06
"""That second half must also raise the loss by so many standard deviations, and by this share of its level."""

LOSS_RISE_SURE: Final = 1.3
LOSS_RISE_SEEN: Final = 0.8
LOSS_RISE_LEFT: Final = 0.1
LOSS_RISE_HELD: Final = 3
"""How clearly each of these must hold for the loss to begin to count as rising on, and to cease to: the first two,
which are about its shape, and the last two, which are about noise; either over so many lengths of the run, each 1.08
times the one before (calibrated)."""

RESTART_DENT: Final = 0.5
"""A planned restart of the learning rate dents curves for so much of a period; falls are looked for in the rest."""

LOST_SHARE: Final = 0.25
"""A jump is lost again when more than this share of it is gone at the end: more than a grok may leave."""

NOTHING_LEARNED: Final = 0.02
LITTLE: Final = 0.10
"""Low scores that never gain this much, by guessing say, tell nothing about gaps; above `LITTLE` something was learned
before the run began."""

LOSS_TURNED: Final = 0.20
TURNED_BEFORE: Final = 0.7
"""Without a probe: the validation loss ends by this share above its lowest level, which it had before this share
of the run, while the train loss fell and the score gained nothing (calibrated on public logs)."""

# --- Divergence -------------------------------------------------------------------------------

LAST_MEASUREMENTS: Final = 5
"""Diverged: losses not finite over so many of the last measurements (contract)."""

COLLAPSE_SHARE: Final = 0.5
"""Diverged: the probe score fell below this share of its best and stayed there (contract)."""

COLLAPSE_LASTS: Final = 0.02
"""... over at least 5 measurements and this share of them (calibrated)."""

# --- Warnings ---------------------------------------------------------------------------------

SPARSE_MEASUREMENTS: Final = 4
"""Memorised within so many measurements: its epoch, and the lateness of a jump, are only bounds."""

NORM_GROWTH: Final = 10.0
"""By which factor the weight norm must have grown since the first epoch to be remarked on; from common
initialisations training changes it by a factor of 2 or 3."""

BROKEN_SHARE: Final = 0.3
"""A fall during which so many losses were not finite is one of the numbers, not of the model."""

SEEN: Final = 0.15
SEEN_SHARE: Final = 0.4
NAMED: Final = 5
"""A fall that came back is named as a collapse when it was by as much, and by this share of what it fell from; so many
are named at most."""

# --- Following --------------------------------------------------------------------------------

FOLLOWS: Final = 0.5
"""Share of the probe's score that validation must have reached to be said to follow it, where the gap is large."""

FOLLOWED: Final = 0.5
"""Share of the largest gap that may be left where validation followed the probe with a rise of its own."""

NEAR_BEST: Final = 0.95
"""Share of the best measured score from which a level is near it."""
