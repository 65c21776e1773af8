"""Small statistics in numpy: a straight line through censored values, quantiles of Student's t."""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from grokyolo.gap.series import FloatArray, IntArray

BoolArray = NDArray[np.bool_]

LEAST_SIGMA = 0.01
"""Values on a line have no scatter at all, and no likelihood: one more value is taken to lie this far beside it."""
STEPS = 60
ENOUGH = 1e-9
FAR = 30.0
"""From here on the tail of the normal distribution is told by its asymptote."""
GROUPS = 40
"""More clusters than this are left out in so many groups, not one by one."""


@dataclass(frozen=True)
class CensoredFit:
    """A linear model of values of which some are known to be larger than what was seen.

    Attributes:
        coefficients: shape (k,).
        sigma: standard deviation around the line.
    """

    coefficients: FloatArray
    sigma: float


def fit_censored(design: FloatArray, values: FloatArray, censored: BoolArray) -> CensoredFit | None:
    """Fit values = design · coefficients + normal noise by maximum likelihood (Tobin 1958).

    In the parameters coefficients / sigma and 1 / sigma the likelihood is concave (Olsen 1978, Econometrica 46), so
    Newton's method finds the one maximum.

    Args:
        design: shape (n, k).
        values: shape (n,); where censored, the true value is larger.
        censored: shape (n,).

    Returns:
        None where the values that are not censored do not determine the coefficients.
    """
    seen = ~censored
    gram = design[seen].T @ design[seen]
    if seen.sum() < design.shape[1] or np.linalg.matrix_rank(gram, hermitian=True) < design.shape[1]:
        return None
    start = np.linalg.solve(gram, design[seen].T @ values[seen])
    residual = values[seen] - design[seen] @ start
    sigma = max(float(np.sqrt(np.mean(residual**2))), LEAST_SIGMA)
    found = _maximise(np.append(start, 1.0) / sigma, design, values, censored)
    return CensoredFit(found[:-1] / found[-1], 1 / float(found[-1]))


def _maximise(at: FloatArray, design: FloatArray, values: FloatArray, censored: BoolArray) -> FloatArray:
    """Return coefficients / sigma and, last, 1 / sigma at the maximum of the likelihood."""
    height, slope, curvature = _likelihood(at, design, values, censored)
    for _ in range(STEPS):
        step = np.linalg.lstsq(-curvature, slope, rcond=None)[0]
        length = 1.0
        while length > 1e-10:
            trial = at + length * step
            if trial[-1] > 0:
                new = _likelihood(trial, design, values, censored)
                if new[0] >= height - ENOUGH:
                    break
            length /= 2
        else:
            return at
        gained = new[0] - height
        at, (height, slope, curvature) = trial, new
        if gained < ENOUGH:
            break
    return at


def _likelihood(
    at: FloatArray, design: FloatArray, values: FloatArray, censored: BoolArray
) -> tuple[float, FloatArray, FloatArray]:
    """Return the log-likelihood, its gradient and its second derivatives."""
    seen = ~censored
    rows = np.column_stack([-design, values])  # z = rows · at
    z = rows @ at
    hazard, log_tail = np.zeros_like(z), np.zeros_like(z)
    log_tail[censored] = _log_tail(z[censored])
    hazard[censored] = np.exp(-(z[censored] ** 2) / 2 - math.log(2 * math.pi) / 2 - log_tail[censored])
    count, scale = int(seen.sum()), float(at[-1])
    height = count * math.log(scale) - float(np.sum(z[seen] ** 2)) / 2 + float(log_tail.sum())
    height -= (LEAST_SIGMA * scale) ** 2 / 2
    slope = -rows.T @ np.where(seen, z, hazard)
    slope[-1] += count / scale - LEAST_SIGMA**2 * scale
    weight = np.where(seen, 1.0, hazard * (hazard - z))
    curvature = -(rows.T * weight) @ rows
    curvature[-1, -1] -= count / scale**2 + LEAST_SIGMA**2
    return height, slope, curvature


