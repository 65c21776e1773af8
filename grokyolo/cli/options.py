"""Options and arguments that several verbs share, as types for the signature of a verb."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Literal

import typer

from grokyolo.cli import complete
from grokyolo.errors import UsageError


def whole(text: str) -> int:
    """Return a whole number."""
    try:
        return int(text)
    except ValueError as error:
        raise typer.BadParameter(f"invalid int value: {text!r}") from error


def count(text: str) -> int:
    """Return a whole number from 1 on."""
    if (number := whole(text)) < 1:
        raise typer.BadParameter(f"{text} is no number from 1 on")
    return number


def number(text: str) -> float:
    """Return a number."""
    try:
        return float(text)
    except ValueError as error:
        raise typer.BadParameter(f"invalid float value: {text!r}") from error


DEFAULT_RECIPE = "long"
SMALLEST, LARGEST = 1.0, 60.0
"""Inches of a picture's side."""
Recipe = Annotated[
    str,
    typer.Option(
        "--recipe",
        metavar="NAME|FILE|RUN",
        help="a recipe's name or file, or a run folder; `long` by default",
        autocompletion=complete.recipes,
    ),
]
Overrides = Annotated[
    list[str],
    typer.Argument(
        metavar="[KEY=VALUE]...",
        default_factory=list,
        help="change the recipe from here on",
        autocompletion=complete.train_keys,
    ),
]
Runs = Annotated[
    list[str],
    typer.Argument(
        metavar="RUN...", default_factory=list, help="run folder or results.csv", autocompletion=complete.runs
    ),
]
Run = Annotated[str, typer.Argument(metavar="RUN", help="run folder", autocompletion=complete.runs)]
AsJson = Annotated[bool, typer.Option("--json", help="print one JSON object a line and nothing else")]
TimeLimit = Annotated[
    str | None, typer.Option("--time-limit", metavar="TIME", help="save and stop after this time, such as 11h30m")
]
Notify = Annotated[
    list[str] | None,
    typer.Option(
        "--notify",
        metavar="COMMAND|URL",
        help="tell this command or URL of a jump, the end, a failure, a stop, a stall; may be given several times",
    ),
]
Prometheus = Annotated[
    Path | None,
    typer.Option("--prometheus", metavar="FILE", help="keep a text file for node_exporter up to date"),
]
Verbose = Annotated[bool, typer.Option("--verbose", help="show Ultralytics' own tables and progress bars too")]
Clock = Literal["epoch", "step", "time", "budget"]
Size = Annotated[
    str | None, typer.Option("--size", metavar="WxH", help="width and height of the picture in inches, such as 6x4")
]
Title = Annotated[str | None, typer.Option("--title", metavar="TEXT", help="title of the picture; '' for none")]


def inches(size: str | None) -> tuple[float, float] | None:
    """Return --size as width and height; None where it was not given.

    Raises:
        UsageError: it is no size.
    """
    if size is None:
        return None
    found = re.fullmatch(r"(\d+(?:\.\d+)?)[xX×](\d+(?:\.\d+)?)", size)
    width, height = (float(found[1]), float(found[2])) if found else (0.0, 0.0)
    if not (SMALLEST <= width <= LARGEST and SMALLEST <= height <= LARGEST):
        what = f"a picture is {SMALLEST:g} to {LARGEST:g} inches wide and high"
        raise UsageError(what, where=f"--size {size}", hint="--size 8x6")
    return width, height
