"""Colours of the report: one set for light and one for dark surroundings, for the page and for its figure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Theme:
    """The colours of one theme, as CSS spells them.

    Attributes:
        paper, ink, soft, line, grid: ground, text, lesser text, borders, lines behind the curves.
        runs: of several runs, in order; further ones are spread over the hues.
        parts: of one run: `val`, `probe`, `train` and `gap`.
        more: hue, saturation and lightness of further runs: the last.
        band: opacity of the band of the gap.
    """

    paper: str
    ink: str
    soft: str
    line: str
    grid: str
    runs: tuple[str, ...]
    parts: Mapping[str, str]
    more: int
    band: float

    def run(self, number: int) -> str:
        """Return the colour of a run among several, counted from 0."""
        if number < len(self.runs):
            return self.runs[number]
        return f"hsl({round(number * 137.5) % 360}, 60%, {self.more}%)"

    def css(self) -> str:
        """Return the variables that the page takes from here."""
        shared = {name: getattr(self, name) for name in ("paper", "ink", "soft", "line", "grid")}
        return " ".join(f"--{name}: {colour};" for name, colour in shared.items())


LIGHT = Theme(
    paper="#ffffff",
    ink="#1b1f24",
    soft="#57606a",
    line="#d8dee4",
    grid="#e9ecf0",
    runs=("#0072b2", "#d55e00", "#00805c", "#b0458a", "#8a6d00", "#5b4bc4", "#a33b3b", "#4d4d4d"),
    parts={"probe": "#0072b2", "val": "#d55e00", "train": "#808080", "gap": "#56b4e9"},
    more=38,
    band=0.2,
)
DARK = Theme(
    paper="#1a1e24",
    ink="#e6eaef",
    soft="#a2acb8",
    line="#343b45",
    grid="#2a3038",
    runs=("#56b4e9", "#ff9d4d", "#3fcf9f", "#ee9ccb", "#f0e442", "#b3a6ff", "#ff8f85", "#d0d0d0"),
    parts={"probe": "#56b4e9", "val": "#ff8a3d", "train": "#9a9a9a", "gap": "#56b4e9"},
    more=68,
    band=0.14,
)
THEMES = {"light": LIGHT, "dark": DARK}


def with_opacity(colour: str, opacity: float) -> str:
    """Return `#rrggbb` or `hsl(…)` as a colour that lets the ground through."""
    if colour.startswith("hsl"):
        return colour.replace("hsl(", "hsla(").replace(")", f", {opacity})")
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({red}, {green}, {blue}, {opacity})"
