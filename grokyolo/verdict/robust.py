"""Robust statistics of noisy curves, in numpy: medians, scatter, blocks, monotone fits."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from grokyolo.gap.series import FloatArray, IntArray

_TO_SIGMA = 1.4826
"""Median absolute deviation to standard deviation, for a normal distribution."""

_LAGS = (1, 2, 4, 8)
_LEAST_LAGS = 30
"""A longer lag needs a curve of so many lags, or one large rise would pass for noise."""

_SLACK = 1.3
"""By so much variances at two lags may differ by chance."""

_MOST_KEPT = 0.9
"""Share of noise that neighbours have in common, at most: a smooth bend looks like more."""

_PER_OCTAVE = 24
"""Blocks for a doubling of the epoch, early in a run."""

_ENOUGH = 4096
"""So many differences tell the scatter to 2 %."""


def median(values: FloatArray) -> float:
    """Return the median of shape (n,), n > 0, finite: what np.median returns, in a fifth of its time for short ones."""
    half = len(values) // 2
    if len(values) % 2:
        return float(np.partition(values, half)[half])
    low, high = np.partition(values, (half - 1, half))[half - 1 : half + 1]
    return float((low + high) / 2)


def running_median(values: FloatArray, width: int) -> FloatArray:
    """Return centred running medians; windows are cut at the ends.

    Args:
        values: shape (n,), finite.
        width: odd number of elements in a whole window; an even one counts one more.

    Returns:
        Shape (n,).
    """
    half = min(width // 2, (len(values) - 1) // 2) if len(values) else 0
    if half < 1:
        return values.astype(np.float64)
    left = [median(values[: i + half + 1]) for i in range(half)]
    right = [median(values[i - half :]) for i in range(len(values) - half, len(values))]
    result: FloatArray = np.concatenate([left, _whole_windows(values, half), right])
    return result


def _whole_windows(values: FloatArray, half: int) -> FloatArray:
    """Return the medians of all whole windows; the two shortest by comparing shifted arrays, without sorting."""
    if half == 1:
        return _median_of_three(values)
    if half == 2:
        return _median_of_five(values)
    windows = np.lib.stride_tricks.sliding_window_view(values, 2 * half + 1)
    medians: FloatArray = np.partition(windows, half, axis=1)[:, half]
    return medians


def _median_of_three(values: FloatArray) -> FloatArray:
    a, b, c = values[:-2], values[1:-1], values[2:]
    medians: FloatArray = np.maximum(np.minimum(a, b), np.minimum(np.maximum(a, b), c))
    return medians


def lasting_levels(values: FloatArray, width: int) -> FloatArray:
    """Return running medians over whole windows only; near the ends, that of the nearest whole window."""
    medians = running_median(values, width)
    half = min(width // 2, (len(values) - 1) // 2)
    inner: FloatArray = medians[np.clip(np.arange(len(medians)), half, max(len(medians) - 1 - half, half))]
    return inner


def _median_of_five(values: FloatArray) -> FloatArray:
    a, b, c, d, e = (values[i : len(values) - 4 + i] for i in range(5))
    low = np.maximum(np.minimum(a, b), np.minimum(c, d))
    high = np.minimum(np.maximum(a, b), np.maximum(c, d))
    medians: FloatArray = np.maximum(np.minimum(low, high), np.minimum(np.maximum(low, high), e))
    return medians


def level(values: FloatArray) -> float:
    """Return the level of a noisy piece of curve: the mean without the lowest and the highest fifth.

    As robust as needed against slingshots, and unlike a median not stuck to whole images.
    """
    ordered = np.sort(values)
    cut = len(ordered) // 5
    kept = ordered[cut : len(ordered) - cut]
    return float(kept.sum() / len(kept))


def scatter(values: FloatArray) -> float:
    """Return the standard deviation of the noise on a curve, whatever its trend.

    Second differences cancel a trend, their median absolute value ignores jumps and outliers. The largest
    of several lags is taken, since neighbours of an autocorrelated curve differ too little.

    Args:
        values: shape (n,), finite.
    """
    found = [0.0]
    for lag in _LAGS:
        if len(values) <= 2 * lag or (lag > 1 and len(values) < _LEAST_LAGS * lag):
            break
        deviation = np.abs(second_difference(values, lag))
        sigma = _TO_SIGMA * median(deviation)
        if sigma == 0.0 and lag == 1:  # more than half of the differences are 0: whole images
            sigma = float(np.quantile(deviation, 0.9)) / 1.645
        found.append(sigma / np.sqrt(6))
    return float(max(found))


def correlated_share(values: FloatArray) -> float:
    """Return about which share of the variance of the noise lasts from one measurement to the next ones.

    0 for independent noise, whose second differences are as large at every lag; 0.8 where neighbours correlate by 0.9.
    """
    lags = [lag for lag in _LAGS if len(values) >= 15 * lag]
    found = [median(np.abs(second_difference(values, lag))) for lag in lags]
    if not found or not max(found) > 0:
        return 0.0
    return max(1 - _SLACK * (found[0] / max(found)) ** 2, 0.0) if found[0] > 0 else 0.0


def mean_error(values: FloatArray, width: int) -> float:
    """Return the standard deviation of the mean of `width` neighbours around a straight trend.

    Each is taken to keep a share r of the noise of the one before it: second differences then have the variance
    2 (1 - r)(3 - r) s², from which r follows, and the mean that of (1 + r) / (1 - r) times fewer ones.

    Args:
        values: shape (n,), n > 2, finite.
        width: of how many the mean is.
    """
    x = np.linspace(-1.0, 1.0, len(values))
    rest = values - values.mean() - (x @ values) / (x @ x) * x
    variance = float(rest @ rest) / (len(values) - 2)
    if not variance > 0:
        return 0.0
    rough = float(np.mean(second_difference(values, 1) ** 2)) / 6
    kept = min(2 - (1 + 3 * min(rough / variance, 1.0)) ** 0.5, _MOST_KEPT)
    return float((variance * (1 + kept) / (1 - kept) / width) ** 0.5)


def jitter(values: FloatArray) -> float:
    """Return the standard deviation of the noise from the tails of its differences.

    A score that is often cut off at 0 or 1 has a small median difference however wild it is; this sees it.
    """
    found = [0.0]
    for lag in (1, 4):
        if len(values) >= (3 if lag == 1 else 2 * _LEAST_LAGS * lag):
            deviation = np.abs(second_difference(values, lag))
            found.append(float(np.quantile(deviation, 0.9)) / 1.645 / np.sqrt(6))
    if len(values) < _LEAST_LAGS:  # in a short curve one jump is a tenth of all differences
        rising = values - monotone_fit(values)
        return min(max(found), 1.25 * float(np.sqrt(np.mean(rising**2))))
    return max(found)


def second_difference(values: FloatArray, lag: int) -> FloatArray:
    """Return v(i + lag) - 2 v(i) + v(i - lag), at evenly spread places if there are very many."""
    middle = np.arange(lag, len(values) - lag)
    middle = middle[:: max(len(middle) // _ENOUGH, 1)]
    difference: FloatArray = values[middle + lag] - 2 * values[middle] + values[middle - lag]
    return difference


def block_edges(count: int, limit: int) -> IntArray:
    """Return the edges of blocks over `count` measurements, about `limit` of them at most.

    Blocks grow with the logarithm of the epoch, since what happens early in a run happens fast, up to a length
    of about `2 count / limit`. Lengths are powers of 2. Up to `limit` measurements each is its own block.

    Returns:
        Shape (blocks + 1,), from 0 to `count`, strictly rising.
    """
    if count <= limit:
        return np.arange(count + 1, dtype=np.int64)
    longest = 2 ** int(np.ceil(np.log2(2 * count / limit)))
    pieces, start, length = [], 0, 1
    while length < longest and start < count:
        stop = min(_PER_OCTAVE * 2 * length, count)
        pieces.append(np.arange(start, stop, length))
        start, length = int(pieces[-1][-1]) + length, 2 * length
    pieces.append(np.arange(start, count, longest))
    edges: IntArray = np.append(np.concatenate(pieces), count)
    return edges


def block_medians(values: FloatArray, edges: IntArray) -> FloatArray:
    """Return the median of each block, shape (len(edges) - 1,)."""
    if len(edges) == len(values) + 1:
        return values.astype(np.float64)
    lengths = np.diff(edges)
    medians = np.empty(len(lengths))
    for length in np.unique(lengths):
        blocks = np.flatnonzero(lengths == length)
        rows = edges[blocks][:, None] + np.arange(length)
        half = int(length) // 2
        ordered = np.partition(values[rows], (max(half - 1, 0), half), axis=1)
        medians[blocks] = ordered[:, half] if length % 2 else (ordered[:, half - 1] + ordered[:, half]) / 2
    return medians


def monotone_fit(values: FloatArray, weights: FloatArray | None = None) -> FloatArray:
    """Return the non-decreasing curve nearest to `values` in least squares (pool adjacent violators).

    Args:
        values: shape (n,), finite.
        weights: shape (n,), positive; ones when left out.

    Returns:
        Shape (n,).
    """
    weight_list = [1.0] * len(values) if weights is None else weights.tolist()
    means: list[float] = []
    masses: list[float] = []
    sizes: list[int] = []
    for value, mass in zip(values.tolist(), weight_list, strict=True):
        mean, total, size = value, mass, 1
        while means and means[-1] > mean:
            before, added = means.pop(), total
            total += masses.pop()
            mean = before + (mean - before) * (added / total)
            size += sizes.pop()
        means.append(mean)
        masses.append(total)
        sizes.append(size)
    return np.repeat(np.asarray(means, dtype=np.float64), sizes)


def first_stay(holds: NDArray[np.bool_], run: int, share: float) -> int | None:
    """Return the first index from which a condition holds for good, or None.

    Args:
        holds: shape (n,), whether the condition holds.
        run: how many elements in a row it must hold to begin with (fewer at the end of the curve).
        share: share of all later elements that must hold too.
    """
    count = len(holds)
    if not count:
        return None
    later = np.cumsum(holds[::-1])[::-1] / np.arange(count, 0, -1)
    cumulative = np.concatenate([[0], np.cumsum(holds)])
    ends = np.minimum(np.arange(count) + run, count)
    begun = cumulative[ends] - cumulative[:-1] == ends - np.arange(count)
    found = np.flatnonzero(begun & (later >= share))
    return int(found[0]) if len(found) else None
