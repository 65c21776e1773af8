"""The command line: one module per verb. Options in, one call, print."""

from __future__ import annotations

import io
import os
import shlex
import sys
from collections.abc import Sequence
from itertools import takewhile

from grokyolo.cli.parsing import Parser, Verb, print_error
from grokyolo.errors import GrokyoloError, UsageError, did_you_mean

VERBS = ("train", "gap", "report", "compare", "plan", "recipes", "resume", "extend", "sweep", "verify")
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
SUBVERBS: dict[tuple[str, ...], str] = {("sweep", "show"): "sweep_show"}
"""Verb and first word behind it: the module that takes the rest."""

HELP = f"""usage: grokyolo VERB ...

Train YOLO far past memorisation, measure the train-val gap honestly,
and know a late jump of generalisation from overfitting and artefacts.

verbs:
{chr(10).join(f"  {verb:9} {SUMMARIES[verb]}" for verb in VERBS)}

options:
  -h, --help   this page; `grokyolo VERB --help` has the options and examples
  --version    print the version
  --no-color   no colours (as NO_COLOR=1 does)

examples:
  grokyolo train --recipe grok-modular-addition
  grokyolo gap runs/grok-modular-addition --plot
  grokyolo gap path/to/any/ultralytics/run
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return the exit code (DESIGN section 3)."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    _tolerate_narrow_encodings()
    try:
        code = _dispatch(arguments)
        sys.stdout.flush()
        return code
    except SystemExit as leaving:  # argparse, after it has printed a help page
        return int(leaving.code or 0)
    except GrokyoloError as error:
        print_error(error, shlex.join(["grokyolo", *arguments]), no_color="--no-color" in arguments)
        return error.exit_code
    except KeyboardInterrupt:
        sys.stderr.write("stopped by Ctrl-C\n")
        return 130
    except BrokenPipeError:
        # the reader of a pipe has seen enough; keep the interpreter from complaining at exit
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


def _dispatch(arguments: list[str]) -> int:
    ahead = list(takewhile("--no-color".__eq__, arguments))
    arguments = arguments[len(ahead) :]
    if not arguments or arguments[0] in {"-h", "--help", "help"}:
        sys.stdout.write(HELP)
        return 0
    if arguments[0] == "--version":
        from grokyolo import __version__

        sys.stdout.write(f"grokyolo {__version__}\n")
        return 0
    name, rest = arguments[0], [*arguments[1:], *ahead]
    if name not in VERBS:
        hint = did_you_mean(name, VERBS) or "grokyolo --help"
        raise UsageError(f"there is no verb {name!r}", where=f"grokyolo {name}", hint=hint)
    module = SUBVERBS.get((name, *rest[:1]))
    if module:
        name, rest = f"{name} {rest[0]}", rest[1:]
    verb = _load(module or name)
    parser = Parser(prog=f"grokyolo {name}", description=verb.DESCRIPTION, epilog=verb.EXAMPLES)
    verb.add_arguments(parser)
    return verb.run(parser.parse_intermixed_args(rest))


def _tolerate_narrow_encodings() -> None:
    """Print `?` for what a terminal or a pipe that is not UTF-8 cannot take, instead of failing."""
    stream = sys.stdout
    if isinstance(stream, io.TextIOWrapper) and not stream.encoding.lower().startswith("utf"):
        stream.reconfigure(errors="replace")


def _load(name: str) -> Verb:
    from importlib import import_module

    verb: Verb = import_module(f"grokyolo.cli.{name}")
    return verb
