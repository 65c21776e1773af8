"""Labelled training curves to judge the verdict by: many kinds, lengths, noises and ways of measuring.

Nothing here shares a formula with `grokyolo.verdict`: curves are made of rises from several families (the
error function, Gompertz, ramps, Hill, saturation, smooth steps, two competing circuits that are simulated),
labels come from the clean curves before noise, sparse measurement and rounding to whole images.
`CALIBRATION` families were used to choose thresholds, `HELD_OUT` ones only for the published figures.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from grokyolo.gap.series import Event, EventKind, Series, from_columns
from grokyolo.verdict import Verdict

Array = np.ndarray
Family = Callable[[Array, float, float], Array]

CONFOUNDERS = (
    EventKind.MOSAIC_CLOSED,
    EventKind.LR_CHANGED,
    EventKind.WD_CHANGED,
    EventKind.DATA_CHANGED,
    EventKind.RESTART,
    EventKind.RECOVER,
)


# --- Families of rises: 0 to 1, half way at `middle`, 10 to 90 % about from middle - half to middle + half.


def error_function(t: Array, middle: float, half: float) -> Array:
    """Abramowitz and Stegun 7.1.26."""
    z = 0.906 * (t - middle) / half
    x = 1 / (1 + 0.3275911 * np.abs(z))
    tail = np.polyval([1.061405429, -1.453152027, 1.421413741, -0.284496736, 0.254829592, 0], x)
    return 0.5 + 0.5 * np.sign(z) * (1 - tail * np.exp(-np.minimum(z * z, 700)))


def gompertz(t: Array, middle: float, half: float) -> Array:
    return np.exp(-np.log(2) * np.exp(np.clip(-1.54 * (t - middle) / half, -700, 50)))


def ramp(t: Array, middle: float, half: float) -> Array:
    return np.clip(0.5 + 0.4 * (t - middle) / half, 0, 1)


def hill(t: Array, middle: float, half: float) -> Array:
    ratio = (middle + half) / max(middle - half, 0.05 * middle)
    power = np.log(81) / np.log(ratio)
    return 1 / (1 + np.exp(np.clip(-power * np.log(t / middle), -700, 700)))


def saturation(t: Array, middle: float, half: float) -> Array:
    scale = 0.91 * half
    return 1 - np.exp(-np.maximum(t - (middle - 0.693 * scale), 0) / scale)


def smooth_step(t: Array, middle: float, half: float) -> Array:
    u = np.clip(0.5 + 0.3 * (t - middle) / half, 0, 1)
    return u * u * (3 - 2 * u)


def competition(t: Array, middle: float, half: float) -> Array:
    """Two circuits share the weight norm: g' = g^1.5 (1 - g), stepped by Euler, then stretched to fit."""
    g, grown = 1e-3, []
    for _ in range(4000):
        grown.append(g)
        g += 0.02 * g**1.5 * (1 - g)
    curve = np.asarray(grown)
    tenth, mid, ninth = np.interp([0.1, 0.5, 0.9], curve, np.arange(len(curve)))
    return np.interp(mid + (t - middle) * (ninth - tenth) / (2 * half), np.arange(len(curve)), curve)


CALIBRATION: tuple[Family, ...] = (error_function, gompertz, ramp)
HELD_OUT: tuple[Family, ...] = (hill, saturation, smooth_step, competition)


# --- What a kind draws from.


