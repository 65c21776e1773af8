"""The figure of the report, built by plotly: scores above, losses below, events between them.

`meta` says which run, part and panel a trace belongs to. Columns of numbers are not in it: under `meta.columns` a trace
names those of its run that it draws, so that both themes and the edges of a gap share them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from grokyolo.format import shorten
from grokyolo.gap import Event
from grokyolo.view.page import Theme, with_opacity
from grokyolo.view.report.curves import RANGES, Curves, event_labels, literal, place_of

if TYPE_CHECKING:
    from plotly.graph_objects import Figure, Scatter

PARTS = {"train": "train (rough)", "probe": "probe", "val": "validation"}
"""Curves, in the order in which they are drawn over each other."""
LINES = {"val": ("solid", 2.0), "probe": ("dash", 1.8), "train": ("dot", 1.0)}
AXES = {"score": "y", "loss": "y2", "strip": "y3"}
MOST_LINES = 200
"""Events of a run that get a line through the panels."""
LONGEST_NAME = 50
"""Letters of a run's name beside the pointer."""


def figure(runs: Sequence[Curves], score: str, theme: Theme) -> Figure:
    """Return the figure of some runs in one theme.

    Args:
        runs: at least one.
        score: name of the score, as the log has it.
        theme: colours.
    """
    import plotly.graph_objects as go

    painter = _Painter(runs, score, theme)
    return go.Figure(data=list(painter.traces()), layout=painter.layout())


def layers(runs: Sequence[Curves]) -> list[dict[str, Any]]:
    """Return what the reader can switch on and off: key, name, and whether it is on at first."""
    rough = sum(not run.like_for_like for run in runs)
    gap = "gap" if not rough else "rough gap" if rough == len(runs) else "gap, rough without a probe"
    one = len(runs) == 1
    known = {name for run in runs for name in run.columns}
    found = [
        ("val", PARTS["val"], bool(known & {"val_loss", "val_score"}), True),
        ("probe", PARTS["probe"], bool(known & {"probe_loss", "probe_score"}), True),
        ("train", PARTS["train"], "train_loss" in known, one),
        ("gap", gap, bool(known & {"val_loss", "val_score"}), one),
        ("bars", "90 % interval", any(run.bars for run in runs), True),
        ("marks", "marks", any(run.memorised or run.jump for run in runs), True),
        ("events", "events", any(run.events for run in runs), True),
    ]
    return [{"part": part, "name": name, "on": on} for part, name, present, on in found if present]


