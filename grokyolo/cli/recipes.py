"""grokyolo recipes: list, show, copy and check recipes."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from grokyolo.cli.parsing import Parser, console, print_error
from grokyolo.errors import GrokyoloError, UsageError, did_you_mean

DESCRIPTION = """List the recipes that `train` knows by name, or: `show NAME` with every value and
where it comes from (--resolved: as a recipe that needs no parent); `copy NAME FILE`
to edit your own; `check FILE...`; `diff A B` between recipes or run folders;
`schema` for editors that complete and check YAML."""

EXAMPLES = """  grokyolo recipes
  grokyolo recipes show long-coco8
  grokyolo recipes copy long-coco8 mine.yaml
  grokyolo recipes check mine.yaml other.yaml
  grokyolo recipes diff long-coco8 runs/exp1
  grokyolo recipes schema > recipe.schema.json"""

ACTIONS = ("list", "show", "copy", "check", "diff", "schema")


def add_arguments(parser: Parser) -> None:
    """Declare the options of `recipes`."""
    parser.add_argument("action", nargs="?", default="list", metavar="show | copy | check | diff | schema")
    parser.add_argument("names", nargs="*", metavar="NAME|FILE")
    parser.add_argument("--resolved", action="store_true", help="show: as a recipe with every value, in YAML")


def run(args: argparse.Namespace) -> int:
    """Do one of the actions."""
    actions = {"list": _list, "show": _show, "copy": _copy, "check": _check, "diff": _diff, "schema": _schema}
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
    from rich.syntax import Syntax
    from rich.table import Table

    from grokyolo.recipe import every_value, load

    _need(args, 1, "NAME")
    recipe = load(args.names[0], complete=False)
    out = console(no_color=args.no_color)
    if args.resolved:
        if out.is_terminal:
            out.print(Syntax(recipe.to_yaml(), "yaml", background_color="default", word_wrap=True))
        else:
            sys.stdout.write(recipe.to_yaml())
        return 0
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold", show_edge=False)
    table.add_column("key", no_wrap=True)
    table.add_column("value")
    table.add_column("from", style="dim")
    for value in every_value(recipe):
        table.add_row(
            value.key, Syntax(_yaml(value.value), "yaml", background_color="default", word_wrap=True), value.source
        )
    out.print(table)
    return 0


def _diff(args: argparse.Namespace) -> int:
    from rich.markup import escape
    from rich.table import Table

    from grokyolo.recipe import diff, load

    _need(args, 2, "A B")
    found = diff(*(load(name, complete=False) for name in args.names))
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold", show_edge=False)
    for header in ("key", *args.names):
        table.add_column(escape(header), no_wrap=header == "key", overflow="fold")
    for difference in found:
        sides = ("–" if side is None else escape(_yaml(side.value)) for side in (difference.left, difference.right))
        table.add_row(difference.key, *sides)
    console(no_color=args.no_color).print(table if found else "no difference")
    return 0


def _schema(args: argparse.Namespace) -> int:
    from grokyolo.recipe import schema_text

    _need(args, 0, "no name")
    sys.stdout.write(schema_text())
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
    _schema_beside(args, text, target)
    console(no_color=args.no_color).print(f"copied: {target}\nnext: grokyolo train --recipe {target}", markup=False)
    return 0


def _schema_beside(args: argparse.Namespace, text: str, target: Path) -> None:
    """Put the schema beside a recipe that names it, where none is there; editors work without it too."""
    from grokyolo.recipe import MODELINE, SCHEMA_FILE, schema_text

    schema = target.with_name(SCHEMA_FILE)
    if MODELINE not in text or schema.exists():
        return
    try:
        schema.write_text(schema_text(), encoding="utf-8")
    except OSError:
        return
    message = f"for editors that complete and check recipes: {schema}"
    console(stderr=True, no_color=args.no_color).print(message, markup=False, soft_wrap=True)


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
