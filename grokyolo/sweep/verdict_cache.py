"""Verdicts kept beside the runs, so that a sweep of thousands is judged once and only what is new again.

SWEEP/verdicts.jsonl: a line that names the rules, then one line a run: name, signature of its files, outcome.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

from grokyolo.gap.native import META_NAME
from grokyolo.gap.run import LOGS
from grokyolo.sweep.outcome import Outcome, from_json

NAME = "verdicts.jsonl"
SETTINGS = (META_NAME, "args.yaml", "opt.yaml")
RULES = ("grokyolo.gap", "grokyolo.verdict", "grokyolo.compare")
"""Packages whose code decides on a verdict: where a letter of it changes, all kept verdicts are void."""

Signature = tuple[int, ...]
"""Size and time of change, in nanoseconds, of the log and of the settings beside it."""


@dataclass(frozen=True)
class Kept:
    """A run as it was read once.

    Attributes:
        signature: of its files at that time.
        outcome: what became of it.
        settings: by dotted key, where they were asked for; else None.
    """

    signature: Signature
    outcome: Outcome
    settings: Mapping[str, Any] | None


def signature_of(folder: str) -> Signature | None:
    """Return size and time of change of the files that a verdict rests on; None without a log."""
    log = _first(folder, LOGS)
    return None if log is None else log + (_first(folder, SETTINGS) or ())


def _first(folder: str, names: tuple[str, ...]) -> Signature | None:
    for number, name in enumerate(names):
        try:
            found = os.stat(f"{folder}/{name}")  # noqa: PTH116 - of 20,000 files pathlib would take twice the time
        except OSError:
            continue
        return number, found.st_size, found.st_mtime_ns
    return None


def load(folder: Path) -> dict[str, Kept]:
    """Return what is kept of the runs of a sweep, by name; nothing where it was made by other rules, or is broken."""
    try:
        head, *lines = (folder / NAME).read_text(encoding="utf-8").splitlines()
        if json.loads(head) != _head():
            return {}
        rows = json.loads(f"[{','.join(lines)}]")
        return {name: Kept(tuple(signature), from_json(found), known) for name, signature, found, known in rows}
    except (OSError, ValueError, TypeError, KeyError):
        return {}


def save(folder: Path, kept: Mapping[str, Kept]) -> bool:
    """Write what is kept, in one step, and tell whether that could be done: a sweep may be read-only."""
    lines = [json.dumps(_head())]
    for name, one in kept.items():
        settings = None if one.settings is None else {key: _plain(value) for key, value in one.settings.items()}
        lines.append(json.dumps([name, one.signature, one.outcome.to_json(), settings]))
    temporary = folder / f".{NAME}.{os.getpid()}"
    try:
        temporary.write_text("\n".join(lines) + "\n", encoding="utf-8")
        temporary.replace(folder / NAME)
    except (OSError, ValueError):
        temporary.unlink(missing_ok=True)
        return False
    return True


def _head() -> dict[str, str]:
    return {"format": "1", "rules": _rules()}


def _rules() -> str:
    """Return a checksum of the code that reads and judges runs."""
    digest = hashlib.sha256()
    for package in RULES:
        for file in sorted(files(package).iterdir(), key=lambda one: one.name):
            if file.name.endswith(".py"):
                digest.update(file.read_bytes())
    digest.update(files("grokyolo.sweep").joinpath("outcome.py").read_bytes())
    return digest.hexdigest()[:16]


def _plain(value: Any) -> Any:
    return value if value is None or isinstance(value, (bool, int, float, str)) else str(value)