class _Painter:
    """Traces and layout of some runs in one theme."""

    def __init__(self, runs: Sequence[Curves], score: str, theme: Theme) -> None:
        self.runs, self.theme, self.several = runs, theme, len(runs) > 1
        self.score = literal(score)
        self.has_scores = any({"val_score", "probe_score"} & run.columns.keys() for run in runs)

    def colour(self, part: str, number: int) -> str:
        return self.theme.run(number) if self.several else self.theme.parts.get(part, self.theme.ink)

    # Traces ----------------------------------------------------------------------------------------------------------

    def traces(self) -> Iterator[Scatter]:
        for number, run in enumerate(self.runs):
            for kind in ("score", "loss"):
                yield from self._band(run, number, kind)
                for part in PARTS:
                    if f"{part}_{kind}" in run.columns:
                        yield self._curve(run, number, part, kind)
            for part in run.bars:
                yield self._bars(run, number, part)
            if run.events:
                yield self._events(run, number)
            if run.not_finite:
                yield self._not_finite(run, number)

    def _trace(
        self, number: int, part: str, kind: str, columns: Mapping[str, str] = MappingProxyType({}), **options: Any
    ) -> Scatter:
        import plotly.graph_objects as go

        meta = {"run": number, "part": part, "kind": kind, "columns": dict(columns)}
        return go.Scatter(meta=meta, **{"yaxis": AXES[kind], **options})

    def _band(self, run: Curves, number: int, kind: str) -> Iterator[Scatter]:
        """Yield the two edges of the gap, the second filled towards the first."""
        names = f"{'probe' if run.like_for_like else 'train'}_{kind}", f"val_{kind}"
        if not all(name in run.columns for name in names):
            return
        epoch, first, second = (run.columns[name] for name in ("epoch", *names))
        rows = [i for i, both in enumerate(zip(first, second, strict=True)) if None not in both]
        if len(rows) < 2:
            return
        whole = all(_ends(column) == (rows[0], rows[-1]) for column in (first, second))
        fill = with_opacity(self.colour("gap", number), self.theme.band)
        for name, options in zip(names, ({}, {"fill": "tonexty", "fillcolor": fill}), strict=True):
            column = run.columns[name]
            look: dict[str, Any] = {"mode": "lines", "line": {"width": 0}, "hoverinfo": "skip", "connectgaps": True}
            look |= options
            if whole:
                yield self._trace(number, "gap", kind, {"x": "epoch", "y": name}, **look)
            else:
                x, y = [epoch[i] for i in rows], [column[i] for i in rows]
                yield self._trace(number, "gap", kind, x=x, y=y, **look)

    def _curve(self, run: Curves, number: int, part: str, kind: str) -> Scatter:
        column = run.columns[f"{part}_{kind}"]
        known = sum(value is not None for value in column)
        name = f"{PARTS[part]} {self.score if kind == 'score' else 'loss'}"
        bars = run.bars.get(part) if kind == "score" else None
        # Plotly takes the nearest point of each curve: where that may be another epoch than the one above, it is named.
        own = " (epoch %{x:,d})" if not self.several and known < len(column) else ""
        value = f"{'%{y:.3f}' if kind == 'score' else '%{y:.4~g}'}{own}{'%{text}' if bars else ''}"
        head = f"{literal(shorten(run.short, LONGEST_NAME))}<br>epoch %{{x:,d}}<br>{name}: "
        dash, width = LINES[part]
        return self._trace(
            number,
            part,
            kind,
            columns={"x": "epoch", "y": f"{part}_{kind}", **({"text": f"{part}_interval"} if bars else {})},
            name=name,
            connectgaps=True,
            mode="lines+markers" if known <= 3 else "lines",
            line={"color": self.colour(part, number), "width": width, "dash": dash},
            hovertemplate=f"{head}{value}<extra></extra>" if self.several else value,
        )

    def _bars(self, run: Curves, number: int, part: str) -> Scatter:
        bars, colour = run.bars[part], self.colour(part, number)
        ends = list(zip(bars.low, bars.high, strict=True))
        half = [(high - low) / 2 for low, high in ends]
        return self._trace(
            number,
            "bars",
            "score",
            x=bars.epoch,
            y=[(low + high) / 2 for low, high in ends],
            mode="markers",
            marker={"size": 1, "color": colour, "opacity": 0},
            error_y={"type": "data", "array": half, "color": colour, "thickness": 1, "width": 3},
            hoverinfo="skip",
        )

    def _events(self, run: Curves, number: int) -> Scatter:
        colour = self.theme.run(number) if self.several else self.theme.ink
        trace = self._trace(
            number,
            "events",
            "strip",
            x=[event.epoch for event in run.events],
            y=[(number + 0.5) / len(self.runs)] * len(run.events),
            mode="markers" if self.several else "markers+text",
            marker={
                "symbol": ["triangle-up" if event.kind.confounds else "circle-open" for event in run.events],
                "size": 5 if len(self.runs) > 4 else 8,
                "color": colour,
            },
            textfont={"size": 11, "color": colour},
            cliponaxis=False,
            customdata=[self._event_words(run, event) for event in run.events],
            name="event",
            hovertemplate="%{customdata}<extra></extra>" if self.several else "%{customdata}",
        )
        if not self.several:
            first, last = run.columns["epoch"][0], run.columns["epoch"][-1]
            trace.meta["labels"] = {axis: event_labels(run.events, place_of(axis, first, last)) for axis in RANGES}
        return trace

    def _event_words(self, run: Curves, event: Event) -> str:
        detail = f" ({event.detail})" if event.detail else ""
        words = f"{event.kind.value} at epoch {event.epoch:,}{detail}"
        return literal(f"{shorten(run.short, LONGEST_NAME)}: {words}" if self.several else words)

    def _not_finite(self, run: Curves, number: int) -> Scatter:
        return self._trace(
            number,
            "broken",
            "loss",
            x=run.not_finite,
            y=[0.97] * len(run.not_finite),
            yaxis="y4",
            mode="markers",
            marker={"symbol": "x", "size": 8, "color": self.colour("val", number)},
            name="loss not finite from here",
            hovertemplate="validation loss not finite from here",
        )

    # Layout ----------------------------------------------------------------------------------------------------------

    def layout(self) -> dict[str, Any]:
        theme, top = self.theme, self._top()
        strip = any(run.events for run in self.runs)
        upper, between, lower = ((0.56, 1), (0.47, 0.53), (0, 0.44)) if strip else ((0.53, 1), (0.49, 0.5), (0, 0.47))
        axis = {
            "gridcolor": theme.grid,
            "linecolor": theme.line,
            "zeroline": False,
            "tickfont": {"size": 12, "color": theme.soft},
            "title": {"font": {"size": 13, "color": theme.ink}},
        }
        return {
            "template": {"layout": {"xaxis": axis, "yaxis": axis}},
            "paper_bgcolor": theme.paper,
            "plot_bgcolor": theme.paper,
            "font": {"family": "inherit", "color": theme.ink},
            "margin": {"l": 60, "r": 16, "t": 38, "b": 46},
            "showlegend": False,
            "hovermode": "closest" if self.several else "x unified",
            "hoversubplots": "axis",
            "hoverlabel": {"bgcolor": theme.paper, "font": {"color": theme.ink, "size": 13}, "namelength": -1},
            "separators": ".,",
            "xaxis": {
                "type": "log",
                "title": {"text": "epoch"},
                "anchor": "y2",
                "hoverformat": ",d",
                "exponentformat": "none",
                "tickformat": ",~r",
                "nticks": 6,
                "unifiedhovertitle": {"text": "epoch %{x:,d}"},
            },
            "yaxis": {
                "domain": upper,
                "range": [-0.03 * top, 1.04 * top],
                "visible": self.has_scores,
                "title": {"text": self.score},
            },
            "yaxis2": {
                "domain": lower if self.has_scores else (0, 0.86),
                "type": "log" if self._losses_are_positive() else "linear",
                "title": {"text": "loss"},
                "tickformat": "~g",
                "nticks": 5,
            },
            "yaxis3": {
                "domain": between if self.has_scores else (0.9, 0.98),
                "range": [0, 1],
                "visible": False,
                "fixedrange": True,
            },
            "yaxis4": {"overlaying": "y2", "range": [0, 1], "visible": False, "fixedrange": True},
            "shapes": list(self._shapes()),
            "annotations": [] if self.several else list(self._annotations(self.runs[0])),
        }

    def _top(self) -> float:
        """Return the upper end of the scores: 1, or less where none comes near."""
        scores = [v for run in self.runs for name in ("val_score", "probe_score") for v in run.columns.get(name, [])]
        bars = [value for run in self.runs for bars in run.bars.values() for value in bars.high]
        top: float = max([value for value in [*scores, *bars] if value is not None], default=0.0)
        return 1.0 if top > 0.5 else max(top * 1.1, 0.05)

    def _losses_are_positive(self) -> bool:
        losses = [run.columns.get(f"{part}_loss", []) for run in self.runs for part in PARTS]
        return all(value is None or value > 0 for column in losses for value in column)

    def _shapes(self) -> Iterator[dict[str, Any]]:
        """Yield the marks and the events that move curves, across the panels; their name is run and part."""
        for number, run in enumerate(self.runs):
            colour = self.theme.run(number) if self.several else self.theme.ink
            name = f"{number} marks"
            if run.memorised:
                yield from self._line(name, run.memorised, colour, "dot", 1.2)
            if run.jump:
                start, middle, end = run.jump
                band = {"type": "rect", "x0": start, "x1": end, "fillcolor": colour, "opacity": 0.09, "layer": "below"}
                yield from self._across({**band, "name": name, "line": {"width": 0}})
                yield from self._line(name, middle, colour, "solid", 1.2)
            moving = dict.fromkeys(event.epoch for event in run.events if event.kind.confounds)
            for epoch in list(moving)[:MOST_LINES]:
                yield from self._line(f"{number} events", epoch, colour, "1px,3px", 0.8)

    def _line(self, name: str, epoch: int, colour: str, dash: str, width: float) -> Iterator[dict[str, Any]]:
        line = {"color": colour, "dash": dash, "width": width}
        return self._across({"type": "line", "name": name, "x0": epoch, "x1": epoch, "line": line})

    def _across(self, shape: dict[str, Any]) -> Iterator[dict[str, Any]]:
        for axis in ("y", "y2", "y3") if self.has_scores else ("y2", "y3"):
            yield {"y0": 0, "y1": 1, "xref": "x", "yref": f"{axis} domain", "layer": "above", **shape}

    def _annotations(self, run: Curves) -> Iterator[dict[str, Any]]:
        """Yield the names of the marks above the picture of one run; with several the cards tell them."""
        marks = [(run.memorised, f"memorised: {run.memorised:,}")] if run.memorised else []
        if run.jump:
            start, middle, end = run.jump
            marks.append((middle, f"jump: {middle:,} ({start:,}–{end:,})"))
        for row, (epoch, text) in enumerate(marks):
            yield {
                "name": "0 marks",
                "x": epoch,
                "y": 1,
                "xref": "x",
                "yref": "paper",
                "xanchor": "auto",
                "yanchor": "bottom",
                "yshift": 15 * row,
                "text": text,
                "showarrow": False,
                "font": {"size": 12, "color": self.theme.ink},
            }


def _ends(column: Sequence[Any]) -> tuple[int, int]:
    """Return the rows of the first and of the last value that is known."""
    known = [i for i, value in enumerate(column) if value is not None]
    return known[0], known[-1]
