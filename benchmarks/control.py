"""Train the positive control and its negative one for several seeds, and print what the verdict says of each.

python benchmarks/control.py [--seeds 10]
"""

import argparse
import os
import sys
import tempfile
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")
sys.path.insert(0, str(Path(__file__).parent.parent))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=10)
    args = parser.parse_args()
    import numpy as np

    from grokyolo import assess, read_run
    from grokyolo.notify.listener import Listener
    from grokyolo.recipe import load
    from grokyolo.training import train

    quiet = Listener(lambda _run: None, lambda _progress: None, lambda _text: None)
    print("| recipe | seed | verdict | memorised | half way | times as late | e-folds there | validation at the end |")
    print("| --- | ---: | --- | ---: | ---: | ---: | ---: | ---: |")
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        for name in ("grok-modular-addition", "memorise-modular-addition"):
            for seed in range(args.seeds):
                recipe = load(name, [f"seed={seed}", "epochs=280"])
                series = read_run(train(recipe, name=f"{name}-{seed}", listener=quiet))
                found = assess(series)
                cells = [name, str(seed), found.verdict.value, str(found.memorised_epoch)]
                if found.jump:
                    budget = series.decay_budget[np.searchsorted(series.epoch, found.jump.epoch)]
                    cells += [str(found.jump.epoch), f"{found.jump.lateness:.1f}", f"{budget:.2f}"]
                else:
                    cells += ["–"] * 3
                print(f"| {' | '.join([*cells, f'{series.val_score[-1]:.3f}'])} |", flush=True)
        os.chdir("/")


if __name__ == "__main__":
    main()