@dataclass
class Draw:
    """One run to be made: random source, epochs, cadence, and the families of rises it may use."""

    rng: np.random.Generator
    families: tuple[Family, ...]
    length: int
    every: int

    def __post_init__(self) -> None:
        self.steps = int(self.log_uniform(1, 100))
        self.t = np.arange(1, self.length + 1, dtype=float)
        self.measured = (self.t % self.every == 0) | (self.t == 1) | (self.t == self.length)

    def uniform(self, low: float, high: float) -> float:
        return float(self.rng.uniform(low, high))

    def log_uniform(self, low: float, high: float) -> float:
        return float(np.exp(self.rng.uniform(np.log(low), np.log(max(high, low * 1.0001)))))

    def rise(self, middle: float, ratio: float | None = None) -> Array:
        """A rise whose 90 % crossing comes `ratio` times as late as its 10 % crossing."""
        ratio = ratio or self.uniform(1.05, 3.0)
        family = self.families[self.rng.integers(len(self.families))]
        return family(self.t, middle, middle * (ratio - 1) / (ratio + 1))

    def early(self, at: float) -> Array:
        """How a model learns its training images: 0 to 1, at 0.95 by epoch `at`."""
        if self.rng.random() < 0.5:
            return 1 - np.exp(-3.0 * self.t / at)
        return np.clip(self.t / at, 0, 1) ** self.uniform(0.7, 1.5)

    def reach(self, epoch: float) -> float:
        """Epochs ahead of a jump in which a confounder counts, as the design words it."""
        window = 1 / (1 - 0.9999 * (1 - np.exp(-epoch * self.steps / 2000)))
        return max(5.0, 3 * window / self.steps)

    def memorise_and_jump(self, low: float, high: float) -> tuple[float, float]:
        """Epochs of memorising and of a jump whose lateness lies between these bounds."""
        most = 0.85 * self.length
        jump = self.log_uniform(max(0.2 * self.length, min(2.2 * low * self.every, most)), most)
        lateness = self.log_uniform(low, min(high, max(jump / max(2.0, self.every), low)))
        return jump / lateness, jump


@dataclass
class Clean:
    """Curves without noise, as long as the run; losses and scores are made apart from each other."""

    kind: str
    verdict: Verdict
    probe: Array
    val: Array
    probe_loss: Array
    val_loss: Array
    jump: float | None = None
    events: tuple[Event, ...] = ()
    like_for_like: bool = True
    confounded: bool = False
    max_noise: float = 0.05
    exact_noise: float | None = None
    also: tuple[Verdict, ...] = ()


@dataclass(frozen=True)
class Labelled:
    """A run with what is true of it.

    `also` holds other words that are right as well, where the design leaves a choice; `grokked` is never one.
    """

    kind: str
    verdict: Verdict
    also: tuple[Verdict, ...]
    jump: float | None
    confounded: bool
    series: Series


# --- Kinds.


def losses(d: Draw, m: float, up: float, down: float | None = None) -> tuple[Array, Array]:
    """Probe and validation loss: validation rises by `up` times while memorising, and falls at `down`."""
    start = d.uniform(1.0, 4.5)
    probe = start * (1 - 0.98 * d.early(m))
    val = start * (1 - d.uniform(0.0, 0.3) * d.early(0.6 * m))
    val = val + start * (up - 1) * d.rise(m * d.uniform(1.2, 2.5), 3.0)
    if down is not None:
        fall = d.rise(down * d.uniform(0.95, 1.1), d.uniform(1.3, 3.0))
        val = val * (1 - d.uniform(0.55, 0.95) * fall)
    return probe, val


def grok(d: Draw, kind: str = "grok", jump_at: float | None = None, ratio: float | None = None) -> Clean:
    m, jump = d.memorise_and_jump(12.5, 120)
    if jump_at is not None:
        m, jump = m * jump_at / jump, jump_at
    ceiling = 1.0 if d.rng.random() < 0.6 else d.uniform(0.6, 1.0)
    base = d.uniform(0, 0.35) * ceiling if d.rng.random() < 0.6 else 0.0
    left = d.uniform(0.0, 0.12) * (ceiling - base)
    ratio = ratio or d.uniform(1.05, min(3.0, 0.95 * d.length / jump) ** 2)
    rise = d.rise(jump, min(ratio, 3.0))
    probe = base + (ceiling - base) * d.early(m)
    val = base * d.early(0.8 * m) + (ceiling - base - left) * rise
    probe_loss, val_loss = losses(d, m, d.uniform(1.0, 3.5), jump)
    return Clean(kind, Verdict.GROKKED, probe, val, probe_loss, val_loss, jump)


def grok_sharp(d: Draw) -> Clean:
    return grok(d, "grok, sudden", ratio=d.uniform(1.02, 1.15))


