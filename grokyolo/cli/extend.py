"""grokyolo extend: make a run longer, finished or not."""

from __future__ import annotations

import argparse
from pathlib import Path

from grokyolo.cli.parsing import Parser
from grokyolo.cli.running import add_running_options, continued

DESCRIPTION = """Make a run longer and go on from its newest sound state. A change of the learning
rate, the weight decay or the data is logged in the event column of gap.csv, since
it moves the curves by something other than learning."""

EXAMPLES = """  grokyolo extend runs/exp1 --epochs 2000
  grokyolo extend runs/exp1 --epochs 2000 weight_decay=0.1"""


def add_arguments(parser: Parser) -> None:
    """Declare the options of `extend`."""
    parser.add_argument("run", metavar="RUN", help="run folder")
    parser.add_argument("overrides", nargs="*", metavar="KEY=VALUE", help="change the recipe from here on")
    parser.add_argument("--epochs", type=int, required=True, metavar="N", help="length of the run in all")
    add_running_options(parser)


def run(args: argparse.Namespace) -> int:
    """Extend, and say where the run is and what to type next."""
    return continued(args, Path(args.run), [f"epochs={args.epochs}", *args.overrides])
