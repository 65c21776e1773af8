"""Pages of HTML that load nothing: one template around them all, one set of colours for light and one for dark."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from grokyolo.format import page_text

if TYPE_CHECKING:
    from markupsafe import Markup


def render_page(name: str, *, scripts: Sequence[str] = (), style: str = "", **values: Any) -> str:
    """Return a page as one HTML document that needs no network.

    Args:
        name: of its template below this package.
        scripts: all that may run, in the order in which the template has them.
        style: more than all pages have.
        values: what the template shows: text, which is escaped, or markup.
    """
    from jinja2 import Environment, FunctionLoader, StrictUndefined
    from markupsafe import Markup

    from grokyolo import __version__

    environment = Environment(
        loader=FunctionLoader(read_text),
        autoescape=True,
        finalize=page_text,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["breakable"] = _breakable
    shared = read_text("page.css").replace("/* light */", LIGHT.css()).replace("/* dark */", DARK.css())
    return environment.get_template(name).render(
        version=__version__,
        policy=_policy(scripts),
        style=Markup(shared + style),
        scripts=[Markup(script) for script in scripts],
        **values,
    )


@lru_cache
def read_text(name: str) -> str:
    """Return a file below this package."""
    return files(__package__).joinpath(name).read_text(encoding="utf-8").replace("\r\n", "\n")


def _breakable(name: str) -> Markup:
    """Return a long name that a narrow screen may break at its dots, strokes and underscores."""
    from markupsafe import Markup, escape

    return Markup(re.sub(r"(?<=[./_-])(?=\w)", "<wbr>", str(escape(page_text(name)))))


def _policy(scripts: Sequence[str]) -> str:
    """Return the Content-Security-Policy: these scripts and nothing else, no network, no form, no frame."""
    digests = [base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() for script in scripts]
    allowed = " ".join(f"'sha256-{digest}'" for digest in digests)
    run = f"script-src {allowed}; style-src 'unsafe-inline'; img-src data: blob:"
    still = "style-src 'unsafe-inline'; img-src data:"
    return f"default-src 'none'; {run if scripts else still}; base-uri 'none'; form-action 'none'"


# Colours --------------------------------------------------------------------------------------------------------------


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
        shared |= {f"c{number}": colour for number, colour in enumerate(self.runs)} | {"train": self.parts["train"]}
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