def grok_early(d: Draw) -> Clean:
    return grok(d, "grok, then a long plateau", jump_at=max(0.12 * d.length, 30.0 * d.every))


def grok_at_the_end(d: Draw) -> Clean:
    ratio = d.uniform(1.02, 1.06)
    return grok(d, "grok in the last tenth", jump_at=d.uniform(0.90, 0.94) * d.length, ratio=ratio)


def grok_dip(d: Draw) -> Clean:
    c = grok(d, "grok after a dip below chance")
    m = c.jump / 15
    chance = d.uniform(0.03, 0.12)
    dip = chance * (1 - d.rise(m, 3.0)) - chance * 0.0
    c.val = np.maximum(c.val, 0) * 0.97 + dip
    return c


def grok_slingshots(d: Draw) -> Clean:
    c = grok(d, "grok with slingshots")
    for at in d.rng.uniform(0.1, 0.95, size=d.rng.integers(2, 6)):
        width = max(0.004 * d.length, 0.6)
        dent = np.exp(-(((d.t - at * d.length) / width) ** 2))
        c.probe = c.probe * (1 - d.uniform(0.2, 0.8) * dent)
        c.val = c.val * (1 - d.uniform(0.2, 0.8) * dent)
        c.probe_loss = c.probe_loss + 0.5 * dent
    return c


def grok_staged(d: Draw) -> Clean:
    c = grok(d, "grok in stages", ratio=1.2)
    first, second = c.jump * d.uniform(0.75, 0.9), c.jump * d.uniform(1.02, 1.08)
    share = d.uniform(0.3, 0.45)
    height = c.val[-1] - c.val[int(c.jump / 3)]
    base = c.val[int(c.jump / 3)]
    c.val = base + height * (share * d.rise(first, 1.15) + (1 - share) * d.rise(second, 1.1))
    return c


def grok_sloped(d: Draw) -> Clean:
    c = grok(d, "grok from a sloped plateau")
    room = c.probe[-1] - c.val[-1]
    slope = d.uniform(0.02, 0.06) * np.minimum(d.t / c.jump, 1)
    c.val = np.minimum(c.val + slope, c.val[-1] + max(room, 0))
    return c


def grok_small(d: Draw) -> Clean:
    c = grok(d, "grok of a small gap")
    size = d.uniform(0.17, 0.3)
    top = d.uniform(0.75, 0.98)
    m = c.jump / d.uniform(13, 25)
    early, rise = d.early(m), d.rise(c.jump, d.uniform(1.1, 2.5))
    c.probe, c.val = top * early, (top - size) * d.early(0.8 * m) + size * d.uniform(0.85, 1.0) * rise
    c.max_noise = 0.015
    return c


def grok_with_resume(d: Draw) -> Clean:
    c = grok(d, "grok across an exact resume")
    c.events = (Event(max(1, int(c.jump)), EventKind.RESUME),)
    return c


def grok_after_recovery(d: Draw) -> Clean:
    c = grok(d, "grok long after an event", jump_at=0.7 * d.length, ratio=1.3)
    kind = CONFOUNDERS[d.rng.integers(len(CONFOUNDERS))]
    c.events = (Event(max(1, int(0.2 * c.jump)), kind),)
    return c


def confounded(kind: EventKind) -> Callable[[Draw], Clean]:
    def make(d: Draw) -> Clean:
        c = grok(d, f"jump at {kind.value}", ratio=d.uniform(1.05, 1.6))
        c.verdict, c.confounded = Verdict.DELAYED_JUMP, True
        c.events = (Event(max(1, round(c.jump * d.uniform(0.97, 1.0))), kind),)
        return c

    return make


def less_late(d: Draw) -> Clean:
    m, jump = d.memorise_and_jump(4.0, 7.5)
    c = grok(d)
    ceiling, base = d.uniform(0.7, 1.0), d.uniform(0.0, 0.2)
    c.kind, c.verdict, c.jump = "jump, less late", Verdict.DELAYED_JUMP, jump
    c.probe = ceiling * np.minimum(d.early(m), 1)
    rise = d.rise(jump, d.uniform(1.1, 2.0))
    c.val = base * d.early(0.8 * m) + (ceiling - base) * d.uniform(0.9, 1.0) * rise
    c.probe_loss, c.val_loss = losses(d, m, d.uniform(1.0, 2.5), jump)
    return c


