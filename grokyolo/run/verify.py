"""Which files of a run are whole, and what can be done with it. Reads every byte, imports no torch."""

from __future__ import annotations

import zipfile
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

import yaml

from grokyolo.errors import GrokyoloError
from grokyolo.gap import read_run
from grokyolo.run.folder import SETTINGS, must_be_run, owner_of
from grokyolo.run.lock import named
from grokyolo.run.state import FOLDER, state_files


class Health(str, Enum):
    """What is known of a file."""

    SOUND = "sound"
    DAMAGED = "damaged"
    MISSING = "missing"


@dataclass(frozen=True)
class Finding:
    """One file.

    Attributes:
        file: path below the run folder.
        health: whole or not.
        detail: what it holds, or what is wrong with it.
    """

    file: str
    health: Health
    detail: str


@dataclass(frozen=True)
class Report:
    """All files of a run.

    Attributes:
        findings: one per file.
        resumes_at: the epoch that a resume would train first; None when it cannot.
        owner: pid and host of the process that trains it now, empty when none does.
    """

    findings: tuple[Finding, ...]
    resumes_at: int | None
    owner: str

    @property
    def sound(self) -> bool:
        """Whether nothing is damaged or missing."""
        return all(finding.health is Health.SOUND for finding in self.findings)


def verify(run: Path) -> Report:
    """Check every file that grokyolo and Ultralytics wrote.

    Raises:
        RunError: the folder is not there, or holds no grokyolo.yaml.
    """
    must_be_run(run)
    checked = [(state, state.is_sound()) for state in state_files(run)]
    states = [
        Finding(f"{FOLDER}/{state.path.name}", *_health(sound, f"after epoch {state.epoch}"))
        for state, sound in checked
    ]
    usable = [state.epoch for state, sound in checked if sound]
    findings = [_settings(run), _log(run), *(_weights(run, name) for name in ("last.pt", "best.pt")), *states]
    owner = owner_of(run)
    return Report(
        findings=tuple(findings),
        resumes_at=usable[0] + 1 if usable and findings[0].health is Health.SOUND else None,
        owner=named(owner) if owner else "",
    )


def _health(sound: bool, detail: str) -> tuple[Health, str]:
    return (Health.SOUND, detail) if sound else (Health.DAMAGED, "its checksum does not match")


def _settings(run: Path) -> Finding:
    try:
        content = yaml.safe_load((run / SETTINGS).read_text(encoding="utf-8"))
        return Finding(SETTINGS, Health.SOUND, f"recipe {content['recipe_hash'][:12]}")
    except (OSError, ValueError, KeyError, TypeError, yaml.YAMLError) as error:
        return Finding(SETTINGS, Health.DAMAGED, str(error).splitlines()[0])


def _log(run: Path) -> Finding:
    try:
        return Finding("gap.csv", Health.SOUND, f"{len(read_run(run / 'gap.csv').epoch)} epochs")
    except GrokyoloError as error:
        return Finding("gap.csv", Health.DAMAGED, error.what)


def _weights(run: Path, name: str) -> Finding:
    path = run / "weights" / name
    if not path.exists():
        return Finding(f"weights/{name}", Health.MISSING, "not written yet")
    try:
        with zipfile.ZipFile(path) as archive:
            broken = archive.testzip()
    except (OSError, zipfile.BadZipFile) as error:
        return Finding(f"weights/{name}", Health.DAMAGED, str(error))
    if broken:
        return Finding(f"weights/{name}", Health.DAMAGED, f"{broken} does not match its checksum")
    return Finding(f"weights/{name}", Health.SOUND, f"{path.stat().st_size / 1e6:.1f} MB")
