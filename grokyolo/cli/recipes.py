"""grokyolo recipes: list, show, copy and check recipes."""

from __future__ import annotations

import argparse
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path

from grokyolo.cli.parsing import Parser, console, print_error
from grokyolo.errors import GrokyoloError, UsageError, did_you_mean

DESCRIPTION = """List the recipes that `train` knows by name, or: `show NAME` with every value and
where it comes from (--resolved: as a recipe that needs no parent); `copy NAME FILE`
to edit your own; `check FILE...`; `diff A B` between recipes or run folders;
`schema` for editors that complete and check YAML. `show` and `check` take KEY=VALUE
too, as `train` does."""

EXAMPLES = """  grokyolo recipes
  grokyolo recipes show long-coco8
  grokyolo recipes show long-coco8 weight_decay=0.1 --resolved > strong.yaml
  grokyolo recipes copy long-coco8 mine.yaml
  grokyolo recipes check mine.yaml other.yaml
  grokyolo recipes diff long-coco8 runs/exp1
  grokyolo recipes schema > recipe.schema.json"""

ACTIONS = ("list", "show", "copy", "check", "diff", "schema")


def add_arguments(parser: Parser) -> None:
    """Declare the options of `recipes`."""
    parser.add_argument("action", nargs="?", default="list", metavar="show | copy | check | diff | schema")
    parser.add_argument("names", nargs="*", metavar="NAME|FILE|KEY=VALUE")
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


def _parted(words: Sequence[str]) -> tuple[list[str], list[str]]:
    """Return names, and the KEY=VALUE among them."""
    return [word for word in words if "=" not in word], [word for word in words if "=" in word]


def _need(args: argparse.Namespace, count: int, usage: str, names: Sequence[str] | None = None) -> None:
    if len(args.names if names is None else names) != count:
        raise UsageError(
            f"recipes {args.action} takes {usage}",
            where=" ".join(["grokyolo recipes", args.action, *args.names]),
            hint=f"grokyolo recipes {args.action} {usage}",
        )


def _list(args: argparse.Namespace) -> int:
    from grokyolo.recipe import list_recipes
    from grokyolo.view.recipes import entries_table

    _need(args, 0, "no name")
    console(no_color=args.no_color).print(entries_table(list_recipes()))
    return 0


def _show(args: argparse.Namespace) -> int:
    from rich.syntax import Syntax

    from grokyolo.recipe import every_value, load, origins
    from grokyolo.view.recipes import values_table

    names, overrides = _parted(args.names)
    _need(args, 1, "NAME", names)
    recipe = load(names[0], overrides, complete=False)
    out = console(no_color=args.no_color)
    if not args.resolved:
        out.print(values_table(every_value(recipe, origins(names[0], recipe)), out.width))
    elif out.is_terminal:
        out.print(Syntax(recipe.to_yaml(), "yaml", theme="ansi_dark", background_color="default", word_wrap=True))
    else:
        sys.stdout.write(recipe.to_yaml())
    return 0


def _diff(args: argparse.Namespace) -> int:
    from grokyolo.recipe import diff, load
    from grokyolo.view.recipes import differences_table

    _need(args, 2, "A B")
    found = diff(*(load(name, complete=False) for name in args.names))
    console(no_color=args.no_color).print(differences_table(args.names, found))
    return 0


def _schema(args: argparse.Namespace) -> int:
    from grokyolo.recipe import schema_text

    _need(args, 0, "no name")
    sys.stdout.write(schema_text())
    return 0


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
            f"cannot write {target}: {error.strerror or error}",
            where=f"recipes copy {name} {target}",
            hint="choose another FILE" if target.parent.is_dir() else shlex.join(["mkdir", "-p", str(target.parent)]),
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

    names, overrides = _parted(args.names)
    if not names:
        _need(args, 1, "FILE...", names)
    err = console(stderr=True, no_color=args.no_color)
    worst = 0
    for name in names:
        try:
            recipe = load(name, overrides, complete=False)
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
