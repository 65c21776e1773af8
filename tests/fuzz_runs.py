"""Whole run folders, mutated at random, and what the command line makes of them.

    templates = make_templates(folder)
    for seed in range(500):
        for trouble in fuzz(templates, scratch, seed):
            print(seed, trouble)

Whatever a run folder holds, a verb that reads answers with an exit code of the contract, without a traceback, in
bounded time, with no control character in what it prints, and leaves every byte of the folder as it was.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import math
import os
import random
import shutil
import signal
import stat
import unicodedata
import zipfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from grokyolo.cli import main
from grokyolo.gap import EpochRecord, EventKind, GapWriter
from grokyolo.recipe import load
from grokyolo.run import folder as run_folder
from grokyolo.run import state as states
from tests.gap import logs

EPOCHS = 30
CODES = {0, 1, 2, 3}
"""What a verb that reads may leave with: 1 is damage that `verify` found."""
BUSY = 10
"""How many times as long as it computes a command may take: other processes compute too, and a pipe is for ever."""
GOING_ON = {1, 2}
"""What `resume` and `extend` may leave with where the run cannot go on."""


IN_SCRIPTS = "\n\t\x01\x1a"
"""Control characters that the plotting library inside a page has."""
PWNED = "pwned"
"""What code in a run would leave in the current folder."""


class Hang(BaseException):
    """A command took longer than it may."""


# Runs -----------------------------------------------------------------------------------------------------------------


def make_templates(folder: Path) -> dict[str, Path]:
    """Write one sound run of each kind and return them by name."""
    return {
        "grokyolo": _grokyolo(folder / "grokyolo"),
        "ultralytics": _ultralytics(folder / "ultralytics"),
        "yolov5": _yolov5(folder / "yolov5"),
        "sweep": _sweep(folder / "sweep"),
    }


def _grokyolo(run: Path, **train: object) -> Path:
    run.mkdir(parents=True)
    overrides = ["epochs=40", *(f"{key}={value}" for key, value in train.items())]
    run_folder.write_settings(run, load("grok-modular-addition", overrides))
    run_folder.add_facts(
        run, {"task": "classify", "score_name": "top1", "train_images": 576, "probe_images": 64, "val_images": 385}
    )
    with GapWriter(run / "gap.csv") as log:
        for epoch in range(1, EPOCHS + 1):
            fit = 1 - math.exp(-epoch / 4)
            late = 1 / (1 + math.exp(18 - epoch))
            losses = (3.4 * (1 - fit) + 0.01, 3.4 * (1 - fit), 3.4 * (1 - late))
            events = (EventKind.START,) if epoch == 1 else ()
            log.append(EpochRecord(epoch, epoch * 9, 0.3 * epoch, 0.002, 1.0, *losses, fit, late, 20.0, 3.0, events))
    (run / "results.csv").write_text("epoch,time,train/loss\n" + "".join(f"{i},1,0.5\n" for i in range(1, EPOCHS + 1)))
    (run / "args.yaml").write_text("task: classify\nmode: train\nmodel: m.yaml\nepochs: 40\nlr0: 0.002\n")
    (run / "errors.csv").write_text(
        "epoch,probe_low,probe_high,val_low,val_high,gap_low,gap_high\n30,0.9,1.0,0.8,0.99,0.0,0.1\n"
    )
    (run / "warnings.csv").write_text("epoch,warning\n3,the scale of the gradients fell\n")
    (run / "weights").mkdir()
    for name in ("last.pt", "best.pt"):
        with zipfile.ZipFile(run / "weights" / name, "w") as archive:
            archive.writestr("archive/data.pkl", b"\x80\x02}q\x00.")
    for epoch in (20, 30):
        states.save(run, epoch, b"PK state" + bytes(64) + str(epoch).encode(), keep=3)
    (run / "state" / "lock").write_bytes(b"")
    return run


def _ultralytics(run: Path) -> Path:
    run.mkdir(parents=True)
    (run / "results.csv").write_text(logs.log(logs.DETECT, range(1, EPOCHS + 1)))
    (run / "args.yaml").write_text(
        "task: detect\nmode: train\nmodel: yolo26n.pt\ndata: coco8.yaml\nepochs: 40\nbatch: 16\nlr0: 0.01\nlrf: 0.01\n"
        "weight_decay: 0.0005\nclose_mosaic: 10\nmosaic: 1.0\noptimizer: AdamW\n"
    )
    return run


def _yolov5(run: Path) -> Path:
    run.mkdir(parents=True)
    (run / "results.csv").write_text(logs.log(logs.V5, range(1, EPOCHS + 1)))
    (run / "opt.yaml").write_text("weights: yolov5s.pt\nepochs: 40\nbatch_size: 16\ndata: coco128.yaml\n")
    (run / "hyp.yaml").write_text("lr0: 0.01\nlrf: 0.01\nweight_decay: 0.0005\nmosaic: 1.0\nwarmup_epochs: 3.0\n")
    return run


def _sweep(folder: Path) -> Path:
    from grokyolo.sweep.folder import Point, Sweep, log_of, write_sweep

    points = tuple(Point(f"weight_decay={decay}", {"weight_decay": decay}) for decay in (0.0, 0.5, 1.0))
    for point in points[:2]:
        _grokyolo(folder / point.name, weight_decay=point.values["weight_decay"])
    for point in points:
        log = log_of(folder, point.name)
        log.parent.mkdir(parents=True, exist_ok=True)
        log.write_text("2026-01-01 00:00:00 grokyolo train\nerror: no space left\n")
    write_sweep(Sweep(folder, "grok-modular-addition", (), ("weight_decay",), points))
    return folder


def warm_up(templates: dict[str, Path], out: Path) -> None:
    """Run every command on sound runs, so that no module is imported while a clock runs.

    Raises:
        AssertionError: one of them failed.
    """
    out.mkdir(exist_ok=True)
    for kind, run in templates.items():
        for arguments in commands(kind, run, templates["grokyolo"], out):
            trouble = outcome(arguments, CODES, 120.0)
            assert not trouble, f"{arguments}: {trouble}"


# Mutations ------------------------------------------------------------------------------------------------------------

BOMB = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]\n" for i in range(1, 40)
)
NASTY = (
    "\x1b[2J\x1b]0;owned\x07",
    "\x9b31m",
    "\u202etxt.exe",
    "\x00",
    "\x7f",
    "=HYPERLINK(1)",
    "[red]x[/]",
    "[/nonsense]",
    "$x^{$",
    "<script>alert(1)</script>",
    "\ud83d".encode("utf-16", "surrogatepass").decode("utf-16", "replace"),
    "9" * 400,
    "nan",
    "-inf",
    "1e400",
    "../../../etc/passwd",
    "a" * 5000,
)
YAMLS = (
    BOMB,
    "a: &a [*a]\n",
    "recipe: &a {model: *a}\n",
    "[" * 5000,
    "recipe: " + "[" * 500 + "]" * 500,
    "",
    "- just\n- a list\n",
    "text",
    "\t: :",
    "recipe: {train: 3}\nprovenance: 7\nversions: [1]\nscore_name: {a: b}\nrecipe_hash: [1]\n",
    "recipe: null\nformat: 99\n",
    f"!!python/object/apply:os.system ['touch {PWNED}']\n",
    "epochs: !!bool maybe\nlr0: 2020-13-45\n",
    "epochs: " + "1" + ":1" * 100_000,
    "points: 5\naxes: [a]\nrecipe: x\n",
    "recipe: {model: m.yaml, data: x.yaml, train: {epochs: .inf, patience: .nan}}\n",
)


def _anything(rng: random.Random) -> bytes:
    return rng.choice((b"", rng.randbytes(200), b"\x00" * 5000, b"\n" * 500, b",,,\n" * 50, rng.choice(YAMLS).encode()))


def _truncate(rng: random.Random, path: Path, run: Path) -> None:
    content = path.read_bytes()
    path.write_bytes(content[: rng.randrange(len(content) + 1)])


def _replace(rng: random.Random, path: Path, run: Path) -> None:
    path.write_bytes(_anything(rng))


def _yaml(rng: random.Random, path: Path, run: Path) -> None:
    path.write_text(rng.choice(YAMLS))


def _flip(rng: random.Random, path: Path, run: Path) -> None:
    content = bytearray(path.read_bytes())
    for _ in range(rng.randint(1, 20)):
        if content:
            content[rng.randrange(len(content))] = rng.randrange(256)
    path.write_bytes(content)


def _put_in(rng: random.Random, path: Path, run: Path) -> None:
    """Put something nasty where a value stands."""
    text = path.read_bytes().decode("utf-8", errors="replace")
    nasty = rng.choice(NASTY)
    if path.suffix == ".yaml":
        quoted = '"' + "".join(f"\\U{ord(c):08x}" for c in nasty) + '"'
        lines = text.splitlines()
        places = [i for i, line in enumerate(lines) if ": " in line]
        for i in rng.sample(places, min(len(places), rng.choice((1, 3, 50)))):
            lines[i] = f"{lines[i].partition(': ')[0]}: {quoted}"
        text = "\n".join(lines) + "\n"
    else:
        cells = text.split(",")
        for _ in range(rng.choice((1, 5, 40))):
            cells[rng.randrange(len(cells))] = nasty
        text = ",".join(cells)
    path.write_bytes(text.encode("utf-8", errors="replace"))


def _shuffle_lines(rng: random.Random, path: Path, run: Path) -> None:
    lines = path.read_bytes().splitlines(keepends=True)
    rng.shuffle(lines)
    path.write_bytes(b"".join(lines * rng.choice((1, 2))))


def _swap(rng: random.Random, path: Path, run: Path) -> None:
    other = rng.choice(_small(run))
    if other != path:
        content = other.read_bytes()
        other.write_bytes(path.read_bytes())
        path.write_bytes(content)


def _remove(rng: random.Random, path: Path, run: Path) -> None:
    path.unlink()


def _folder(rng: random.Random, path: Path, run: Path) -> None:
    path.unlink()
    path.mkdir()
    (path / "inner").write_text("x")


def _fifo(rng: random.Random, path: Path, run: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def _link(rng: random.Random, path: Path, run: Path) -> None:
    outside = run.parent / "outside"
    targets = ("nowhere", "/dev/zero", "/dev/null", "/dev/stdin", "/dev/tty", str(outside), path.name, "/proc/self/mem")
    path.unlink()
    path.symlink_to(rng.choice(targets))


def _link_inside(rng: random.Random, path: Path, run: Path) -> None:
    other = rng.choice(_small(run))
    if other != path:
        path.unlink()
        path.symlink_to(os.path.relpath(other, path.parent))


def _sparse(rng: random.Random, path: Path, run: Path) -> None:
    with path.open("r+b") as file:
        file.truncate(rng.choice((1 << 21, 1 << 30, 1 << 40)))


def _link_folder(rng: random.Random, path: Path, run: Path) -> None:
    if path.parent != run:
        shutil.rmtree(path.parent)
        path.parent.symlink_to(rng.choice(("/dev", str(run.parent / "outside-folder"), ".")))


def _odd_name(rng: random.Random, path: Path, run: Path) -> None:
    names = (
        "\x1b[31mred.pt",
        "epoch-0000099-\x1b.pt",
        "=1+1",
        "new\nline",
        "epoch-00000000000000000001-" + "0" * 16 + ".pt",
    )
    with contextlib.suppress(OSError):
        (path.parent / rng.choice(names)).write_bytes(b"x")


def _bad_state(rng: random.Random, path: Path, run: Path) -> None:
    for state in _small(run):
        if state.match("epoch-*.pt"):
            _flip(rng, state, run)


def _locked(rng: random.Random, path: Path, run: Path) -> None:
    (path.parent / "owner.json").write_bytes(
        rng.choice((b"[" * 5000, b"{}", b'{"pid": "\x1b[1m", "host": []}', b"\xff"))
    )
    (path.parent / "lock").write_bytes(b"content")


MUTATIONS: tuple[Callable[[random.Random, Path, Path], None], ...] = (
    *(_truncate, _replace, _yaml, _yaml, _flip, _put_in, _put_in, _put_in, _shuffle_lines, _swap, _remove, _folder),
    *(_fifo, _link, _link, _link_inside, _sparse, _link_folder, _odd_name, _bad_state, _locked),
)


def _regular(run: Path) -> list[Path]:
    return sorted(path for path in run.rglob("*") if not path.is_symlink() and path.is_file())


def _small(run: Path) -> list[Path]:
    return [path for path in _regular(run) if path.stat().st_size <= 1 << 20]


def mutate(run: Path, rng: random.Random) -> list[str]:
    """Damage a run folder and return what was done to which file."""
    done = []
    for _ in range(rng.choice((1, 1, 1, 2, 3, 6))):
        files = _small(run)
        if not files:
            break
        telling = [path for path in files if path.suffix in {".yaml", ".csv"}]
        path, change = rng.choice(telling if telling and rng.random() < 0.6 else files), rng.choice(MUTATIONS)
        change(rng, path, run)
        done.append(f"{change.__name__.strip('_')} {path.relative_to(run)!s}")
    return done


# Commands -------------------------------------------------------------------------------------------------------------


def commands(kind: str, run: Path, other: Path, out: Path) -> list[list[str]]:
    """Return every command that reads, for a run of a kind."""
    if kind == "sweep":
        return [
            ["sweep", "show", str(run), "--no-cache", "--csv", str(out / "runs.csv")],
            ["sweep", "show", str(run), "--no-cache", "--json"],
            ["sweep", "show", str(run), "--no-cache", "--plot", str(out / "phase.html")],
            ["gap", str(run)],
            ["gap", *map(str, sorted(run.iterdir()))],
        ]
    return [
        ["gap", str(run), "--last", "5"],
        ["gap", str(run), "--json"],
        ["report", str(run), "-o", str(out / "report.html")],
        ["compare", str(run), str(other)],
        ["compare", str(other), str(run), "--json"],
        ["verify", str(run)],
        ["plan", "--recipe", str(run)],
        ["plan", "--recipe", str(run / "args.yaml"), "--json"],
        ["recipes", "show", str(run)],
        ["recipes", "check", str(run / "grokyolo.yaml"), str(run / "args.yaml")],
        ["gap", str(run), "--plot", str(out / "gap.svg")],
    ]


def outcome(arguments: Sequence[str], codes: set[int], seconds: float, out_folder: Path | None = None) -> str:
    """Run a command in this process and return what is wrong with how it ended; empty when nothing is."""

    def ring(*_: object) -> None:
        raise Hang

    out, err = io.StringIO(), io.StringIO()
    before = [(alarm, signal.signal(alarm, ring)) for alarm in (signal.SIGALRM, signal.SIGPROF)]
    signal.setitimer(signal.ITIMER_PROF, seconds)
    signal.setitimer(signal.ITIMER_REAL, BUSY * seconds)
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = main(list(arguments))
    except Hang:
        return f"no answer after {seconds:g} s"
    except BaseException as error:
        import traceback

        return "".join(traceback.format_exception(error))
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.setitimer(signal.ITIMER_REAL, 0)
        for alarm, handler in before:
            signal.signal(alarm, handler)
    said = out.getvalue() + err.getvalue()
    if code not in codes:
        return f"exit code {code}:\n{said}"
    if "raceback" in said or "internal error" in said:
        return said
    if odd := sorted({c for c in said if c != "\n" and unicodedata.category(c) in {"Cc", "Cf"}}):
        return f"it printed {odd!r}:\n{said!r}"
    for file in sorted(out_folder.iterdir()) if out_folder else ():
        if odd := sorted({c for c in file.read_text() if c not in IN_SCRIPTS and unicodedata.category(c) == "Cc"}):
            return f"{file.name} holds {odd!r}"
    told = "error:" in said or arguments[0] in {"verify", "plan"}  # in their own words
    return "" if code == 0 or told else f"exit code {code} without a word"


def contents(folder: Path) -> dict[str, object]:
    """Return what is in a folder, links as links."""
    found: dict[str, object] = {}
    for path in sorted(folder.rglob("*")):
        status = path.lstat()
        small = stat.S_ISREG(status.st_mode) and status.st_size <= 1 << 20
        what = hashlib.sha256(path.read_bytes()).hexdigest() if small else status.st_size
        link = str(path.readlink()) if stat.S_ISLNK(status.st_mode) else ""
        found[str(path.relative_to(folder))] = (stat.S_IFMT(status.st_mode), what, link)
    return found


def fuzz(
    templates: dict[str, Path],
    scratch: Path,
    seed: int,
    *,
    seconds: float,
    most: int | None = None,
    going_on: bool = False,
) -> Iterator[str]:
    """Mutate one run and yield what is wrong with how the commands took it.

    Args:
        templates: from `make_templates`.
        scratch: a folder of its own, which is emptied.
        seed: chooses everything.
        seconds: that a command may compute.
        most: commands at most; None for all of them.
        going_on: run `resume` and `extend`, which find no state to go on from, in place of what reads.
    """
    rng = random.Random(seed)
    shutil.rmtree(scratch, ignore_errors=True)
    (scratch / "outside-folder").mkdir(parents=True)
    (scratch / "out").mkdir()
    (scratch / "outside").write_text("epoch,val_loss\n1,2\n")
    kind = "grokyolo" if going_on else rng.choice(sorted(templates))
    run = scratch / rng.choice(("run", "run", "\x1b[31mrun", "a b", "=run", "[red]run"))
    shutil.copytree(templates[kind], run)
    if going_on and rng.random() < 0.7:
        (run / "weights" / "best.pt").unlink()  # else that is where most of them end
    done = mutate(run, rng)
    todo = commands(kind, run, templates["grokyolo"], scratch / "out")
    if going_on:
        todo = [["resume", str(run)], ["extend", str(run), "--epochs", "80"]]
    if most is not None:
        todo = rng.sample(todo, min(most, len(todo)))
    before = contents(scratch)
    for arguments in todo:
        trouble = outcome(arguments, GOING_ON if going_on else CODES, seconds, scratch / "out")
        after = contents(scratch)
        changed = {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)}
        written = {name for name in changed if not name.startswith("out/")}
        if Path(PWNED).exists():
            trouble = f"it ran code of the run\n{trouble}"
        if trouble or written:
            touched = f"it changed {sorted(written)}\n" if written else ""
            yield f"seed {seed}: {kind}, {'; '.join(done)}\n{' '.join(map(repr, arguments))}\n{touched}{trouble}"
        if written:
            return
