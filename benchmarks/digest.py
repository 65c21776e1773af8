"""How long it takes to know the data of a run again.

    python benchmarks/digest.py [--images 10000] [--kilobytes 100]

Writes that many random files into a temporary folder, and takes their digest as a start of a training does: of a set
that is read whole, and of one that is sampled.
"""

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=int, default=10_000)
    parser.add_argument("--kilobytes", type=int, default=100)
    args = parser.parse_args()
    from grokyolo.run.digest import WHOLE, ImageSet, split_digest

    with tempfile.TemporaryDirectory() as folder:
        for size in (WHOLE // args.images - 1, 1000 * args.kilobytes):
            place = Path(folder) / str(size)
            place.mkdir()
            files = [str(place / f"{number}.jpg") for number in range(args.images)]
            for file in files:
                Path(file).write_bytes(os.urandom(size))
            images = ImageSet(files, [os.urandom(200)] * args.images)
            split_digest(images)
            wall, cpu = time.perf_counter(), time.process_time()
            found = split_digest(images)
            wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
            how = "sampled" if found.times else "read whole"
            print(f"{args.images} images of {size / 1000:.0f} kB, {how}: {wall:.2f} s, {cpu:.2f} s of one core")


if __name__ == "__main__":
    main()
