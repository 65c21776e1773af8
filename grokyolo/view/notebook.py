"""A run as a notebook shows it: the verdict, the picture, and the table of telling epochs."""

from __future__ import annotations

import io
import warnings
from base64 import b64encode
from html import escape

from grokyolo.gap import Series
from grokyolo.verdict import Assessment, assess
from grokyolo.view.plot import draw
from grokyolo.view.table import telling_cells, telling_rows

DPI = 100
CELL = "text-align: right; padding: 0.1em 0.7em"


def html(series: Series) -> str:
    """Return a run as a piece of HTML; it holds its picture and asks for nothing else."""
    if not len(series):
        return f"<p><b>{escape(series.run)}</b>: no finished epoch yet</p>"
    assessment = assess(series)
    return "".join(
        [
            "<div>",
            f"<p><b>{escape(series.run)}</b>: {len(series)} epochs</p>",
            _verdict(assessment),
            _picture(series, assessment),
            _table(series, assessment),
            "</div>",
        ]
    )


def _verdict(assessment: Assessment) -> str:
    notes = [f"confounder: {event}" for event in assessment.confounders]
    notes += [f"note: {warning}" for warning in assessment.warnings]
    items = "".join(f"<li>{escape(note)}</li>" for note in notes)
    words = f"<b>{assessment.verdict.value}</b> ({assessment.confidence.value}): {escape(assessment.reason)}"
    return f"<p>{words}</p>" + (f"<ul>{items}</ul>" if items else "")


def _picture(series: Series, assessment: Assessment) -> str:
    written = io.BytesIO()
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing")  # a name in a script the font lacks
        draw(series, assessment).savefig(written, dpi=DPI, format="png", facecolor="white")
    data = b64encode(written.getvalue()).decode()
    alt = escape(f"probe and validation of {series.run} over the epochs; {assessment.reason}", quote=True)
    return f'<img alt="{alt}" src="data:image/png;base64,{data}" style="max-width: 100%">'


def _table(series: Series, assessment: Assessment) -> str:
    gap = "gap" if series.like_for_like else "rough loss gap"
    names = ("", "epoch", "train loss", "probe loss", "val loss", "probe score", "val score", gap)
    head = "".join(f'<th style="{CELL}">{name}</th>' for name in names)
    rows = [_row(label, series, i) for label, i in telling_rows(series, assessment)]
    return f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table>"


def _row(label: str, series: Series, i: int) -> str:
    cells = [f"{series.epoch[i]:,}", *telling_cells(series, i)[1:]]
    return f"<tr><td>{escape(label)}</td>" + "".join(f'<td style="{CELL}">{cell}</td>' for cell in cells) + "</tr>"
