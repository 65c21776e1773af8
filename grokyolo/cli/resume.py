"""grokyolo resume: go on with a run that was stopped or killed."""

from __future__ import annotations

import argparse
from pathlib import Path

from grokyolo.cli.parsing import Parser
from grokyolo.cli.running import add_running_options, continued

DESCRIPTION = """Go on with a run from its newest sound state: same weights, same random numbers,
same order of images as if it had never stopped. What gap.csv holds beyond that
state is trained again."""

EXAMPLES = """  grokyolo resume runs/exp1
  grokyolo resume runs/exp1 --time-limit 11h30m"""


def add_arguments(parser: Parser) -> None:
    """Declare the options of `resume`."""
    parser.add_argument("run", metavar="RUN", help="run folder")
    add_running_options(parser)


def run(args: argparse.Namespace) -> int:
    """Go on, and say where the run is and what to type next."""
    return continued(args, Path(args.run))
