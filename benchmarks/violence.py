"""Kill a training hundreds of times with SIGKILL, and see whether anything of it is lost.

    python benchmarks/violence.py [--kills 300] [--task classify]

The tests do the same some fifty times. Prints one line: kills, and whether weights and log are those of a run that
nobody disturbed.
"""

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("YOLO_OFFLINE", "1")
sys.path.insert(0, str(Path(__file__).parent.parent))


def tell(died: int) -> None:
    if died % 10 == 0:
        print(f"{died} killed", file=sys.__stderr__, flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=300)
    parser.add_argument("--task", default="classify")
    args = parser.parse_args()
    from tests import data
    from tests.real.training import log, same_weights, trained, weights
    from tests.real.violence import killed_again_and_again

    with tempfile.TemporaryDirectory() as folder:
        workplace = Path(folder)
        os.chdir(workplace)
        checkpoint = {"every": "1s", "keep": 2}
        recipe = data.recipe(args.task, workplace / "recipe", epochs=150, checkpoint=checkpoint)
        never = trained(recipe, "never")
        started = time.monotonic()
        run = killed_again_and_again(workplace, recipe, args.kills, log(never), tell)
        same = log(run) == log(never) and same_weights(weights(run), weights(never))
        verdict = "weights and log as undisturbed" if same else "SOMETHING WAS LOST"
        print(f"{args.task}: {args.kills} kills in {time.monotonic() - started:.0f} s: {verdict}")
        os.chdir("/")
    sys.exit(not same)


if __name__ == "__main__":
    main()
