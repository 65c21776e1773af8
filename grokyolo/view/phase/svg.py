"""A chart of the picture as an SVG element of the page: in its colours, with words behind every dot."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from xml.etree import ElementTree as ET

from grokyolo.format import printable
from grokyolo.view.compare import COLOURS
from grokyolo.view.panels import PAPER, UNDATED
from grokyolo.view.phase.charts import FAINT, GREY, Draw, trim

SIZE = (6.2, 3.5)
"""Inches."""
SVG, XLINK = "http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"
VARIABLES = {
    **{colour.lower(): f"var(--c{number})" for number, colour in enumerate(COLOURS)},
    FAINT: "var(--soft)",
    GREY: "var(--c7)",
    "#000000": "var(--ink)",
}
"""Colours of the picture and what they are called in the page, which has others in the dark."""


@dataclass(frozen=True)
class Chart:
    """One chart of the page.

    Attributes:
        title: above it.
        svg: the drawing.
    """

    title: str
    svg: str


def chart_of(draw: Draw, words: str) -> Chart:
    """Return a chart of the picture for the page.

    Args:
        draw: from `charts`.
        words: what the chart shows, for those who cannot see it.
    """
    from matplotlib import rc_context
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    figure = Figure(figsize=SIZE, layout="constrained", facecolor="none")
    FigureCanvasSVG(figure)
    ax = figure.subplots()
    titles = draw(ax)
    trim(ax)
    ax.patch.set_visible(False)
    title = ax.get_title(loc="left")
    ax.set_title("", loc="left")
    file = io.StringIO()
    with rc_context(PAPER):
        figure.savefig(file, format="svg", metadata=UNDATED[".svg"])
    root = ET.fromstring(file.getvalue())
    _fit_into_page(root, words)
    for group in root.iter(f"{{{SVG}}}g"):
        if texts := titles.get(group.get("id", "")):
            group.set("class", "dots")
            for dot, text in zip(group.iter(f"{{{SVG}}}use"), texts, strict=True):
                ET.SubElement(dot, f"{{{SVG}}}title").text = printable(text)
    _drop_ids(root)
    ET.register_namespace("", SVG)
    ET.register_namespace("xlink", XLINK)
    return Chart(title[:1].upper() + title[1:], ET.tostring(root, encoding="unicode"))


def _fit_into_page(root: ET.Element, words: str) -> None:
    """Let the page choose size and colours."""
    for name in ("width", "height", "version"):
        root.attrib.pop(name, None)
    root.set("role", "img")
    root.set("aria-label", printable(words))
    for name in ("metadata", "defs"):
        for part in root.findall(f"{{{SVG}}}{name}"):
            if name == "metadata" or part.find(f"{{{SVG}}}style") is not None:
                root.remove(part)
    for part in root.iter():
        if style := part.get("style"):
            for colour, variable in VARIABLES.items():
                style = style.replace(colour, variable)
            part.set("style", style)


def _drop_ids(root: ET.Element) -> None:
    """Remove names that nothing refers to: several charts of a page have the same."""
    used = set(_references(root))
    for part in root.iter():
        if part.get("id") not in used:
            part.attrib.pop("id", None)


def _references(root: ET.Element) -> Iterator[str]:
    for part in root.iter():
        for value in part.attrib.values():
            if value.startswith("#"):
                yield value[1:]
            elif value.startswith("url(#"):
                yield value[5:-1]
