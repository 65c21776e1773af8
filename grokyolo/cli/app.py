"""The program: its verbs, each loaded when it is asked for, and what comes of their errors."""

from __future__ import annotations

import io
import os
import shlex
import signal
import sys
from collections.abc import Sequence
from functools import partial
from importlib import import_module
from itertools import takewhile
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Annotated

import typer

from grokyolo.cli import shells
from grokyolo.cli.command import HELP_NAMES, Command, VerbGroup, command_of
from grokyolo.cli.output import NO_COLOR, TYPED, print_error
from grokyolo.errors import GrokyoloError, Interrupted, UsageError, did_you_mean

if TYPE_CHECKING:
    from typer._click import Command as ClickCommand
    from typer._click import Context, HelpFormatter

SUMMARIES = {
    "train": "start a long run from a recipe",
    "gap": "show the train-val gap of a run per epoch, and the verdict",
    "report": "write one HTML page about some runs, curves to zoom into",
    "compare": "lay runs next to each other: who generalised first, at what cost",
    "plan": "say what a recipe will really do, before anything runs",
    "recipes": "list, show, copy and check recipes",
    "resume": "go on with a run that was stopped or killed, exactly",
    "extend": "make a run longer, finished or not",
    "sweep": "train a recipe at every point of a grid; show its phase diagram",
    "verify": "check every file of a run",
}
VERBS = tuple(SUMMARIES)
INTERRUPTED = Interrupted.exit_code
GROUPS = frozenset({"recipes"})
"""Verbs that have verbs of their own."""
SWEEP_SHOW = ["sweep", "show"]
"""The one verb of two words: `sweep` alone is a command with arguments, which Typer's groups are not."""

HELP = f"""usage: grokyolo VERB ...

Train YOLO far past memorisation, measure the train-val gap honestly,
and know a late jump of generalisation from overfitting and artefacts.

verbs:
{chr(10).join(f"  {verb:9} {SUMMARIES[verb]}" for verb in VERBS)}

options:
  -h, --help   this page; `grokyolo VERB --help` has the options and examples
  --version    print the version
  --no-color   no colours (as NO_COLOR=1 does)
  --install-completion, --show-completion   complete commands in your shell

examples:
  grokyolo train --recipe grok-modular-addition
  grokyolo gap runs/grok-modular-addition --plot
  grokyolo gap path/to/any/ultralytics/run
"""


class Program(VerbGroup):
    """All verbs; only the module of the one that is asked for is imported."""

    def list_commands(self, ctx: Context) -> list[str]:
        """Return the names of all verbs."""
        return list(VERBS)

    def get_command(self, ctx: Context, cmd_name: str) -> ClickCommand | None:
        """Import a verb and return its command; None when there is no such verb."""
        if cmd_name not in VERBS:
            return None
        module = import_module(f"grokyolo.cli.{cmd_name}")
        command: ClickCommand = module.group() if cmd_name in GROUPS else command_of(module, cmd_name)
        command.short_help = SUMMARIES[cmd_name]
        if isinstance(command, Command) and cmd_name == SWEEP_SHOW[0]:
            command.second_words = SWEEP_SHOW[1:]
        return command

    def resolve_command(self, ctx: Context, args: list[str]) -> tuple[str | None, ClickCommand | None, list[str]]:
        """Return the verb that the words begin with, and the words behind it."""
        if args[:2] == SWEEP_SHOW:
            return "sweep show", command_of(import_module("grokyolo.cli.sweep_show"), "show"), args[2:]
        if args[0] == "help":
            if not args[1:]:
                sys.stdout.write(HELP)
                raise typer.Exit
            return self.resolve_command(ctx, [*args[1:], "--help"])
        return super().resolve_command(ctx, args)

    def unknown(self, ctx: Context, word: str, names: Sequence[str], words: Sequence[str]) -> UsageError:
        """Return the error for an option that stands where a verb should."""
        hint = did_you_mean(word, names) or "grokyolo --help"
        return UsageError(f"there is no verb {word!r}", where=f"grokyolo {word}", hint=hint)

    def no_verb(self, ctx: Context, args: list[str]) -> UsageError:
        """Return the error for a verb that there is not: the nearest one, or the command of Ultralytics."""
        if args[0] in YOLO_MODES:
            what = f"grokyolo does not {args[0]}; Ultralytics does, with the weights of a run"
            return UsageError(what, where=f"grokyolo {args[0]}", hint=_yolo(*args))
        return super().no_verb(ctx, args)

    def format_help(self, ctx: Context, formatter: HelpFormatter) -> None:
        """Write the page of the program."""
        formatter.write(HELP)


