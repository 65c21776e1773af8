"""Names that look like a mistyped one: only close ones, since a far-fetched guess misleads."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import SequenceMatcher

from grokyolo.recipe.showing import listed

CLOSE = 0.65
"""Likeness below which nothing is proposed."""
SPREAD = 0.12
"""How much less like than the best another proposal may be."""
MOST = 3
SHORTEST_START = 3


def alike(word: str, known: Iterable[str]) -> list[str]:
    """Return the names that `word` may stand for, best first; dashes and capitals make no difference."""
    typed = _plain(word[:100])
    scored = sorted(((_likeness(typed, _plain(name)), name) for name in known), reverse=True)
    best = scored[0][0] if scored else 0.0
    return [name for likeness, name in scored if likeness >= max(CLOSE, best - SPREAD)][:MOST]


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return 'did you mean a, b or c?' for the names that `word` may stand for, or an empty string."""
    return question(alike(word, known))


def question(names: list[str]) -> str:
    """Return 'did you mean a, b or c?', or an empty string for no names."""
    return f"did you mean {listed(tuple(names))}?" if names else ""


def _plain(word: str) -> str:
    return word.lower().replace("-", "_")


def _likeness(typed: str, name: str) -> float:
    if len(typed) >= SHORTEST_START and name.startswith(typed):
        return CLOSE + (1 - CLOSE) * len(typed) / len(name)
    return SequenceMatcher(None, typed, name).ratio()
