"""What the study trains, in which order, and what counts as an answer: docs/study.md in code."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from grokyolo.verdict import Assessment, Verdict
from grokyolo.verdict.assessment import Confidence

NONE, USUAL, STRONG = 0.0, 0.0005, 1.0
"""Weight decay: without, Ultralytics' default, and the most that it takes."""

FEW, MANY = (0, 1, 2), (3, 4)
"""Seeds of every arm, and further ones of the cheapest."""

LATE = (Verdict.GROKKED, Verdict.DELAYED_JUMP)
UNCLEAR = (Verdict.UNDECIDED, Verdict.DIVERGED)


class Data(Enum):
    """The data of an arm."""

    DIGITS = "digits"
    SCENES = "scenes"
    COCO8 = "coco8"


@dataclass(frozen=True)
class Arm:
    """Runs that differ in weight decay and seed only.

    Attributes:
        name: as in the document.
        title: the same in words.
        recipe: in `benchmarks/study/`, without its suffix.
        data: what it trains on.
        overrides: of the recipe.
    """

    name: str
    title: str
    recipe: str
    data: Data
    overrides: tuple[str, ...] = ()


A = Arm("A", "perceptron on digits", "perceptron", Data.DIGITS)
A8 = Arm("A8", "the same, first weights 8 times as large", "perceptron", Data.DIGITS, ("accelerate.initial_scale=8.0",))
B = Arm("B", "YOLO's blocks on digits", "convolutions", Data.DIGITS)
C = Arm("C", "small detector on scenes of digits", "scenes", Data.SCENES)
D = Arm("D", "yolo26n on COCO8", "coco8", Data.COCO8)
ARMS = (A, A8, B, C, D)


@dataclass(frozen=True)
class Run:
    """One training."""

    arm: Arm
    decay: float
    seed: int

    @property
    def name(self) -> str:
        """The name of its folder."""
        return f"{self.arm.name}-decay-{self.decay:g}-seed-{self.seed}"

    @property
    def overrides(self) -> list[str]:
        """What differs from the arm's recipe, but for the data."""
        return [*self.arm.overrides, f"weight_decay={self.decay}", f"seed={self.seed}"]


def runs() -> Iterator[Run]:
    """Yield all runs in the order that the document promises."""
    for seed in FEW:
        yield from _grid((A, A8, B, C), (STRONG, NONE), (seed,))
    yield from _grid((A, A8, B), (USUAL,), FEW)
    for seed in MANY:
        yield from _grid((A, A8), (STRONG, NONE, USUAL), (seed,))
    for seed in FEW:
        yield from _grid((D,), (STRONG, NONE), (seed,))
    yield from _grid((C, D), (USUAL,), FEW)


def _grid(arms: Iterable[Arm], decays: Iterable[float], seeds: Iterable[int]) -> Iterator[Run]:
    seeds, decays = tuple(seeds), tuple(decays)
    return (Run(arm, decay, seed) for arm in arms for seed in seeds for decay in decays)


def jumped_late(found: Assessment) -> bool:
    """Tell whether a run has a late jump that counts."""
    return found.verdict in LATE and found.confidence is Confidence.FIRM and not found.confounders


def counted(found: Mapping[int, Assessment]) -> list[Assessment]:
    """Return the complete seeds that count: the first three when there are four."""
    ordered = [found[seed] for seed in sorted(found)]
    return ordered[:3] if len(ordered) == 4 else ordered


def answer(strong: Mapping[int, Assessment], controls: Sequence[Mapping[int, Assessment]]) -> str:
    """Say what an arm answers.

    Args:
        strong: assessments of the complete runs with decay 1.0, by seed.
        controls: the same for each other decay.
    """
    tried = counted(strong)
    if len(tried) < 3:
        return f"undecided: {len(tried)} complete seeds"
    late = [found for found in tried if jumped_late(found)]
    spared = 1 if len(tried) == 5 else 0
    if len(late) >= len(tried) - spared:
        if any(len(counted(control)) < 3 for control in controls):
            return "undecided: a late jump, but a control is not complete"
        if any(sum(map(jumped_late, counted(control))) > 1 for control in controls):
            return "yes, but not by decay"
        grokked = sum(found.verdict is Verdict.GROKKED for found in late)
        return "yes: grokking" if grokked >= len(tried) - spared else "yes: delayed generalisation"
    if len(late) <= spared and not any(found.verdict in UNCLEAR for found in tried):
        return "no"
    return "undecided"