def half_closed(d: Draw) -> Clean:
    c = grok(d, "gap closed by half", ratio=d.uniform(1.1, 2.0))
    c.verdict = Verdict.DELAYED_JUMP
    base = c.val[int(c.jump / 4)]
    c.val = base + (c.val - base) * d.uniform(0.35, 0.62)
    return c


def rough(d: Draw) -> Clean:
    c = grok(d, "jump, rough gap")
    c.verdict, c.like_for_like = Verdict.DELAYED_JUMP, False
    return c


def memorise(d: Draw, kind: str = "memorising for ever") -> Clean:
    m = d.length * d.log_uniform(0.01, 0.2)
    ceiling = 1.0 if d.rng.random() < 0.6 else d.uniform(0.6, 1.0)
    flat = d.uniform(0, 0.6) * ceiling if d.rng.random() < 0.6 else 0.0
    probe_loss, val_loss = losses(d, m, d.uniform(1.0, 3.5))
    val = flat * d.early(0.8 * m)
    return Clean(kind, Verdict.MEMORISING, ceiling * d.early(m), val, probe_loss, val_loss)


def memorise_drifting(d: Draw) -> Clean:
    c = memorise(d, "memorising, slightly sloped")
    c.val = c.val + d.uniform(-0.02, 0.05) * d.t / d.length
    return c


def jump_going_on(d: Draw) -> Clean:
    c = grok(d, "jump still going on", jump_at=d.uniform(0.98, 1.02) * d.length, ratio=d.uniform(1.3, 1.8))
    c.verdict, c.jump = Verdict.MEMORISING, None
    return c


def ordinary(d: Draw, kind: str = "ordinary learning") -> Clean:
    at = d.length * d.log_uniform(0.05, 0.7)
    ceiling, gap = d.uniform(0.3, 1.0), d.uniform(0, 0.07)
    shared = d.early(at)
    probe, val = ceiling * shared, (ceiling - gap * ceiling) * shared ** d.uniform(0.95, 1.1)
    start = d.uniform(2, 6)
    probe_loss = start * (1 - d.uniform(0.5, 0.9) * shared)
    val_loss = probe_loss * (1 + d.uniform(0.0, 0.2) * shared)
    return Clean(kind, Verdict.GENERALISING, probe, val, probe_loss, val_loss)


def steps_of_rate(d: Draw) -> Clean:
    c = ordinary(d, "ordinary, step schedule")
    events = []
    for at in (0.4, 0.7):
        lift = d.uniform(0.04, 0.12) * d.rise(at * d.length, 1.05)
        c.probe, c.val = np.minimum(c.probe + lift, 1), np.minimum(c.val + lift, 1)
        c.val_loss = c.val_loss * (1 - lift)
        events.append(Event(max(1, int(at * d.length)), EventKind.LR_CHANGED))
    c.events = tuple(events)
    return c


def warm_restarts(d: Draw) -> Clean:
    c = ordinary(d, "ordinary, warm restarts")
    period = d.length / d.rng.integers(3, 7)
    wave = d.uniform(0.03, 0.10) * np.exp(-(d.t % period) / (0.08 * period)) * (d.t > period)
    c.probe, c.val = c.probe * (1 - wave), c.val * (1 - 1.2 * wave)
    c.val_loss = c.val_loss * (1 + wave)
    return c


def together(d: Draw) -> Clean:
    c = ordinary(d, "both jump together")
    jump = d.length * d.uniform(0.3, 0.8)
    low, high = d.uniform(0.0, 0.25), d.uniform(0.6, 1.0)
    rise = d.rise(jump, d.uniform(1.05, 2.0))
    c.probe, c.val = low + (high - low) * rise, low + (high - low) * d.uniform(0.92, 1) * rise
    c.probe_loss, c.val_loss = 3 - 2.5 * rise, 3 - 2.2 * rise
    return c


