"""The grid of a sweep: `KEY=V1,V2,...`, ranges and random draws, in; the values of every point, out.

weight_decay=0,0.3,1            these values
lr0=log(1e-4,1e-1,7)            7 values with equal ratios between neighbours
fraction=linear(0.2,0.8,4)      4 values with equal distances
lr0=loguniform(1e-4,1e-1)       drawn at random, --samples times
lrf=uniform(0.1,1)
epochs=300                      one value: the same for all points
"""

from __future__ import annotations

import hashlib
import itertools
import math
import random
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from grokyolo.errors import GrokyoloError, RecipeError, UsageError, did_you_mean
from grokyolo.findings import Place
from grokyolo.recipe.train_arguments import PATHS
from grokyolo.recipe.yaml_reader import Scalar, parse, plain

CALL = re.compile(r"([A-Za-z]+)\((.*)\)", re.DOTALL)
RANGES = ("linear", "log")
DRAWS = ("uniform", "loguniform")
DIGITS = {"linear": 6, "log": 6, "uniform": 4, "loguniform": 4}
"""Significant digits of made-up values: enough to be apart, few enough to be read in a folder's name."""
MOST_VALUES = 10_000
MOST_POINTS = 100_000
OPEN, CLOSE = "([{", ")]}"
HOW = "write KEY=V1,V2,... as in weight_decay=0,0.3,1"


@dataclass(frozen=True)
class Choice:
    """A key with its values, in the order of the command line."""

    key: str
    values: tuple[object, ...]


@dataclass(frozen=True)
class Draw:
    """A key whose values are drawn at random.

    Attributes:
        key: as on the command line.
        low, high: ends of the interval.
        log: whether the logarithm is uniform, not the value.
    """

    key: str
    low: float
    high: float
    log: bool

    def value(self, seed: int, number: int) -> float:
        """Return the value of one draw; it depends on seed, number and key alone, so more draws change none."""
        share = random.Random(f"{seed} {number} {self.key}").random()
        if self.log:
            return _rounded(self.low * (self.high / self.low) ** share, DIGITS["loguniform"])
        return _rounded(self.low + (self.high - self.low) * share, DIGITS["uniform"])


