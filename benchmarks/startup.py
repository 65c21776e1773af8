"""How long `grokyolo --help` takes beside a bare Typer program of one command, started in turns.

    python benchmarks/startup.py [--rounds 40]

Each round starts every program once, so that what else the machine does falls on all alike. Printed are medians of
the time on the clock and of the computing (user and system), and the medians of each round's ratio to the bare one.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

BARE = '''
import typer

app = typer.Typer({options})


@app.command()
def main(name: str = "world") -> None:
    """Say hello."""
    print(name)


app()
'''
LIMIT = 1.6
"""What issue and design allow, against the bare program whose help is plain too."""


def timed(command: list[str]) -> tuple[float, float]:
    """Return the seconds on the clock and of computing that a command takes."""
    begun = time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as child:
        _, status, used = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
    assert child.returncode == 0, command
    return time.perf_counter() - begun, used.ru_utime + used.ru_stime


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=40)
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory() as folder:
        programs = {}
        for name, options in (("bare Typer, plain help", "rich_markup_mode=None"), ("bare Typer, Rich help", "")):
            file = Path(folder) / f"{len(programs)}.py"
            file.write_text(BARE.format(options=options))
            programs[name] = [sys.executable, str(file), "--help"]
        programs["grokyolo --help"] = [sys.executable, "-m", "grokyolo", "--help"]
        programs["grokyolo --version"] = [sys.executable, "-m", "grokyolo", "--version"]
        for command in programs.values():
            timed(command)  # bytecode is written and files are in memory
        times = {name: [] for name in programs}
        for _ in range(rounds):
            for name, command in programs.items():
                times[name].append(timed(command))
    plain = times["bare Typer, plain help"]
    print(
        f"{rounds} rounds\n{'program':24}  {'clock':>6}  {'computing':>9}  {'ratio of clock':>14}  {'of computing':>12}"
    )
    for name, own in times.items():
        clock, computing = (statistics.median(one[part] for one in own) for part in (0, 1))
        ratios = [statistics.median(a[part] / b[part] for a, b in zip(own, plain, strict=True)) for part in (0, 1)]
        print(f"{name:24}  {clock:5.3f}s  {computing:8.3f}s  {ratios[0]:14.2f}  {ratios[1]:12.2f}")
    ratio = statistics.median(a[1] / b[1] for a, b in zip(times["grokyolo --help"], plain, strict=True))
    print(f"grokyolo --help takes {ratio:.2f} times a bare Typer program; at most {LIMIT} is allowed")
    return 0 if ratio <= LIMIT else 1


if __name__ == "__main__":
    sys.exit(main())
