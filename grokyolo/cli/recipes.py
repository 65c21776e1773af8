"""grokyolo recipes: list, show, copy and check recipes; each a command with its own help."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast

import typer

from grokyolo.cli import complete
from grokyolo.cli.command import HELP_NAMES, Command, VerbGroup
from grokyolo.cli.output import console, print_error, say
from grokyolo.errors import GrokyoloError, UsageError
from grokyolo.format import printable

if TYPE_CHECKING:
    from typer._click import Context

DESCRIPTION = """List the recipes that `train` knows by name, show them with every value and where
it comes from, copy one to make it your own, check your own, compare two."""

EXAMPLES = """  grokyolo recipes
  grokyolo recipes show long-coco8
  grokyolo recipes show long-coco8 weight_decay=0.1 --resolved > strong.yaml
  grokyolo recipes copy long-coco8 mine.yaml
  grokyolo recipes check mine.yaml other.yaml
  grokyolo recipes diff long-coco8 runs/exp1
  grokyolo recipes schema > recipe.schema.json"""

Name = Annotated[
    str,
    typer.Argument(metavar="NAME", help="a recipe's name or file, or a run folder", autocompletion=complete.recipes),
]
Overrides = Annotated[
    list[str],
    typer.Argument(
        metavar="[KEY=VALUE]...", default_factory=list, help="change it first", autocompletion=complete.train_keys
    ),
]


class Recipes(VerbGroup):
    """The verbs of `grokyolo recipes`."""

    def no_verb(self, ctx: Context, args: list[str]) -> UsageError:
        """Return the error for a verb that there is not; the name of a recipe wants to be shown."""
        from grokyolo.recipe import list_recipes

        error = super().no_verb(ctx, args)
        if args[0] in {entry.name for entry in list_recipes()} or Path(args[0]).exists():
            error.hint = shlex.join(["grokyolo", "recipes", "show", *args])
        return error


app = typer.Typer(
    cls=Recipes, rich_markup_mode=None, add_completion=False, help=DESCRIPTION, context_settings=HELP_NAMES
)


def group() -> Recipes:
    """Return the command of `grokyolo recipes`."""
    made = cast(Recipes, typer.main.get_command(app))
    made.epilog = EXAMPLES
    return made


@app.callback(invoke_without_command=True)
def run(ctx: typer.Context) -> int:
    """List the recipes where nothing else is asked for."""
    return list_() if ctx.invoked_subcommand is None else 0


@app.command("list", cls=Command, context_settings=HELP_NAMES)
def list_() -> int:
    """List the recipes that `train` knows by name: built in, your own, of this folder."""
    from grokyolo.recipe import list_recipes
    from grokyolo.view.recipes import entries_table

    console().print(entries_table(list_recipes()))
    return 0


@app.command("show", cls=Command, context_settings=HELP_NAMES)
def show(
    name: Name,
    overrides: Overrides,
    *,
    resolved: Annotated[bool, typer.Option("--resolved", help="as a recipe with every value, in YAML")] = False,
) -> int:
    """Show every value of a recipe, and where it comes from."""
    from rich.syntax import Syntax

    from grokyolo.recipe import every_value, load, origins
    from grokyolo.view.recipes import values_table

    recipe = load(name, overrides, complete=False)
    out = console()
    if not resolved:
        out.print(values_table(every_value(recipe, origins(name, recipe)), out.width))
    elif out.is_terminal:
        out.print(Syntax(recipe.to_yaml(), "yaml", theme="ansi_dark", background_color="default", word_wrap=True))
    else:
        sys.stdout.write(printable(recipe.to_yaml(), keep_lines=True))
    return 0


@app.command("copy", cls=Command, context_settings=HELP_NAMES)
def copy(name: Name, file: Annotated[Path, typer.Argument(metavar="FILE", help="the new file")]) -> int:
    """Copy a recipe, comments and all, to make it your own."""
    from grokyolo.recipe import source_text

    text = source_text(name)
    try:
        with file.open("x", encoding="utf-8") as target:
            target.write(text)
    except FileExistsError:
        raise UsageError(
            f"{file} exists already", where=f"recipes copy {name} {file}", hint="choose another FILE"
        ) from None
    except OSError as error:
        raise UsageError(
            f"cannot write {file}: {error.strerror or error}",
            where=f"recipes copy {name} {file}",
            hint="choose another FILE" if file.parent.is_dir() else shlex.join(["mkdir", "-p", str(file.parent)]),
        ) from error
    _schema_beside(text, file)
    say(f"copied: {file}")
    say(f"next: {shlex.join(['grokyolo', 'train', '--recipe', str(file)])}")
    return 0


def _schema_beside(text: str, target: Path) -> None:
    """Put the schema beside a recipe that names it, where none is there; editors work without it too."""
    from grokyolo.recipe import MODELINE, SCHEMA_FILE, schema_text

    beside = target.with_name(SCHEMA_FILE)
    if MODELINE not in text or beside.exists():
        return
    try:
        beside.write_text(schema_text(), encoding="utf-8")
    except OSError:
        return
    say(f"for editors that complete and check recipes: {beside}", stderr=True)


@app.command("check", cls=Command, context_settings=HELP_NAMES)
def check(
    files: Annotated[
        list[str],
        typer.Argument(
            metavar="FILE...",
            help="recipes by name or file, and KEY=VALUE to put over them",
            autocompletion=complete.recipes,
        ),
    ],
) -> int:
    """Say what is wrong in recipes, each mistake with its line."""
    overrides = [word for word in files if "=" in word]
    codes = [_checked(name, overrides) for name in files if name not in overrides]
    if not codes:
        raise UsageError("name at least one FILE", where="grokyolo recipes check", hint="grokyolo recipes check --help")
    return max(codes)


def _checked(name: str, overrides: list[str]) -> int:
    """Say what is wrong in a recipe, and return the exit code that this makes."""
    from grokyolo.recipe import load

    try:
        recipe = load(name, overrides, complete=False)
    except GrokyoloError as error:
        print_error(error, shlex.join(["grokyolo", "recipes", "check", name]))
        return error.exit_code
    missing = [f"{key}=" for key, value in (("model", recipe.model), ("data", recipe.data)) if not value]
    needs = [f"{name} needs {' and '.join(missing)} on the command line"] if missing else []
    for warning in [*recipe.warnings, *needs]:
        say(f"warning: {warning}", stderr=True)

    sys.stdout.write(printable(f"{name}: ok\n", keep_lines=True))
    return 0


@app.command("diff", cls=Command, context_settings=HELP_NAMES)
def diff_(
    first: Annotated[
        str, typer.Argument(metavar="A", help="a recipe or a run folder", autocompletion=complete.recipes)
    ],
    second: Annotated[str, typer.Argument(metavar="B", help="another one", autocompletion=complete.recipes)],
) -> int:
    """Show in what two recipes differ."""
    from grokyolo.recipe import diff, load
    from grokyolo.view.recipes import differences_table

    found = diff(*(load(name, complete=False) for name in (first, second)))
    console().print(differences_table([first, second], found))
    return 0


@app.command("schema", cls=Command, context_settings=HELP_NAMES)
def schema() -> int:
    """Print the JSON Schema, for editors that complete and check recipes."""
    from grokyolo.recipe import schema_text

    sys.stdout.write(schema_text())
    return 0