def slightly_late(d: Draw) -> Clean:
    m, jump = d.memorise_and_jump(1.4, 2.3)
    m, jump = 0.6 * m, 0.6 * jump
    c = grok(d)
    c.kind, c.verdict, c.jump = "validation follows late", Verdict.GENERALISING, None
    c.probe, c.val = d.early(m), d.uniform(0.9, 1.0) * d.rise(jump, d.uniform(1.2, 1.8))
    c.probe_loss, c.val_loss = losses(d, m, 1.1, jump)
    return c


def overfit(d: Draw, kind: str = "score falls") -> Clean:
    c = memorise(d, kind)
    peak_at = d.length * d.uniform(0.08, 0.35)
    best, lost = d.uniform(0.4, 0.95), d.uniform(0.18, 0.6)
    c.verdict = Verdict.OVERFITTING
    c.probe = d.early(peak_at * 1.2)
    fall = d.rise(peak_at * d.uniform(1.8, 2.5), d.uniform(1.5, 3.0))
    c.val = best * d.early(peak_at) * (1 - lost * fall)
    c.val_loss = 3 - 1.5 * d.early(peak_at) + 3 * fall
    return c


def loss_rises_on(d: Draw) -> Clean:
    c = memorise(d, "score flat, loss rises on")
    c.verdict = Verdict.OVERFITTING
    low = d.uniform(1.0, 3.0)
    since = np.maximum(d.t / d.length - 0.05, 0)
    c.val_loss = low * (1 + d.uniform(1.0, 4.0) * since ** d.uniform(0.75, 1.2))
    return c


def grok_lost(d: Draw) -> Clean:
    c = grok(d, "grok lost again", jump_at=d.uniform(0.3, 0.5) * d.length, ratio=d.uniform(1.1, 1.6))
    c.verdict = Verdict.OVERFITTING
    lost = d.rise(d.length * d.uniform(0.7, 0.85), d.uniform(1.05, 1.2))
    base = c.val[int(c.jump / 4)]
    c.val = base + (c.val - base) * (1 - d.uniform(0.6, 1.0) * lost)
    c.val_loss = c.val_loss + 3 * lost
    return c


def double_descent(d: Draw) -> Clean:
    c = ordinary(d, "double descent")
    c.verdict = Verdict.DOUBLE_DESCENT
    peak = d.length * d.uniform(0.04, 0.12)
    down, up = peak * d.uniform(2.0, 3.0), peak * d.uniform(4.5, 7.0)
    top, lost = d.uniform(0.45, 0.85), d.uniform(0.25, 0.7)
    regained = min(lost * d.uniform(0.9, 1.3), 1.02)
    fall, back = d.rise(down, d.uniform(1.3, 2.0)), d.rise(up, d.uniform(1.2, 2.0))
    c.val = top * d.early(peak) * (1 - lost * fall + regained * back)
    c.probe = np.maximum(d.early(peak * d.uniform(1.5, 4.0)), c.val)
    c.probe_loss = 3 - 2.9 * d.early(peak * 2)
    c.val_loss = 3 - 1.5 * d.early(peak) + 2 * fall - 2.2 * back
    return c


def not_finite(d: Draw) -> Clean:
    c = ordinary(d, "loss not finite")
    c.verdict = Verdict.DIVERGED
    since = min(int(d.length * d.uniform(0.4, 0.95)), d.length - 8 * d.every)
    for curve in (c.val_loss, c.probe_loss):
        curve[since:] = np.inf
    c.probe[since:], c.val[since:] = 0, 0
    return c


def collapse(d: Draw) -> Clean:
    c = ordinary(d, "probe collapses")
    c.verdict = Verdict.DIVERGED
    down = 1 - d.uniform(0.7, 1.0) * d.rise(d.length * d.uniform(0.5, 0.85), 1.1)
    c.probe, c.val = c.probe * down, c.val * down
    c.val_loss, c.probe_loss = c.val_loss + 5 * (1 - down), c.probe_loss + 5 * (1 - down)
    return c


