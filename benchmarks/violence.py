"""Kill a training hundreds of times with SIGKILL, and see whether anything of it is lost.

    python benchmarks/violence.py [--kills 300] [--task classify] [--minutes 60] [--seed 0]

The tests do the same a few times. Each run is trained until patience ends it and then extended; its processes die in
five ways in turn: in training, within a save, between a row and its state, before the first row, and in the last
evaluation. Prints one line: kills, and whether weights and logs are those of a run that nobody disturbed; each run is
compared when it has ended, the last one too. The same seed kills at the same places, as far as the machine is as fast.
"""

import argparse
import os
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("YOLO_OFFLINE", "1")
sys.path.insert(0, str(Path(__file__).parent.parent))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=300)
    parser.add_argument("--task", default="classify")
    parser.add_argument("--minutes", type=float, default=60.0, help="kill no more after so long")
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    from tests import data
    from tests.real.violence import killed_again_and_again, undisturbed

    ways: Counter[str] = Counter()
    verbs: Counter[str] = Counter()
    started = time.monotonic()

    def tell(died: int, way: str, verb: str) -> bool:
        ways[way] += 1
        verbs[verb] += 1
        if died % 10 == 0:
            print(f"{died} killed in {time.monotonic() - started:.0f} s", file=sys.__stderr__, flush=True)
        return time.monotonic() - started < 60 * args.minutes

    with tempfile.TemporaryDirectory() as folder:
        workplace = Path(folder)
        os.chdir(workplace)
        recipe = data.recipe(args.task, workplace / "recipe", checkpoint={"every": "1s", "keep": 2})
        never = undisturbed(workplace, recipe)
        same = killed_again_and_again(workplace, recipe, args.kills, never, tell, args.seed)
        verdict = "weights and logs as undisturbed" if same else "SOMETHING WAS LOST"
        died = ", ".join(f"{count} {way.replace('_', ' ')}" for way, count in ways.items())
        died += "; " + ", ".join(f"{count} in `{verb}`" for verb, count in verbs.items())
        seconds = time.monotonic() - started
        print(f"{args.task}: {sum(ways.values())} kills ({died}) in {seconds:.0f} s: {verdict}")
        os.chdir("/")
    sys.exit(not same)


if __name__ == "__main__":
    main()