YOLO_MODES = ("val", "predict", "export", "track", "benchmark")
"""What one does with a trained model, which the command of Ultralytics does."""


BEST = Path("weights", "best.pt")


def _yolo(mode: str, *words: str) -> str:
    """Return the command of Ultralytics for what was typed, with the weights of the run named there, or the newest."""
    runs = [word for word in words if (Path(word) / BEST).is_file()]
    newest = sorted(Path("runs").glob(f"**/{BEST}"), key=lambda path: path.stat().st_mtime)[-1:]
    weights = [Path(runs[0]) / BEST] if runs else newest
    others = [word for word in words if word not in runs]
    named = any(word.startswith("model=") for word in words)
    if not named and not weights:
        return "type it where runs/ is, or name the weights behind model="
    return shlex.join(["yolo", mode, *([] if named else [f"model={weights[0]}"]), *others])


app = typer.Typer(cls=Program, rich_markup_mode=None, context_settings=HELP_NAMES)


@app.callback(invoke_without_command=True)
def program(
    ctx: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="print the version")] = False,
    no_color: Annotated[
        bool, typer.Option("--no-color", help="no colours (as NO_COLOR=1 does)", expose_value=False)
    ] = False,
) -> int:
    """Print the version, or the help where no verb is given."""
    if version:
        from grokyolo import __version__

        sys.stdout.write(f"grokyolo {__version__}\n")
        raise typer.Exit
    if ctx.invoked_subcommand is None:
        sys.stdout.write(HELP)
    return 0


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return the exit code (DESIGN section 3)."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    interrupted: list[int] = []
    if argv is None and signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, partial(_interrupt, interrupted))
    try:
        code = _answered(arguments)
    except KeyboardInterrupt:  # once more, while the first was being answered
        code = INTERRUPTED
    if interrupted:  # libraries make other errors of it, numpy for one while it is imported
        code = INTERRUPTED
    if argv is None and code == INTERRUPTED:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # nothing is left to stop
    return code


def _interrupt(interrupted: list[int], number: int, _frame: FrameType | None) -> None:
    interrupted.append(number)
    raise KeyboardInterrupt


def _answered(arguments: list[str]) -> int:
    """Run a command and print its error, if it ends with one."""
    _tolerate_narrow_encodings()
    colours = NO_COLOR.set("--no-color" in takewhile("--".__ne__, arguments))
    typed = TYPED.set(("grokyolo", *arguments))
    try:
        code = _run(arguments)
        sys.stdout.flush()
        return code
    except GrokyoloError as error:
        return _told(error, arguments)
    except KeyboardInterrupt:
        sys.stderr.write("stopped by Ctrl-C\n")
        return INTERRUPTED
    except BrokenPipeError:
        # the reader of a pipe has seen enough; keep the interpreter from complaining at exit
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:
        from grokyolo.cli.unforeseen import explained

        return _told(explained(error), arguments)
    finally:
        NO_COLOR.reset(colours)
        TYPED.reset(typed)


def _told(error: GrokyoloError, arguments: list[str]) -> int:
    print_error(error, shlex.join(["grokyolo", *arguments]))
    return error.exit_code


def _run(arguments: list[str]) -> int:
    """Run a command as Typer does, but for its handling of errors, Ctrl-C and broken pipes: that is ours."""
    command = typer.main.get_command(app)
    if shells.ASKING in os.environ:
        sys.stdout.write(shells.answer(command))
        return 0
    if set(shells.OPTIONS) & set(arguments):
        shells.teach()
    try:
        with command.make_context("grokyolo", arguments) as ctx:
            return int(command.invoke(ctx) or 0)
    except typer.Exit as left:
        return left.exit_code
    except SystemExit as left:  # Typer, after it has shown or installed completion
        return int(left.code or 0)


def _tolerate_narrow_encodings() -> None:
    """Print `?` for what a terminal or a pipe that is not UTF-8 cannot take, instead of failing."""
    stream = sys.stdout
    if isinstance(stream, io.TextIOWrapper) and not stream.encoding.lower().startswith("utf"):
        stream.reconfigure(errors="replace")
