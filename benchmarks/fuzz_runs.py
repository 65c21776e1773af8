"""Thousands of mutated run folders, and every reading command on each of them.

    python benchmarks/fuzz_runs.py [FOLDERS] [FIRST_SEED]

One folder in fifty is resumed and extended instead. Prints its progress on standard error, and on standard output
every way in which a command broke its promise. Leaves with 1 where there was one.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))
os.environ.setdefault("NO_COLOR", "1")

from tests.fuzz_runs import fuzz, make_templates, warm_up

SECONDS = 5.0


def main() -> int:
    """Run it."""
    folders = int(sys.argv[1]) if len(sys.argv) > 1 else 5000
    first = int(sys.argv[2]) if len(sys.argv) > 2 else 0
    troubles, start = 0, time.monotonic()
    with tempfile.TemporaryDirectory() as place:
        os.chdir(place)
        templates = make_templates(Path(place) / "templates")
        warm_up(templates, Path(place) / "warm-up")
        for seed in range(first, first + folders):
            going_on = seed % 50 == 0
            for trouble in fuzz(templates, Path(place) / "scratch", seed, seconds=SECONDS, going_on=going_on):
                troubles += 1
                print(trouble, flush=True)
            if (seed - first) % 20 == 19:
                rate = (seed - first + 1) / (time.monotonic() - start)
                sys.stderr.write(f"{seed - first + 1} of {folders} folders, {rate:.1f} a second, {troubles} faults\n")
    return 1 if troubles else 0


if __name__ == "__main__":
    sys.exit(main())
