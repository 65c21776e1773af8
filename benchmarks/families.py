"""Harder curves for the verdict, in families: each holds runs of which one thing is difficult.

Labels come from the clean curves, by the words of DESIGN section 5; nothing is shared with `grokyolo.verdict`. A
family mixes runs that earn a word with runs that just miss it. Like `curves`, every family is drawn with shapes of
rises (`CALIBRATION` or `HELD_OUT`) and with other seeds for either.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np
from curves import Array, Family, noise

from grokyolo.gap.series import Event, EventKind, Series, from_columns
from grokyolo.verdict import Verdict

V = Verdict
NOT_GROKKED = tuple(word for word in Verdict if word is not V.GROKKED)


@dataclass
class Run:
    """One run to be made: clean curves first, then how they are measured.

    Attributes:
        n: epochs. every: epochs between measurements.
        right: the words that are right. jump: whether the run has a jump whose crossings are known.
        sigma: noise of the scores. relative: noise of the losses.
        val_images, probe_images: scores move in whole images where given.
        confounders: kinds of confounders that must be named.
        confidence: the word of confidence that must be given; "" when it is not asked for.
    """

    rng: np.random.Generator
    shapes: tuple[Family, ...]
    n: int
    every: int = 1
    kind: str = ""
    right: tuple[Verdict, ...] = ()
    has_jump: bool = False
    memorises: bool = False
    sigma: float = 0.01
    relative: float = 0.02
    val_images: int | None = None
    probe_images: int | None = 256
    has_probe: bool = True
    events: list[Event] = field(default_factory=list)
    confounders: tuple[EventKind, ...] = ()
    confidence: str = ""
    score_name: str = "top1"

    def __post_init__(self) -> None:
        self.t = np.arange(1, self.n + 1, dtype=float)
        self.steps = self.t * int(self.log(1, 100))
        self.mask = (self.t % self.every == 0) | (self.t == 1) | (self.t == self.n)
        self.lr = np.full(self.n, self.log(1e-4, 1e-2))
        self.wd = np.full(self.n, 0.01)
        self.sigma = self.log(0.002, 0.03)
        self.relative = self.log(0.003, 0.03)
        self.sort = ("independent", "autocorrelated", "heavy")[self.rng.integers(3)]
        self.val_images = None if self.rng.random() < 0.4 else int(self.log(30, 5000))
        self.scores: dict[str, Array] = {}

    def u(self, low: float, high: float) -> float:
        return float(self.rng.uniform(low, high))

    def log(self, low: float, high: float) -> float:
        return float(np.exp(self.rng.uniform(np.log(low), np.log(max(high, low * 1.0001)))))

    def rise(self, middle: float, ratio: float | None = None) -> Array:
        ratio = ratio or self.u(1.1, 2.5)
        shape = self.shapes[self.rng.integers(len(self.shapes))]
        return shape(self.t, middle, middle * (ratio - 1) / (ratio + 1))

    def early(self, at: float) -> Array:
        if self.rng.random() < 0.5:
            return 1 - np.exp(-3.0 * self.t / at)
        return np.clip(self.t / at, 0, 1) ** self.u(0.7, 1.3)

    def reach(self, epoch: float) -> float:
        step = self.steps[min(int(epoch), self.n - 1)]
        per = self.steps[0]
        return max(5.0, 3 / (1 - 0.9999 * (1 - np.exp(-step / 2000))) / per)

    # --- curves

    def memorise(self, m: float, flat: float | None = None, ceiling: float | None = None) -> None:
        ceiling = ceiling or (1.0 if self.rng.random() < 0.5 else self.u(0.65, 1.0))
        flat = flat if flat is not None else (0.0 if self.rng.random() < 0.4 else self.u(0, 0.45) * ceiling)
        self.flat, self.ceiling, self.m = flat, ceiling, m
        chance = self.u(1.5, 4.5)
        early = self.early(m)
        self.probe = flat * 0.5 + (ceiling - flat * 0.5) * early
        self.val = flat * self.early(max(0.8 * m, 1.0))
        self.probe_loss = chance * (1 - 0.97 * early)
        self.val_loss = chance * (1 + self.u(0.0, 1.5) * self.rise(1.5 * m, 3.0))
        self.memorises, self.right, self.kind = True, (V.MEMORISING,), "memorising"

    def jump_to(self, at: float, ratio: float | None = None, left: float | None = None, falls: float | None = None):
        """Add a jump: `left` of the gap remains, the loss loses `falls` of its distance to the probe loss."""
        ratio = ratio or self.u(1.1, 2.5)
        left = self.u(0.0, 0.12) if left is None else left
        falls = self.u(0.4, 0.95) if falls is None else falls
        rise = self.rise(at, ratio)
        self.reached = float(rise[-1])
        self.val = self.val + (self.ceiling - self.flat) * (1 - left) * rise
        there = int(np.clip(at, 1, self.n)) - 1
        before = int(np.clip(at / 2, 1, self.n)) - 1
        distance = self.val_loss[before] - self.probe_loss[there]
        loss_rise = rise if self.rng.random() < 0.5 else self.rise(at * self.u(0.97, 1.03), ratio)
        self.val_loss = self.val_loss - falls * distance * loss_rise
        self.at, self.has_jump = at, True
        self.right, self.kind = (V.GROKKED,), "grok"

    def ordinary(self, at: float, ceiling: float | None = None) -> None:
        ceiling = ceiling or self.u(0.3, 1.0)
        shared = self.early(at)
        gap = self.u(0, 0.06)
        start = self.u(2, 6)
        self.probe, self.val = ceiling * shared, ceiling * (1 - gap) * shared
        self.probe_loss = start * (1 - self.u(0.5, 0.9) * shared)
        self.val_loss = self.probe_loss * (1 + self.u(0.0, 0.2) * shared)
        self.ceiling, self.right, self.kind = ceiling, (V.GENERALISING,), "ordinary"

    # --- truth of the clean curves

    def crossings(self) -> tuple[float, float, float]:
        t, val = self.t[self.mask], self.val[self.mask]
        low = float(np.median(val[(t >= min(self.m, 0.4 * self.at)) & (t < 0.6 * self.at)]))
        after = (t > self.at) & (t < 4 * self.at)
        share = (val - low) / (float(val[after].max()) - low)
        there = t >= min(self.m, 0.4 * self.at)
        return tuple(float(t[there][np.argmax(share[there] >= s)]) for s in (0.1, 0.5, 0.9))  # type: ignore[return-value]

    def memorised_at(self) -> float:
        probe = self.probe[self.mask]
        return float(self.t[self.mask][np.argmax(probe >= 0.95 * np.median(probe[len(probe) // 2 :]))])

    # --- the log

    def log_of(self) -> Series:
        def score(clean: Array, sigma: float, images: int | None) -> Array:
            noisy = np.clip(clean + sigma * noise(self.rng, self.sort, self.n), 0, 1)
            return noisy if images is None else np.round(noisy * images) / images

        def loss(clean: Array, relative: float) -> Array:
            return np.abs(clean * (1 + relative * noise(self.rng, self.sort, self.n)))

        columns = {
            "val_score": score(self.val, self.sigma, self.val_images),
            "probe_score": score(self.probe, 0.5 * self.sigma, self.probe_images),
            "val_loss": loss(self.val_loss, self.relative),
            "probe_loss": loss(self.probe_loss, self.relative),
        }
        columns.update(self.scores)
        train_loss = loss(self.probe_loss * 1.1 + 0.05, 0.5 * self.relative)
        broken = getattr(self, "broken", np.zeros(self.n, bool))
        for name, values in columns.items():
            spelled = np.where(broken, 0.0 if "score" in name else np.inf, values)
            columns[name] = np.where(self.mask, spelled, np.nan)
        train_loss = np.where(broken, np.inf, train_loss)
        if not self.has_probe:
            columns["probe_score"] = columns["probe_loss"] = np.full(self.n, np.nan)
        val_nan = getattr(self, "val_nan", None)
        if val_nan is not None:
            columns["val_loss"] = np.where(val_nan & self.mask, np.inf, columns["val_loss"])
        return from_columns(
            self.kind,
            self.t.astype(int),
            step=self.steps,
            lr=self.lr,
            weight_decay=self.wd,
            train_loss=train_loss,
            events=tuple(self.events),
            score_name=self.score_name,
            val_images=self.val_images,
            probe_images=self.probe_images,
            train_images=4000,
            measured_every=self.every,
            **columns,
        )


@dataclass(frozen=True)
class Judged:
    """A run of a family with what is true of it; see `Run`. Epochs are None where they are not asked for."""

    family: str
    kind: str
    right: tuple[Verdict, ...]
    series: Series
    start: float | None
    jump: float | None
    end: float | None
    memorised: float | None
    confounders: tuple[EventKind, ...]
    confidence: str

    @property
    def is_grok(self) -> bool:
        return self.right == (V.GROKKED,)

    @property
    def ever_groks(self) -> bool:
        """Whether the run has a jump that is, or was for a while, or may pass for, a grok."""
        named = ("grok", "half closed", "confounded", "stages", "step of the rate")
        return V.GROKKED in self.right or any(word in self.kind for word in named)

    @property
    def turns(self) -> int:
        """How often a growing run may return to a word that it had before: the curve does."""
        if "collapse" in self.kind:
            return 2
        return int(self.family == "NaN spells" or any(word in self.kind for word in TURNS))


# --- Helpers of families.


def length(r: np.random.Generator, low: float = 150, high: float = 5000) -> int:
    return int(np.exp(r.uniform(np.log(low), np.log(high))))


def grok(run: Run, at: float | None = None, ratio: float | None = None, least: float = 12.5, **more) -> Run:
    """A grok whose border conditions are all met with room to spare."""
    at = at or run.n * run.u(0.3, 0.7)
    ratio = ratio or run.u(1.1, 2.5)
    start = at * 2 / (1 + ratio)
    m = at / run.log(least, 60)
    m = min(max(m, 1.2), start - 14 * run.every)
    run.memorise(m)
    run.jump_to(at, ratio, **more)
    return run


def choose(rng: np.random.Generator, *options):
    return options[rng.integers(len(options))]


# --- Families. Each takes a random source and shapes, and returns a Run.


def short_runs(rng, shapes) -> Run:
    """20 to 60 rows."""
    run = Run(rng, shapes, int(rng.integers(20, 61)))
    kind = rng.integers(5)
    if kind == 0:
        run = Run(rng, shapes, int(rng.integers(34, 61)))
        run.memorise(1.4)
        run.jump_to(run.n * run.u(0.55, 0.75), run.u(1.05, 1.35))
    elif kind == 1:
        run.memorise(run.u(2, 0.15 * run.n), flat=run.u(0, 0.4))
    elif kind == 2:
        run.ordinary(run.u(0.3, 0.8) * run.n)
    elif kind == 3:
        run.memorise(3)
        peak, lost = run.u(0.5, 0.9), run.u(0.3, 0.7)
        fall = run.rise(run.n * run.u(0.4, 0.6), 1.4)
        run.val = peak * run.early(3) * (1 - lost * fall)
        run.val_loss = run.val_loss + 3 * fall
        run.right, run.kind = (V.OVERFITTING,), "score falls"
    else:
        run = joint(run)
    run.sigma = min(run.sigma, 0.02)
    return run


def joint(run: Run) -> Run:
    """Probe and validation jump together, from a gap or from none."""
    low, high = run.u(0.35, 0.7), run.u(0.85, 1.0)
    val_low = low * run.u(0.1, 0.9)
    m, at, ratio = run.n * run.log(0.01, 0.05) + 1, run.n * run.u(0.5, 1.0), run.u(1.05, 1.8)
    run.memorise(m)
    rise = run.rise(at, ratio)
    early = run.early(m)
    run.probe = low * early + (high - low) * rise
    run.val = val_low * early + (high * run.u(0.9, 1.0) - val_low) * rise
    run.probe_loss = 3 - 1.2 * early - 1.6 * rise
    run.val_loss = 3.1 - 0.5 * early - 2.2 * rise
    run.right, run.kind, run.memorises = NOT_GROKKED, "joint jump", False
    return run


def joint_jumps(rng, shapes) -> Run:
    return joint(Run(rng, shapes, length(rng)))


def long_runs(rng, shapes) -> Run:
    """100,000 to 1,000,000 rows."""
    run = Run(rng, shapes, length(rng, 100_000, 1_000_000))
    kind = rng.integers(3)
    if kind == 0:
        return grok(run, at=run.log(150, 0.7 * run.n))
    if kind == 1:
        run.memorise(run.log(3, 0.1 * run.n))
    else:
        run.ordinary(run.log(0.01, 0.5) * run.n)
    return run


def zero_scores(rng, shapes) -> Run:
    """Validation is exactly 0 for long and moves in whole images."""
    run = Run(rng, shapes, length(rng))
    kind = rng.integers(3)
    if kind == 2:
        run.memorise(run.n * run.u(0.01, 0.1) + 1, flat=0.0, ceiling=1.0)
    else:
        run = grok(run, left=run.u(0, 0.1) if kind == 0 else run.u(0.35, 0.6))
        if run.flat > 0:
            run.val = run.val - run.flat * run.early(1)
            run.val = np.clip(run.val, 0, 1)
        run.right = (V.GROKKED,) if kind == 0 else (V.DELAYED_JUMP,)
        if kind == 1 and run.reached < 0.97:  # cut off by the end of the log
            run.right = (V.DELAYED_JUMP, V.MEMORISING)
        run.kind = "grok" if kind == 0 else "half closed"
    run.val_images = int(run.log(20, 60))
    run.score_name = "mAP50-95"
    run.val = np.where(run.val < 0.5 / run.val_images, 0, run.val)
    run.sigma = run.log(0.001, 0.01)
    images = run.val_images
    noisy = np.round(np.clip(run.val + run.sigma * noise(rng, "independent", run.n), 0, 1) * images) / images
    run.scores["val_score"] = np.where(run.val == 0, 0.0, noisy)
    if kind < 2 and run.flat > 0:
        run.has_jump = False
        gap = run.ceiling - run.val[-1]
        if kind == 0 and gap > 0.22 * run.ceiling:
            run.right = (V.GROKKED, V.DELAYED_JUMP)
    return run


def small_probes(rng, shapes) -> Run:
    """Probes of 8 to 32 images."""
    run = Run(rng, shapes, length(rng))
    kind = rng.integers(4)
    if kind == 0:
        run = grok(run)
    elif kind == 1:
        run.memorise(run.n * run.u(0.01, 0.1) + 1)
    elif kind == 2:
        run.ordinary(run.n * run.u(0.1, 0.7))
    else:
        run = joint(run)
    run.probe_images = int(rng.integers(8, 33))
    run.sigma = run.log(0.002, 0.02)
    draws = np.round(np.clip(run.probe + 0.6 * run.sigma * noise(rng, "independent", run.n), 0, 1) * run.probe_images)
    run.scores["probe_score"] = draws / run.probe_images
    if kind == 2 and run.ceiling < 0.4:
        run.right = (V.GENERALISING, V.UNDECIDED)
    return run


def widening(rng, shapes) -> Run:
    """The cadence widens in mid-run, as a time budget makes it."""
    run = Run(rng, shapes, length(rng, 600, 8000))
    kind = rng.integers(4)
    if kind in (0, 3):
        run = grok(run, at=run.n * run.u(0.35, 0.6))
    elif kind == 1:
        run.memorise(run.n * run.u(0.01, 0.1) + 1)
    else:
        run.ordinary(run.n * run.u(0.1, 0.7))
    every = np.ones(run.n, int)
    for at, factor in zip(
        np.sort(rng.uniform(0.05, 0.6, 2)), (int(rng.integers(2, 5)), int(rng.integers(2, 5))), strict=True
    ):
        every[int(at * run.n) :] *= factor
    run.mask = (run.t % every == 0) | (run.t == 1) | (run.t == run.n)
    if kind == 3:
        start, _, end = run.crossings()
        kind_of = choose(rng, EventKind.RESTART, EventKind.MOSAIC_CLOSED, EventKind.WD_CHANGED)
        run.events = [Event(int(run.u(start, end)), kind_of)]
        run.confounders, run.right, run.kind = (kind_of,), (V.DELAYED_JUMP,), "confounded"
    return run


def seams(rng, shapes) -> Run:
    """Resumes, exact or not, in many places."""
    run = Run(rng, shapes, length(rng))
    kind = rng.integers(4)
    if kind in (0, 1):
        run = grok(run)
    elif kind == 2:
        run.memorise(run.n * run.u(0.01, 0.1) + 1)
    else:
        run.ordinary(run.n * run.u(0.1, 0.7))
    run.events = [
        Event(int(e), EventKind.RESUME) for e in sorted(set(rng.integers(2, run.n, rng.integers(1, 8)).tolist()))
    ]
    if kind == 1:
        start, _, end = run.crossings()
        run.events.append(Event(int(run.u(start, end)), EventKind.RESTART))
        run.events.sort(key=lambda event: event.epoch)
        run.confounders, run.right, run.kind = (EventKind.RESTART,), (V.DELAYED_JUMP,), "confounded"
    return run


def two_stages(rng, shapes) -> Run:
    """Two jumps, far apart or near."""
    run = Run(rng, shapes, length(rng, 800, 20_000))
    second = run.n * run.u(0.5, 0.75)
    apart = run.u(1.3, 2.0) if rng.random() < 0.5 else run.u(5, 8)
    first = second / apart
    m = max(first / run.log(13, 40), 1.2)
    m = min(m, first * 0.6 - 14)
    if m < 1.2:
        return two_stages(rng, shapes)
    run.memorise(m)
    share = run.u(0.35, 0.65)
    ratio = 1.15 if apart < 3 else run.u(1.1, 1.8)
    rise = share * run.rise(first, ratio) + (1 - share) * run.rise(second, ratio)
    top = (run.ceiling - run.flat) * run.u(0.9, 1.0)
    run.val = run.val + top * rise
    run.val_loss = run.val_loss - (run.val_loss[-1] - run.probe_loss[-1]) * 0.8 * rise
    run.right, run.kind = (V.GROKKED,), f"stages {'near' if apart < 3 else 'far'}"
    if top * (1 - share) < 0.13 or top * share < 0.13:
        return two_stages(rng, shapes)
    return run


def loss_after_grok(rng, shapes) -> Run:
    """The validation loss grows again after the jump, the score stays."""
    run = Run(rng, shapes, length(rng))
    run = grok(run, at=run.n * run.u(0.15, 0.45), ratio=run.u(1.1, 1.8))
    after = np.maximum(run.t - 1.2 * run.at, 0) / run.n
    run.val_loss = run.val_loss + run.val_loss[0] * run.u(0.3, 3.0) * after ** run.u(0.5, 1.2)
    return run


def extended(rng, shapes) -> Run:
    """A grok, extended by 3 to 3,000 times its length."""
    at = run_at = float(rng.uniform(60, 400))
    n = int(run_at * np.exp(rng.uniform(np.log(3), np.log(1500))))
    run = Run(rng, shapes, min(n, 300_000))
    run = grok(run, at=at, ratio=run.u(1.1, 2.2))
    if rng.random() < 0.4:  # scores drift a little, both of them, long after
        drift = 1 - run.u(0.0, 0.1) * np.clip((run.t - 5 * at) / max(run.n - 5 * at, 1), 0, 1)
        run.probe, run.val = run.probe * drift, run.val * drift
        run.memorises = False
    if rng.random() < 0.3:
        run.events = [Event(int(run.u(0.7, 0.95) * run.n), choose(rng, EventKind.RESTART, EventKind.MOSAIC_CLOSED))]
        if run.events[0].epoch < 3 * at:
            run.events = []
    return run


def nan_spells(rng, shapes) -> Run:
    """Losses are not finite for some epochs, scores 0; then training recovers. Or only the validation loss breaks."""
    run = Run(rng, shapes, length(rng))
    kind = rng.integers(5)
    spell = int(rng.integers(2, max(3, min(0.15 * run.n, 40))))
    if kind == 0:
        run.memorise(run.n * run.u(0.01, 0.1) + 1, flat=run.u(0.2, 0.6), ceiling=run.u(0.9, 1.0))
    elif kind in (1, 3):
        run.ordinary(run.n * run.u(0.1, 0.7))
    else:
        run = grok(run, ratio=run.u(1.1, 1.8))
    begin = int(run.n * run.u(0.3, 0.7))
    if kind == 2:
        start, _, _ = run.crossings()
        early = 0.85 * (start - run.reach(start)) - 10 - spell
        begin = int(run.u(0.2, 0.9) * early)
        if begin < 2 * run.m + 6 or begin - run.m < 6:
            return nan_spells(rng, shapes)
    if kind == 4:  # the validation loss alone, now and then or from some epoch on
        run.val_nan = (rng.random(run.n) < run.u(0.05, 0.3)) if rng.random() < 0.5 else run.t > run.n * 0.9
        return run
    if kind == 3:
        run.val_nan = run.t > run.n * run.u(0.0, 0.7)
        run.right = (V.GENERALISING,)
        return run
    run.broken = (run.t >= begin) & (run.t < begin + spell)
    run.events = [Event(begin + spell, EventKind.RECOVER)]
    run.has_probe = rng.random() < 0.7 or kind != 1
    return run


def schedules(rng, shapes) -> Run:
    """Planned warm-ups and schedules beside real steps of the learning rate."""
    run = Run(rng, shapes, length(rng))
    run = grok(run)
    base = run.log(1e-4, 1e-2)
    share = run.t / run.n
    plan = choose(
        rng,
        np.ones(run.n),
        1 - 0.99 * share,
        0.505 + 0.495 * np.cos(np.pi * share),
        1 / np.sqrt(1 + 9 * share),
        0.1 ** (2 * share),
    )
    warm = run.u(1, 8) if rng.random() < 0.7 else run.u(0.02, 0.15) * run.n
    up = np.minimum(run.t / warm, 1)
    if rng.random() < 0.3:  # a rate of biases that falls to the others'
        up = 1 + 9 * (1 - up)
    run.lr = base * plan * up
    if rng.random() < 0.35:
        start, _, end = run.crossings()
        at = run.u(start, end)
        run.lr = run.lr * np.where(run.t < int(at), 1, choose(rng, 0.1, 0.3, 3.0, 0.5))
        run.confounders, run.right, run.kind = (EventKind.LR_CHANGED,), (V.DELAYED_JUMP,), "step of the rate"
    return run


def warm_restarts(rng, shapes) -> Run:
    """Planned cosine restarts: sawtooth rates, dents in scores and losses after each."""
    run = Run(rng, shapes, length(rng))
    teeth = int(rng.integers(3, 8))
    period = run.n / teeth
    phase = (run.t - 1) % period / period
    run.lr = run.log(1e-4, 1e-2) * (0.505 + 0.495 * np.cos(np.pi * phase))
    if rng.random() < 0.5:
        run.ordinary(run.n * run.u(0.05, 0.5), ceiling=run.u(0.5, 0.95))
    else:
        run.memorise(run.n * run.u(0.01, 0.05) + 1, flat=run.u(0.3, 0.5), ceiling=run.u(0.9, 1.0))
    depth, width = run.u(0.05, 0.3), run.u(0.1, 0.5)
    wave = depth * np.clip(1 - phase / width, 0, 1) * (run.t > period) * np.minimum((run.t - 1) % period / 2, 1)
    run.probe, run.val = run.probe * (1 - run.u(0.3, 1.0) * wave), run.val * (1 - wave)
    run.val_loss, run.probe_loss = run.val_loss * (1 + wave), run.probe_loss * (1 + wave) + 0.3 * wave
    run.memorises = False
    return run


def loss_agreement(rng, shapes) -> Run:
    """The score jumps; the loss falls by 0 to 9 % of its distance, or by 11 % and more."""
    run = Run(rng, shapes, length(rng))
    agrees = rng.random() < 0.5
    falls = run.u(0.115, 0.3) if agrees else run.u(-0.1, 0.088)
    run = grok(run, ratio=run.u(1.1, 2.0), falls=falls)
    run.relative = run.log(0.003, 0.02)
    if not agrees:
        run.right, run.kind, run.has_jump = (V.UNDECIDED, V.DELAYED_JUMP), "loss stands", False
    else:
        run.kind = "loss falls by a little"
    return run


def few_images(rng, shapes) -> Run:
    """4 to 19 validation images whose score flips while the loss stands; or a real jump, borne out by the loss."""
    run = Run(rng, shapes, length(rng, 200, 3000))
    images = int(choose(rng, 4, 5, 6, 8, 10, 12, 16))
    run.confidence = "loss-only" if images < 8 else "indicative"
    kind = rng.integers(4)
    if kind == 0:
        run = grok(run, falls=run.u(0.5, 0.95))
        run.has_jump = False
        run.right = (V.GROKKED, V.DELAYED_JUMP)
        run.scores["val_score"] = (
            np.round(np.clip(run.val + 0.02 * noise(rng, "independent", run.n), 0, 1) * images) / images
        )
    else:
        if kind == 3:
            run.ordinary(run.n * run.u(0.1, 0.5), ceiling=run.u(0.6, 0.9))
            run.right = (V.GENERALISING, V.UNDECIDED)
        else:
            run.memorise(run.n * run.u(0.01, 0.08) + 1, flat=run.u(0.3, 0.5), ceiling=1.0)
            run.val_loss = run.val_loss[0] * np.ones(run.n)
            run.right = (V.MEMORISING, V.UNDECIDED)
        walk = np.cumsum(rng.standard_normal(run.n)) / np.sqrt(run.n)
        slow = np.interp(run.t, np.linspace(1, run.n, 12), rng.uniform(-1, 1, 12)) + 0.3 * walk
        run.scores["val_score"] = (
            np.clip(np.round(np.clip(run.val + run.u(0.6, 1.3) * slow / images * 1.5, 0, 1) * images), 0, images)
            / images
        )
        run.relative = run.log(0.01, 0.08)
        run.kind += ", flips"
    run.val_images = images
    return run


def without_probe(rng, shapes) -> Run:
    """No probe; memorised within a few epochs."""
    run = Run(rng, shapes, length(rng, 100, 3000))
    run.has_probe = False
    kind = rng.integers(3)
    if kind == 2:
        run.memorise(run.u(1.2, 4), flat=run.u(0, 0.4))
        run.right, run.memorises = (V.MEMORISING, V.OVERFITTING), False
        run.val_loss = run.val_loss + 0.3 * run.probe_loss[0]
    elif kind == 1:
        run.ordinary(run.n * run.u(0.1, 0.7))
    else:
        run.memorise(run.u(1.2, 4.0), flat=run.u(0, 0.2))
        run.jump_to(run.u(0.2, 0.6) * run.n if run.n > 200 else run.u(0.4, 0.6) * run.n, run.u(1.1, 1.6))
        run.right, run.kind = (V.DELAYED_JUMP,), "late jump, rough"
        run.memorises = False
    return run


def double_descent(rng, shapes) -> Run:
    """Double descent, with or without a plateau before it, before or after memorising; and dips that are none."""
    run = Run(rng, shapes, length(rng, 200, 5000))
    peak_at = run.n * run.u(0.08, 0.2)
    down, up = peak_at * run.u(1.6, 2.2), peak_at * run.u(3.0, 4.0)
    top, lost = run.u(0.4, 0.85), run.u(0.3, 0.7)
    kind = rng.integers(3)
    regained = run.u(0.85, 1.3) if kind < 2 else run.u(0.2, 0.65)
    run.memorise(peak_at * run.u(0.3, 2.0), ceiling=run.u(0.95, 1.0))
    fall, back = run.rise(down, run.u(1.2, 1.6)), run.rise(up, run.u(1.2, 1.6))
    run.val = np.minimum(top * run.early(peak_at) * (1 - lost * fall + min(lost * regained, 1.0) * back), 1)
    run.probe = np.maximum(run.probe, np.minimum(run.val + 0.01, 1))
    run.val_loss = 3 - 1.3 * run.early(peak_at) + 2 * lost * fall - 2 * lost * regained * back
    run.memorises = False
    run.right, run.kind = ((V.DOUBLE_DESCENT,), "double descent") if kind < 2 else ((V.OVERFITTING,), "partly regained")
    return run


def dips(rng, shapes) -> Run:
    """Wobbles of 0.05, dips of a few epochs, slow drifts: none is a double descent."""
    run = Run(rng, shapes, length(rng, 200, 2000))
    if rng.random() < 0.5:
        run.ordinary(run.n * run.u(0.05, 0.3), ceiling=run.u(0.5, 0.95))
    else:
        run.memorise(run.n * run.u(0.01, 0.05) + 1, flat=run.u(0.3, 0.6), ceiling=run.u(0.9, 1.0))
    kind = rng.integers(3)
    if kind == 0:  # a wobble
        depth, width = run.u(0.03, 0.05), run.n * run.u(0.05, 0.15)
        wave = depth * np.exp(-(((run.t - run.u(0.4, 0.7) * run.n) / width) ** 2))
        run.val = run.val - wave
    elif kind == 1:  # a dip of few epochs
        at, width = run.n * run.u(0.4, 0.85), max(run.n * run.u(0.005, 0.015), 1.5)
        dent = np.exp(-(((run.t - at) / width) ** 4))
        depth = run.u(0.2, 0.9)
        run.val = run.val * (1 - depth * dent)
        run.probe = run.probe * (1 - depth * run.u(0, 1) * dent)
        run.val_loss = run.val_loss * (1 + depth * dent)
    else:  # waves
        depth = run.u(0.01, 0.025)
        run.val = run.val + depth * np.sin(2 * np.pi * run.t / (run.n * run.u(0.05, 0.4)))
    run.kind += (", wobble", ", dip", ", waves")[kind]
    run.memorises = False
    run.sigma = min(run.sigma, 0.015)
    return run


def collapses(rng, shapes) -> Run:
    """Probe and validation collapse together and recover: no double descent; a grok stays one."""
    run = Run(rng, shapes, length(rng, 300, 4000))
    kind = rng.integers(4)
    if kind in (0, 3):
        run = grok(run, at=run.n * run.u(0.2, 0.4), ratio=run.u(1.1, 1.6))
        at = run.n * run.u(0.7, 0.85)
    elif kind == 1:
        run.memorise(run.n * run.u(0.01, 0.05) + 1, flat=run.u(0.3, 0.6), ceiling=run.u(0.9, 1.0))
        at = run.n * run.u(0.3, 0.8)
    else:
        run.ordinary(run.n * run.u(0.05, 0.3), ceiling=run.u(0.5, 0.95))
        at = run.n * run.u(0.4, 0.8)
    width, depth = run.n * run.u(0.02, 0.06), run.u(0.5, 0.95)
    dent = depth * np.exp(-(((run.t - at) / width) ** 4))
    if kind != 3:
        run.probe = run.probe * (1 - run.u(0.8, 1.0) * dent)
    run.val = run.val * (1 - dent)
    run.val_loss, run.probe_loss = run.val_loss + 3 * dent, run.probe_loss + (2 * dent if kind != 3 else 0)
    run.memorises = False
    run.kind += ", collapse"
    if kind == 3:
        run.kind = "grok, validation alone collapses and returns"
    return run


def transient(rng, shapes) -> Run:
    """Jumps that are lost again, at once or later, in part or whole."""
    run = Run(rng, shapes, length(rng, 300, 4000))
    run = grok(run, at=run.n * run.u(0.25, 0.5), ratio=run.u(1.1, 1.5))
    lost = run.u(0.4, 1.0)
    fall = run.rise(run.at * run.u(1.5, 1.9), run.u(1.05, 1.3))
    run.val = run.val - lost * (run.val - run.flat * 0.9) * fall
    run.val_loss = run.val_loss + 2 * lost * fall
    run.right, run.kind, run.has_jump = (V.OVERFITTING,), "grok lost", False
    return run


def rising_losses(rng, shapes) -> Run:
    """Memorised, score flat; the loss stands, dies out in its rise, or goes on rising."""
    run = Run(rng, shapes, length(rng, 150, 5000))
    m = run.n * run.log(0.005, 0.05) + 1
    run.memorise(m, flat=run.u(0, 0.5))
    low, grows = run.u(1.0, 3.0), run.u(0.5, 3.0)
    kind = rng.integers(3)
    since = np.maximum(run.t - m, 0) / run.n
    if kind == 0:
        run.val_loss = low * (1 + grows * since ** run.u(0.8, 1.2))
        run.right, run.kind = (V.OVERFITTING,), "loss rises on"
    elif kind == 1:
        run.val_loss = low * (1 + grows * (1 - np.exp(-since / run.u(0.02, 0.12))))
        run.kind = "loss dies out"
    else:
        run.val_loss = low * (1 + 0.02 * grows * run.rise(m * 3, 2.0)) * np.ones(run.n)
        run.kind = "loss stands"
    run.sort = choose(rng, "independent", "autocorrelated", "heavy")
    return run


def borders(rng, shapes) -> Run:
    """Numbers of the contract, more than a tenth to either side of a border."""
    run = Run(rng, shapes, length(rng, 600, 5000))
    run.sigma, run.relative = run.log(0.002, 0.008), run.log(0.003, 0.015)
    kind = rng.integers(6)
    if kind == 0:  # lateness 10
        over = rng.random() < 0.5
        late = run.u(11.3, 14) if over else run.u(5, 8.7)
        at = run.n * run.u(0.4, 0.7)
        m = at / late
        run.memorise(m)
        run.probe = run.ceiling * np.clip(run.t / m, 0, 1) ** 1.0 * 1.0
        run.probe = np.where(run.t >= m, run.ceiling, 0.9 * run.ceiling * run.t / m)
        run.probe_loss = 3 - 2.95 * np.clip(run.t / m, 0, 1)
        run.val = run.flat * np.clip(run.t / m, 0, 1)
        run.jump_to(at, run.u(1.1, 1.5))
        run.right, run.kind = ((V.GROKKED,), "lateness over 10") if over else ((V.DELAYED_JUMP,), "lateness under 10")
    elif kind == 1:  # the gap left
        over = rng.random() < 0.5
        run = grok(run, ratio=run.u(1.1, 1.8), left=run.u(0.29, 0.5) if over else run.u(0.1, 0.215))
        run.right, run.kind = ((V.DELAYED_JUMP,), "gap left") if over else ((V.GROKKED,), "gap closed")
    elif kind == 2:  # sharpness
        over = rng.random() < 0.5
        at = run.n * run.u(0.25, 0.4)
        ratio = run.u(4.6, 7) if over else run.u(2.5, 3.4)
        m = at / 30
        run.memorise(max(m, 1.2), flat=0.0)
        share = np.clip(np.log(run.t / at) / np.log(ratio) * 0.8 + 0.5, 0, 1)
        run.val = 0.95 * run.ceiling * share
        run.val_loss = run.val_loss - 0.8 * (run.val_loss[-1] - run.probe_loss[-1]) * share
        run.right, run.kind = ((V.DELAYED_JUMP, V.MEMORISING), "gradual") if over else ((V.GROKKED,), "sharp")
        if not over and at * ratio**0.5 * 1.5 > run.n:
            run.right = (V.GROKKED, V.DELAYED_JUMP, V.MEMORISING)
    elif kind == 3:  # plateau of 10 measurements
        over = rng.random() < 0.5
        run = Run(rng, shapes, length(rng, 400, 800), every=10)
        run.sigma, run.relative = run.log(0.002, 0.008), run.log(0.003, 0.015)
        run.probe_images = 1000
        run.memorise(5.0, flat=0.0)
        run.probe = np.where(run.t >= 6, run.ceiling, 0.4)
        steps = int(rng.integers(13, 20)) if over else int(rng.integers(4, 8))
        at = 10.0 * steps + 15
        rise = np.clip((run.t - (at - 10)) / 20, 0, 1)
        run.val = 0.97 * run.ceiling * rise
        run.val_loss = run.val_loss[-1] * (1 - 0.8 * rise)
        run.right, run.kind = (
            ((V.GROKKED,), "long plateau") if over else ((V.DELAYED_JUMP, V.GENERALISING), "short plateau")
        )
    elif kind == 4:  # double descent: regained
        run = double_descent(rng, shapes)
        return run
    else:  # lateness 3
        over = rng.random() < 0.5
        late = run.u(3.5, 6) if over else run.u(1.5, 2.6)
        at = run.n * run.u(0.4, 0.6)
        m = at / late
        run.memorise(m, flat=run.u(0, 0.1))
        run.probe = np.where(run.t >= m, run.ceiling, 0.9 * run.ceiling * run.t / m)
        run.probe_loss = 3 - 2.95 * np.clip(run.t / m, 0, 1)
        run.val = run.flat * np.clip(run.t / m, 0, 1)
        run.jump_to(at, run.u(1.05, 1.25))
        run.right, run.kind = (
            ((V.DELAYED_JUMP,), "lateness over 3") if over else ((V.GENERALISING,), "lateness under 3")
        )
        run.has_jump = over
    run.memorises = run.memorises and kind == 0
    return run


def few_measurements(rng, shapes) -> Run:
    """Under 10 measurements: undecided, and nothing firm."""
    run = Run(rng, shapes, int(rng.integers(1, 10)))
    run.ordinary(5) if rng.random() < 0.5 else run.memorise(2)
    run.val_images = 500
    run.right, run.kind, run.confidence, run.memorises = (V.UNDECIDED,), "few measurements", "not firm", False
    return run


def plain(rng, shapes) -> Run:
    """Groks, memorising and ordinary learning, without more."""
    run = Run(rng, shapes, length(rng, 100, 5000))
    kind = rng.integers(3)
    if kind == 0:
        return grok(run) if run.n > 200 else plain(rng, shapes)
    if kind == 1:
        run.memorise(run.n * run.log(0.005, 0.1) + 1)
    else:
        run.ordinary(run.n * run.log(0.05, 0.7))
    return run


FAMILIES: dict[str, Callable[[np.random.Generator, tuple[Family, ...]], Run]] = {
    "plain": plain,
    "borders of the contract": borders,
    "20 to 60 rows": short_runs,
    "100,000 to 1,000,000 rows": long_runs,
    "under 10 measurements": few_measurements,
    "scores exactly 0 for long": zero_scores,
    "probes of 8 to 32 images": small_probes,
    "widening cadence": widening,
    "seams of resumes": seams,
    "two stages": two_stages,
    "loss grows after a grok": loss_after_grok,
    "extended groks": extended,
    "NaN spells": nan_spells,
    "warm-ups and schedules": schedules,
    "warm restarts": warm_restarts,
    "joint jumps": joint_jumps,
    "loss falls by 0 to 30 %": loss_agreement,
    "few validation images": few_images,
    "quick memorisers without a probe": without_probe,
    "double descent": double_descent,
    "wobbles and dips": dips,
    "collapses": collapses,
    "groks lost": transient,
    "losses that rise": rising_losses,
}


GROWING = (
    "plain",
    "20 to 60 rows",
    "losses that rise",
    "joint jumps",
    "groks lost",
    "double descent",
    "collapses",
    "wobbles and dips",
    "few validation images",
    "probes of 8 to 32 images",
    "scores exactly 0 for long",
    "warm restarts",
    "borders of the contract",
    "widening cadence",
    "seams of resumes",
    "two stages",
    "loss grows after a grok",
    "NaN spells",
    "warm-ups and schedules",
    "loss falls by 0 to 30 %",
    "quick memorisers without a probe",
)
"""Families whose runs are judged as they grow."""

TURNS = (
    *("joint jump", "collapse", "dip", "loss dies out", "double descent", "partly regained", "stages"),
    "lateness under 3",
)
"""Kinds of which the curve itself goes somewhere and comes back once: so may the word."""


def judged_run(family: str, seed: int, index: int, shapes: tuple[Family, ...]) -> Judged:
    """Return run `index` of a family."""
    number = sorted(FAMILIES).index(family)
    rng = np.random.default_rng([seed, number, index])
    run = FAMILIES[family](rng, shapes)
    series = run.log_of()
    start, jump, end = run.crossings() if run.has_jump else (None, None, None)
    return Judged(
        family,
        run.kind,
        run.right,
        series,
        start,
        jump,
        end,
        run.memorised_at() if run.memorises and run.has_probe else None,
        run.confounders,
        run.confidence,
    )


def prefix(series: Series, rows: int) -> Series:
    """Return a run as it was when it had `rows` rows."""
    arrays = {
        name: value[:rows] for name, value in vars(series).items() if isinstance(value, np.ndarray) and name != "epoch"
    }
    last = int(series.epoch[rows - 1])
    events = tuple(event for event in series.events if event.epoch <= last)
    return replace(series, epoch=series.epoch[:rows], events=events, **arrays)


def prefix_lengths(series: Series, count: int = 30, least: int = 30) -> list[int]:
    """Return at how many rows a run is judged as it grows: evenly in the logarithm, from `least` measurements on."""
    measured = np.flatnonzero(series.measured)
    if len(measured) < least:
        return [len(series)]
    return sorted({int(n) for n in np.geomspace(measured[least - 1] + 1, len(series), count)})