def _log_tail(z: FloatArray) -> FloatArray:
    """Return the logarithm of the share of a normal distribution above z."""
    near = np.minimum(z, FAR)
    tail = np.array([math.erfc(value / math.sqrt(2)) / 2 for value in near.tolist()], dtype=np.float64)
    beyond = np.maximum(z, FAR)
    far: FloatArray = np.where(
        z > FAR, -(beyond**2) / 2 - np.log(beyond * math.sqrt(2 * math.pi)) - 1 / beyond**2, np.log(tail)
    )
    return far


def jackknife(estimate: Callable[[BoolArray], float | None], clusters: IntArray, seed: int = 0) -> float | None:
    """Return the standard error of an estimate, from leaving out one cluster after the other.

    Runs of one setting share what is particular to it, so only settings count as independent. With many of them,
    groups of settings are left out instead, drawn by a seed.

    Args:
        estimate: takes which rows to keep, shape (n,), and returns a number, None where they do not determine it.
        clusters: shape (n,), which cluster each row belongs to, from 0 on without gaps.
        seed: of the groups.

    Returns:
        None where some part cannot be left out.
    """
    count = int(clusters.max()) + 1 if len(clusters) else 0
    if count > GROUPS:
        clusters = (np.random.default_rng(seed).permutation(count) % GROUPS)[clusters]
        count = GROUPS
    found = [estimate(clusters != left_out) for left_out in range(count)]
    known = [value for value in found if value is not None]
    if count < 3 or len(known) < count:
        return None
    deviation = np.array(known) - np.mean(known)
    return float(np.sqrt((count - 1) / count * np.sum(deviation**2)))


def within(values: FloatArray, group: IntArray) -> FloatArray:
    """Return values less the mean of their group: what an intercept for each group would leave of them.

    Args:
        values: shape (n, k).
        group: shape (n,), not negative.
    """
    count = np.bincount(group)
    sums = np.array([np.bincount(group, column, minlength=len(count)) for column in values.T])
    left: FloatArray = values - (sums / np.maximum(count, 1)).T[group]
    return left


def factor_of_levels(levels: Sequence[int], blocks: Sequence[int], logs: Sequence[float]) -> float:
    """Return the factor between the largest and the smallest level, by least squares with a mean for each block.

    Args:
        levels, blocks: which level and block each value belongs to.
        logs: logarithms of the values.
    """
    dummies = (np.array(levels)[:, None] == sorted(set(levels))).astype(np.float64)
    group = np.array(blocks)
    effects = np.linalg.lstsq(within(dummies, group), within(np.array(logs)[:, None], group), rcond=None)[0]
    return float(np.exp(np.ptp(effects)))


def spread_factor(values: FloatArray) -> float | None:
    """Return the standard deviation of the logarithms as a factor, None for fewer than two values."""
    return float(np.exp(np.std(np.log(values), ddof=1))) if len(values) > 1 else None


def numbered(names: Iterable[Hashable]) -> IntArray:
    """Return a number for each name, equal ones alike."""
    order: dict[Hashable, int] = {}
    return np.array([order.setdefault(name, len(order)) for name in names], dtype=np.int64)


def student_quantile(probability: float, freedom: int) -> float:
    """Return the quantile of Student's t: exact for 1 and 2 degrees of freedom, Fisher's expansion for more.

    Source: Abramowitz and Stegun 26.7.5. At 3 degrees of freedom and 97.5 % it is 1 % too small.
    """
    if freedom < 1:
        return math.inf
    if freedom == 1:
        return math.tan(math.pi * (probability - 0.5))
    if freedom == 2:
        centred = 2 * probability - 1
        return centred * math.sqrt(2 / (1 - centred**2))
    z = NormalDist().inv_cdf(probability)
    n = float(freedom)
    terms = (
        (z**3 + z) / (4 * n),
        (5 * z**5 + 16 * z**3 + 3 * z) / (96 * n**2),
        (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / (384 * n**3),
        (79 * z**9 + 776 * z**7 + 1482 * z**5 - 1920 * z**3 - 945 * z) / (92160 * n**4),
    )
    return z + sum(terms)