@dataclass(frozen=True)
class Grid:
    """What the command line asks for.

    Attributes:
        overrides: `KEY=VALUE` that are the same for all points.
        axes: keys that differ between points, in the order in which they were given.
    """

    overrides: tuple[str, ...]
    axes: tuple[Choice | Draw, ...]

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys of the axes."""
        return tuple(axis.key for axis in self.axes)

    def points(self, samples: int = 0, seed: int = 0) -> list[Mapping[str, object]]:
        """Return the values of every point, the last axis changing fastest.

        Args:
            samples: how often random keys are drawn, together; each draw is crossed with the other axes.
            seed: of the draws.
        """
        fixed = [axis for axis in self.axes if isinstance(axis, Choice)]
        draws = [axis for axis in self.axes if isinstance(axis, Draw)]
        found: list[Mapping[str, object]] = []
        for number in range(samples if draws else 1):
            drawn = {draw.key: draw.value(seed, number) for draw in draws}
            for values in itertools.product(*(axis.values for axis in fixed)):
                point = drawn | {axis.key: value for axis, value in zip(fixed, values, strict=True)}
                found.append({key: point[key] for key in self.keys})
        return found

    def size(self, samples: int = 0) -> int:
        """Return how many points there are."""
        fixed = math.prod(len(axis.values) for axis in self.axes if isinstance(axis, Choice))
        return fixed * (samples if any(isinstance(axis, Draw) for axis in self.axes) else 1)


def parse_grid(arguments: Sequence[str], known: Collection[str] = ()) -> Grid:
    """Read the `KEY=...` of a command line.

    Args:
        arguments: as typed.
        known: keys that are axes even with a single value: those of the sweep that is to grow.

    Raises:
        RecipeError: with every problem found.
    """
    problems: list[GrokyoloError] = []
    overrides: list[str] = []
    axes: dict[str, Choice | Draw] = {}
    for argument in arguments:
        try:
            key, found = _argument(argument, known)
            if key in axes or any(_key(other) == key for other in overrides):
                hint = f"write all its values behind one {key}="
                raise UsageError(f"{key} is given twice", where=f"{argument} on the command line", hint=hint)
        except UsageError as problem:
            problems.append(problem)
            continue
        if found is None:
            overrides.append(argument)
        else:
            axes[key] = found
    if problems:
        raise RecipeError(problems)
    return Grid(tuple(overrides), tuple(axes.values()))


def assignment(key: str, value: object) -> str:
    """Return `KEY=VALUE` as a recipe takes it, whatever the value: `lr0=1.0e-05`, `data.operation='*'`."""
    import yaml

    if key in PATHS:
        return f"{key}={value}"
    text = yaml.safe_dump(value, default_flow_style=True, width=10_000, allow_unicode=True)
    return f"{key}={text.removesuffix(chr(10)).removesuffix(chr(10) + '...')}"


def value_of(key: str, text: str) -> Any:
    """Return what a recipe reads in a value of the command line; text that YAML has other plans for stays text."""
    if not text:
        return None
    if key in PATHS:
        return text
    node = parse(text, Place(argument=text), [])
    return plain(node) if isinstance(node, Scalar) or (node is not None and text[0] in "[{") else text


def _key(argument: str) -> str:
    return argument.partition("=")[0].removeprefix("train.")  # train.lr0 is lr0


def _argument(argument: str, known: Collection[str]) -> tuple[str, Choice | Draw | None]:
    """Return the key, and its axis unless all points have the same value."""
    where = f"{argument} on the command line"
    key, equals, text = argument.partition("=")
    if not equals or not key.strip():
        raise UsageError(f"{argument!r} is not KEY=VALUE", where=where, hint=HOW)
    key, parts = _key(argument), [part.strip() for part in _split(text)]
    if key in PATHS:
        return (key, None) if len(parts) == 1 and key not in known else (key, Choice(key, tuple(dict.fromkeys(parts))))
    if len(parts) == 1 and (draw := _draw(key, parts[0], where)):
        return key, draw
    if len(parts) == 1 and key not in known and not CALL.fullmatch(parts[0]):
        return key, None
    if not all(parts):
        hint = "write null for an empty value, or remove the comma"
        raise UsageError(f"{key} has an empty value in its list", where=where, hint=hint)
    values = [value for part in parts for value in _values(key, part, where)]
    first: dict[str, object] = {}
    for value in values:
        first.setdefault(identity(value), value)
    return key, Choice(key, tuple(first.values()))


def _values(key: str, part: str, where: str) -> tuple[object, ...]:
    """Return the values of one part of a list: several for a range."""
    call = CALL.fullmatch(part)
    if call is None:
        return (value_of(key, part),)
    name, text = call[1], call[2]
    if name in RANGES:
        return _range(name, text, where)
    hint = did_you_mean(name, (*RANGES, *DRAWS)) or f"there are {', '.join((*RANGES, *DRAWS))}"
    if name in DRAWS:
        raise UsageError(f"{name}(...) cannot be one of several values", where=where, hint="give it alone")
    raise UsageError(f"there is no range {name}(...)", where=where, hint=hint)


def identity(value: object) -> str:
    """Return a text that is the same for values that train the same: 1 is 1.0, but not true."""
    return repr(int(value)) if isinstance(value, float) and value.is_integer() else repr(value)


def _split(text: str) -> Iterator[str]:
    """Split at commas that are neither in quotes nor in brackets."""
    depth, quote, start = 0, "", 0
    for i, sign in enumerate(text):
        if quote:
            quote = "" if sign == quote else quote
        elif sign in "'\"":
            quote = sign
        elif sign in OPEN:
            depth += 1
        elif sign in CLOSE:
            depth -= 1
        elif sign == "," and depth <= 0:
            yield text[start:i]
            start = i + 1
    yield text[start:]


def _numbers(text: str, count: int, usage: str, where: str) -> list[float]:
    try:
        numbers = [float(part) for part in text.split(",")]
    except ValueError:
        numbers = []
    if len(numbers) != count or not all(map(math.isfinite, numbers)):
        what = f"{usage.partition('(')[0]}(...) takes {'three' if count == 3 else 'two'} numbers"
        raise UsageError(what, where=where, hint=f"write {usage}")
    return numbers


def _range(name: str, text: str, where: str) -> tuple[object, ...]:
    usage = "log(1e-4,1e-1,7)" if name == "log" else "linear(0.2,0.8,4)"
    low, high, count = _numbers(text, 3, usage, where)
    if not count.is_integer() or not 2 <= count <= MOST_VALUES:
        raise UsageError(f"{name} makes 2 to {MOST_VALUES:,} values", where=where, hint=f"write {usage}")
    _check_ends(name, low, high, where)
    steps = [i / (count - 1) for i in range(int(count))]
    made = [low * (high / low) ** step if name == "log" else low + (high - low) * step for step in steps]
    values = [low, *(_rounded(value, DIGITS[name]) for value in made[1:-1]), high]
    whole = all(value.is_integer() for value in values) and "." not in text and "e" not in text.lower()
    return tuple(dict.fromkeys(int(value) for value in values) if whole else dict.fromkeys(values))


def _draw(key: str, part: str, where: str) -> Draw | None:
    call = CALL.fullmatch(part)
    if call is None or call[1] not in DRAWS:
        return None
    low, high = _numbers(call[2], 2, f"{call[1]}(0.001,0.1)", where)
    _check_ends(call[1], low, high, where)
    return Draw(key, low, high, log=call[1] == "loguniform")


def _check_ends(name: str, low: float, high: float, where: str) -> None:
    if name.startswith("log") and min(low, high) <= 0:
        hint = "write 0 beside it: 0,log(0.01,1,5)" if name == "log" else "write loguniform(1e-4,1e-1)"
        raise UsageError(f"{name} needs ends above 0", where=where, hint=hint)
    if low == high:
        raise UsageError(f"{name} has two equal ends", where=where, hint="write the value alone")
    if name in DRAWS and low > high:
        raise UsageError(f"{name} begins above its end", where=where, hint="write the smaller number first")


def _rounded(value: float, digits: int) -> float:
    return float(f"{value:.{digits}g}")


LONGEST = 120
"""Characters; run folders hold files with long names of their own, and Windows has 260 for a whole path."""
UNSAFE = re.compile(r"[^\w.+=,-]+", re.ASCII)
FILES = (".yaml", ".yml", ".pt")


def name_of(values: Mapping[str, object], *, short: bool = True) -> str:
    """Return a name such as `weight_decay=0.3,fraction=0.6,seed=1`.

    Args:
        values: of one point.
        short: name files by their stem; else by their whole path, where two have the same.
    """
    name = ",".join(f"{key}={label(value, short=short)}" for key, value in values.items())
    if len(name) <= LONGEST:
        return name
    digest = hashlib.sha256(name.encode()).hexdigest()[:8]
    return f"{name[: LONGEST - 9].rstrip('.')}-{digest}"


def label(value: object, *, short: bool = True) -> str:
    """Return one value as names and tables show it."""
    if isinstance(value, bool) or value is None:
        text = "null" if value is None else str(value).lower()
    elif isinstance(value, float):
        text = str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    elif isinstance(value, (list, tuple)):
        text = "_".join(label(item, short=short) for item in value)
    elif isinstance(value, Mapping):
        text = "_".join(f"{key}-{label(item, short=short)}" for key, item in value.items())
    else:
        text = _word(str(value), short=short)
    return UNSAFE.sub("-", text).strip(" ") or "-"


def _word(text: str, *, short: bool) -> str:
    path = PurePosixPath(text.replace("\\", "/"))
    if short and path.suffix.lower() in FILES and path.stem:
        return path.stem
    return SIGNS.get(text, text)


SIGNS = {"+": "plus", "-": "minus", "*": "times"}
"""Operations of the built-in data set, which no folder could be named by."""
