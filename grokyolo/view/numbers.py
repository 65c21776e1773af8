"""How numbers look in tables and sentences."""

from __future__ import annotations

import math

MISSING = "–"


def score(value: float | None) -> str:
    """Return a score in [0, 1] with three decimals, or a dash."""
    return MISSING if value is None or math.isnan(value) else f"{value:.3f}"


def loss(value: float | None) -> str:
    """Return a loss with about four telling digits in at most seven columns, or a dash."""
    if value is None or math.isnan(value):
        return MISSING
    if math.isinf(value):
        return "not fin."
    if value != 0 and (abs(value) < 0.001 or abs(value) >= 1e5):
        return f"{value:.1e}"
    return f"{value:.4f}" if abs(value) < 10 else f"{value:.5g}"
