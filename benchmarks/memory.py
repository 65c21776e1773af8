"""Does a long training grow? 5,000 epochs of a tiny classifier: memory, time per epoch, size of what is saved.

python benchmarks/memory.py [--epochs 5000]
"""

import argparse
import os
import statistics
import sys
import tempfile
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("YOLO_OFFLINE", "1")
sys.path.insert(0, str(Path(__file__).parent.parent))
PAGE = os.sysconf("SC_PAGE_SIZE")


def resident() -> float:
    """Return the memory of this process in MB."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * PAGE / 1e6


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--epochs", type=int, default=5000)
    args = parser.parse_args()
    from grokyolo.notify.listener import Listener
    from grokyolo.recipe import load
    from grokyolo.training import train
    from tests import data

    seconds: list[float] = []

    def told(progress) -> None:
        epoch = progress.record.epoch
        seconds.append(progress.record.seconds)
        if epoch in {100, 500, 1000} or epoch % 1000 == 0:
            times = [after - before for before, after in zip(seconds[-100:-1], seconds[-99:], strict=True)]
            sizes = {path.name: path.stat().st_size for path in Path("runs/long/weights").glob("*.pt")}
            states = [path.stat().st_size for path in Path("runs/long/state").glob("*.pt")]
            print(
                f"| {epoch} | {resident():.0f} MB | {statistics.median(times) * 1e3:.2f} ms | "
                f"{sizes.get('last.pt', 0):,} | {max(states, default=0):,} |",
                file=sys.__stdout__,  # what is printed during a training goes elsewhere
                flush=True,
            )

    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        recipe = data.recipe(
            "classify",
            Path(folder) / "recipe",
            epochs=args.epochs,
            checkpoint={"every": "2s", "keep": 2},
            **data.AUGMENTATION_OFF,
        )
        print(
            "| epoch | memory | time per epoch | last.pt, bytes | state, bytes |\n| ---: | ---: | ---: | ---: | ---: |"
        )
        train(load(str(recipe)), name="long", listener=Listener(lambda _run: None, told, lambda _text: None))
        os.chdir("/")


if __name__ == "__main__":
    main()
