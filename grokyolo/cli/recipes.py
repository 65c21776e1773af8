"""grokyolo recipes: list, show, copy and check recipes."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from grokyolo.cli.parsing import Parser, console, print_error
from grokyolo.errors import GrokyoloError, UsageError, did_you_mean

DESCRIPTION = """List the recipes that `train` knows by name, or: `show NAME` with every value and
where it comes from; `copy NAME FILE` to edit your own; `check FILE...`."""

EXAMPLES = """  grokyolo recipes
  grokyolo recipes show long-coco8
  grokyolo recipes copy long-coco8 mine.yaml
  grokyolo recipes check mine.yaml other.yaml"""

ACTIONS = ("list", "show", "copy", "check")


def add_arguments(parser: Parser) -> None:
    """Declare the options of `recipes`."""
    parser.add_argument("action", nargs="?", default="list", metavar="show | copy | check")
    parser.add_argument("names", nargs="*", metavar="NAME|FILE")


def run(args: argparse.Namespace) -> int:
    """Do one of the four actions."""
    actions = {"list": _list, "show": _show, "copy": _copy, "check": _check}
    if args.action not in actions:
        raise UsageError(
            f"recipes cannot {args.action!r}",
            where=f"grokyolo recipes {args.action}",
            hint=did_you_mean(args.action, ACTIONS) or f"grokyolo recipes show {args.action}",
        )
    return actions[args.action](args)


def _need(args: argparse.Namespace, count: int, usage: str) -> None:
    if len(args.names) != count:
        raise UsageError(
            f"recipes {args.action} takes {usage}",
            where=" ".join(["grokyolo recipes", args.action, *args.names]),
            hint=f"grokyolo recipes {args.action} {usage}",
        )


def _list(args: argparse.Namespace) -> int:
    from rich.markup import escape
    from rich.table import Table

    from grokyolo.recipe import list_recipes

    _need(args, 0, "no name")
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold", show_edge=False)
    table.add_column("recipe", no_wrap=True)
    table.add_column("epochs", justify="right")
    table.add_column("task", no_wrap=True)
    table.add_column("what it is for")
    for entry in list_recipes():
        table.add_row(entry.name, str(entry.epochs or ""), entry.task, escape(entry.description))
    console(no_color=args.no_color).print(table)
    return 0


def _show(args: argparse.Namespace) -> int:
    from rich.markup import escape
    from rich.table import Table

    from grokyolo.recipe import flatten, load

    _need(args, 1, "NAME")
    recipe = load(args.names[0], complete=False)
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold", show_edge=False)
    table.add_column("key", no_wrap=True)
    table.add_column("value")
    table.add_column("from", style="dim")
    for key, value in flatten(recipe.to_dict()).items():
        table.add_row(key, escape(_yaml(value)), recipe.provenance.get(key, "default"))
    console(no_color=args.no_color).print(table)
    return 0


def _yaml(value: object) -> str:
    """Return a value as a recipe would have it."""
    import yaml

    text = value if isinstance(value, str) else yaml.safe_dump(value, default_flow_style=True, width=10_000)
    return text.removesuffix("\n").removesuffix("\n...")


def _copy(args: argparse.Namespace) -> int:
    from grokyolo.recipe import source_text

    _need(args, 2, "NAME FILE")
    name, target = args.names[0], Path(args.names[1])
    text = source_text(name)
    try:
        with target.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise UsageError(
            f"{target} exists already", where=f"recipes copy {name} {target}", hint="choose another FILE"
        ) from None
    except OSError as error:
        raise UsageError(
            f"cannot write {target}: {error.strerror or error}", where=f"recipes copy {name} {target}"
        ) from error
    console(no_color=args.no_color).print(f"copied: {target}\nnext: grokyolo train --recipe {target}", markup=False)
    return 0


def _check(args: argparse.Namespace) -> int:
    from grokyolo.recipe import load

    if not args.names:
        _need(args, 1, "FILE...")
    err = console(stderr=True, no_color=args.no_color)
    worst = 0
    for name in args.names:
        try:
            recipe = load(name, complete=False)
        except GrokyoloError as error:
            worst = max(worst, error.exit_code)
            print_error(error, f"grokyolo recipes check {name}", no_color=args.no_color)
            continue
        missing = [f"{key}=" for key, value in (("model", recipe.model), ("data", recipe.data)) if not value]
        needs = [f"{name} needs {' and '.join(missing)} on the command line"] if missing else []
        for warning in [*recipe.warnings, *needs]:
            err.print(f"warning: {warning}", markup=False, soft_wrap=True)
        sys.stdout.write(f"{name}: ok\n")
    return worst
