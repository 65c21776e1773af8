"""The sweep folder: sweep.yaml with its points, and one run folder for each point beside it.

runs/NAME/sweep.yaml
runs/NAME/weight_decay=0.3,seed=1/gap.csv
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from shlex import quote
from typing import Any

from grokyolo.errors import RunError, UsageError
from grokyolo.files import SWEEP_BYTES, parse_yaml, read_bounded, write_durably
from grokyolo.run.folder import FORBIDDEN

SETTINGS = "sweep.yaml"
LOGS = "logs"
"""Folder inside the sweep folder: what each training printed."""
FORMAT = 1


@dataclass(frozen=True)
class Point:
    """One training of a sweep.

    Attributes:
        name: of its run folder inside the sweep folder.
        values: key as on the command line to value, in the order of the axes.
    """

    name: str
    values: Mapping[str, object]


@dataclass(frozen=True)
class Sweep:
    """What a sweep folder holds.

    Attributes:
        folder: the sweep folder.
        recipe: name or path as given.
        overrides: `KEY=VALUE` that are the same for all points.
        axes: keys that differ between points, in the order in which they were given.
        points: in the order in which they are trained.
        created: UTC, ISO 8601; empty for a sweep that was never written.
        cpus: that each point has; fixed, since torch adds numbers in another order with another number of threads.
    """

    folder: Path
    recipe: str
    overrides: tuple[str, ...]
    axes: tuple[str, ...]
    points: tuple[Point, ...]
    created: str = ""
    cpus: int = 1

    def run(self, point: Point) -> Path:
        """Return the run folder of a point; it need not exist yet."""
        return self.folder / point.name


def log_of(folder: Path, point: str) -> Path:
    """Return the file with what the trainings of a point printed; it need not exist yet."""
    return folder / LOGS / f"{point}.log"


def is_sweep(folder: Path) -> bool:
    """Tell whether a folder is that of a sweep."""
    return (folder / SETTINGS).is_file()


def read_sweep(folder: Path) -> Sweep:
    """Read a sweep folder.

    Raises:
        RunError: there is none, or its sweep.yaml is not what grokyolo writes.
    """
    import yaml

    file = folder / SETTINGS
    try:
        content = parse_yaml(read_bounded(file, SWEEP_BYTES, within=folder).decode("utf-8"))
    except FileNotFoundError:
        raise _no_sweep(folder) from None
    except OSError as error:
        what = f"cannot read the sweep: {error.strerror or error}"
        raise RunError(what, where=str(file), hint=f"ls -l {quote(str(folder))}") from error
    except yaml.YAMLError as error:
        reason = str(error) if len(error.args) == 1 else ""  # ours; those of the parser are long
        raise _broken(file, reason or "it is not valid YAML") from error
    except (ValueError, LookupError, AttributeError, TypeError, ArithmeticError) as error:
        raise _broken(file, "it is not valid YAML") from error
    return _parsed(content, file)


def write_sweep(sweep: Sweep) -> None:
    """Write sweep.yaml in one step: after a crash it is the old one or the new one.

    Raises:
        UsageError: it has more points than are read again.
        OSError: it cannot be written; the old one is as it was.
    """
    import yaml

    content = {
        "format": FORMAT,
        "recipe": sweep.recipe,
        "overrides": list(sweep.overrides),
        "axes": list(sweep.axes),
        "points": [{"name": point.name, "values": dict(point.values)} for point in sweep.points],
        "cpus": sweep.cpus,
        "created": sweep.created or datetime.now(timezone.utc).isoformat(timespec="seconds"),
    }
    dumper = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
    text = yaml.dump(content, Dumper=dumper, sort_keys=False, allow_unicode=True, width=10_000)
    encoded = text.encode("utf-8")
    if len(encoded) > SWEEP_BYTES:
        what = f"{len(sweep.points):,} points take more than the {SWEEP_BYTES >> 20} MB that are read of a sweep.yaml"
        raise UsageError(
            what, where=str(sweep.folder), hint="make several sweeps of them: fewer values, another --name"
        )
    write_durably(sweep.folder / SETTINGS, encoded)


def is_safe(name: str) -> bool:
    """Tell whether every file system takes `name` as that of one folder."""
    return bool(name) and name not in {".", ".."} and not FORBIDDEN & set(name) and name.isprintable()


def _no_sweep(folder: Path) -> RunError:
    if not folder.is_dir():
        return RunError("there is no such folder", where=str(folder), hint="name a folder that is there")
    near = sorted(file.parent for file in folder.glob(f"*/{SETTINGS}"))
    hint = (
        f"grokyolo sweep show {quote(str(near[0]))}"
        if near
        else f"give a folder that holds {SETTINGS}, for example runs/sweep1"
    )
    return RunError("this is no sweep", where=str(folder), hint=hint)


def _broken(file: Path, why: str) -> RunError:
    hint = "move it away and type the command of the sweep again: the runs stay"
    return RunError(f"this sweep cannot be read: {why}", where=str(file), hint=hint)


def _parsed(content: Any, file: Path) -> Sweep:
    if not isinstance(content, Mapping):
        raise _broken(file, "it holds no settings")
    if isinstance(made := content.get("format"), int) and made > FORMAT:
        raise RunError(
            f"this sweep has format {made}, made by a newer grokyolo", where=str(file), hint="pip install -U grokyolo"
        )
    recipe, axes = content.get("recipe"), _texts(content.get("axes"))
    if not isinstance(recipe, str) or not axes:
        raise _broken(file, "it names no recipe" if not isinstance(recipe, str) else "it has no axes")
    listed = content.get("points")
    points = tuple(_point(entry, axes, file) for entry in (listed if isinstance(listed, list) else ()))
    if not points or len({point.name for point in points}) < len(points):
        raise _broken(file, "two points have the same name" if points else "it has no points")
    cpus = content.get("cpus")
    return Sweep(
        file.parent,
        recipe,
        _texts(content.get("overrides")),
        axes,
        points,
        created=str(content.get("created") or ""),
        cpus=cpus if isinstance(cpus, int) and cpus > 0 else 1,
    )


def _texts(value: Any) -> tuple[str, ...]:
    return tuple(map(str, value)) if isinstance(value, list) else ()


def _point(entry: Any, axes: tuple[str, ...], file: Path) -> Point:
    name = entry.get("name") if isinstance(entry, Mapping) else None
    values = entry.get("values") if isinstance(entry, Mapping) else None
    if not isinstance(name, str) or not is_safe(name) or not isinstance(values, Mapping):
        raise _broken(file, f"{str(entry)[:60]} is no point")
    if missing := [axis for axis in axes if axis not in values]:
        raise _broken(file, f"the point {name} has no {missing[0]}")
    return Point(name, {axis: values[axis] for axis in axes})