def too_noisy(d: Draw) -> Clean:
    c = grok(d, "too noisy")
    c.verdict, c.exact_noise, c.jump = Verdict.UNDECIDED, d.uniform(0.3, 0.45), None
    return c


def too_few(d: Draw) -> Clean:
    every = max(d.length // int(d.rng.integers(2, 7)), 1)
    short = Draw(d.rng, d.families, d.length, every)
    c = memorise(short, "too few measurements")
    c.verdict = Verdict.UNDECIDED
    d.measured, d.every = short.measured, short.every
    return c


def disagree(d: Draw) -> Clean:
    c = grok(d, "score and loss disagree", ratio=d.uniform(1.1, 2.0))
    c.verdict = Verdict.UNDECIDED
    c.val_loss = 2 + d.uniform(0.5, 2.0) * d.rise(c.jump, 2.0)
    return c


def gradual(d: Draw) -> Clean:
    """A rise over one to two decades, straight in the logarithm of the epoch: late, but never a jump."""
    c = grok(d, "gradual rise over decades")
    last = d.length * d.uniform(0.6, 1.1)
    first = last / d.log_uniform(12, 60)
    low, high = c.val[int(first / 2)], c.val[-1]
    share = np.clip(np.log(d.t / first) / np.log(last / first), 0, 1)
    c.val, c.val_loss = low + (high - low) * share, c.val_loss[0] * (1.5 - share)
    c.verdict, c.also, c.jump = Verdict.DELAYED_JUMP, (Verdict.MEMORISING, Verdict.GENERALISING), None
    return c


def lucky_probe(d: Draw) -> Clean:
    """Validation follows; the probe is so small that it is at the top now and then by luck alone."""
    c = ordinary(d, "probe lucky now and then")
    c.probe = np.minimum(c.val + 0.03, 0.95)
    lucky = d.rng.random(d.length) < d.uniform(0.02, 0.12)
    c.probe = np.where(lucky, 1.0, c.probe)
    c.also = (Verdict.UNDECIDED,)
    return c


KINDS: tuple[Callable[[Draw], Clean], ...] = (
    *(grok,) * 3,
    *(grok_sharp, grok_early, grok_at_the_end, grok_dip, grok_slingshots, grok_staged, grok_sloped),
    *(grok_small, grok_with_resume, grok_after_recovery),
    *(confounded(kind) for kind in CONFOUNDERS),
    *(less_late, less_late, half_closed, half_closed, rough),
    *(memorise, memorise, memorise, memorise_drifting, jump_going_on),
    *(ordinary, ordinary, steps_of_rate, warm_restarts, together, slightly_late),
    *(overfit, overfit, loss_rises_on, grok_lost, double_descent, double_descent),
    *(gradual, lucky_probe),
    *(not_finite, collapse, too_noisy, too_few, disagree),
)


# --- From clean curves to a log.


def noise(rng: np.random.Generator, kind: str, count: int) -> Array:
    """Noise of standard deviation 1: `independent`, `autocorrelated` or `heavy` tails."""
    if kind == "heavy":
        return np.clip(rng.standard_t(3, size=count), -8, 8) / np.sqrt(3)
    white = rng.standard_normal(count)
    if kind == "independent":
        return white
    rho = rng.uniform(0.4, 0.9)
    kernel = rho ** np.arange(60)
    return np.convolve(white, kernel)[:count] * np.sqrt(1 - rho**2)


def log_of(d: Draw, c: Clean) -> Series:
    """Measure clean curves as a run would: with noise, at a cadence, in whole images."""
    rng = d.rng
    sort = ("independent", "autocorrelated", "heavy")[rng.integers(3)]
    sigma = c.exact_noise if c.exact_noise is not None else d.log_uniform(0.002, c.max_noise)
    images = None if rng.random() < 0.5 else int(d.log_uniform(4, 5000))
    if c.kind in ("grok of a small gap", "ordinary, step schedule") and images and images < 30:
        images = 30

    def score(clean: Array, scale: float) -> Array:
        return np.clip(clean + scale * noise(rng, sort, d.length), 0, 1)

    val = score(c.val, sigma)
    if images:
        val = np.round(val * images) / images
    steps = d.t * d.steps
    if d.every in (5, 10) and rng.random() < 0.5:  # a set smaller than nbs: cells repeat in blocks
        frozen = np.maximum.accumulate(np.where(d.measured, np.arange(d.length), 0))
        steps = steps[frozen]
        blocks = frozen
    else:
        blocks = None
    relative = d.log_uniform(0.003, 0.06)
    columns = {
        "val_score": val,
        "probe_score": score(c.probe, sigma * d.uniform(0.3, 1.0)),
        "val_loss": np.abs(c.val_loss * (1 + relative * noise(rng, sort, d.length))),
        "probe_loss": np.abs(c.probe_loss * (1 + relative * noise(rng, sort, d.length))),
    }
    for name, values in columns.items():
        columns[name] = np.where(d.measured, values, np.nan) if blocks is None else values[blocks]
    if not c.like_for_like:
        columns["probe_score"] = columns["probe_loss"] = np.full(d.length, np.nan)
    train_loss = np.abs(c.probe_loss * d.uniform(1.0, 1.3) * (1 + relative * noise(rng, sort, d.length)))
    rate = 10 ** d.uniform(-4, -2)
    if rng.random() < 0.4:
        rate = rate * (0.505 + 0.495 * np.cos(np.pi * d.t / d.length))
    return from_columns(
        c.kind,
        d.t.astype(int),
        step=steps,
        lr=np.broadcast_to(rate, d.t.shape),
        weight_decay=np.full(d.length, 0.01),
        train_loss=train_loss,
        events=c.events,
        score_name="top1",
        val_images=images,
        measured_every=d.every,
        **columns,
    )


def honest(d: Draw, c: Clean) -> bool:
    """Whether the clean curves, as they are measured, are beyond doubt what their label says."""
    if c.jump is None or c.verdict is Verdict.MEMORISING:
        return True
    if c.kind == "grok lost again":
        return True
    probe, val, t = c.probe[d.measured], c.val[d.measured], d.t[d.measured]
    gap = probe - val
    memorised = t[np.argmax(probe >= 0.95 * probe.max())]
    low, high = val[(t >= memorised) & (t < 0.5 * c.jump)], val[-1]
    if len(low) < 5:
        return False
    share = (val - np.median(low)) / (high - np.median(low))
    start, end = t[np.argmax(share > 0.1)], t[np.argmax(share > 0.9)]
    settled = np.sum(t > end) >= 5 and t[-1] - end > 0.3 * (end - start)
    early = c.kind in ("jump, less late",)
    plateau = np.sum((t >= memorised) & (t < start)) >= (8 if early else 12)
    late = 3.5 < c.jump / memorised < 8.5 if early else c.jump / memorised > 11.5
    wide = start - memorised >= 0.035 * d.length and end <= 3.6 * start
    far = c.confounded or all(
        not event.kind.confounds or event.epoch < 0.9 * (start - d.reach(start)) - 5 * d.every for event in c.events
    )
    closed = gap[-1] <= (0.2 if c.verdict is Verdict.GROKKED else 1.0) * gap.max()
    return bool(settled and plateau and late and wide and far and closed)


def labelled_curve(seed: int, index: int, families: tuple[Family, ...], longest: int = 100_000) -> Labelled:
    """Return curve `index` of a set: its kind goes round, everything else is drawn."""
    rng = np.random.default_rng([seed, index])
    make = KINDS[index % len(KINDS)]
    every = int(rng.choice([1, 1, 1, 1, 5, 10, 25]))
    length = int(np.exp(rng.uniform(np.log(60), np.log(longest))))
    if make in (memorise, ordinary, overfit, not_finite, too_few) and rng.random() < 0.15:
        length, every = int(rng.integers(30, 60)), 1
    length = max(length, 100 * every)
    for _ in range(200):
        d = Draw(rng, families, length, every)
        c = make(d)
        if honest(d, c):
            break
    else:
        raise RuntimeError(f"no honest curve of kind {c.kind} in {length} epochs, measured every {every}")
    return Labelled(c.kind, c.verdict, c.also, c.jump, c.confounded, log_of(d, c))
