"""Which files of a run are whole, and what can be done with it. Reads every byte, imports no torch."""

from __future__ import annotations

import os
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import Enum
from pathlib import Path
from typing import BinaryIO

from grokyolo.errors import GrokyoloError, first_line
from grokyolo.files import RUN_FILE, STATE_BYTES, exists, opened
from grokyolo.gap.run import LOG_NAME, read_gap_csv
from grokyolo.run.folder import must_be_run, owner_of, read_settings, run_file
from grokyolo.run.lock import named
from grokyolo.run.logs import read, supported_rows
from grokyolo.run.state import FOLDER, StateFile, state_files
from grokyolo.run.status import state_to_resume


class Health(str, Enum):
    """What is known of a file."""

    SOUND = "sound"
    DAMAGED = "damaged"
    MISSING = "missing"
    WRITING = "writing"


@dataclass(frozen=True)
class FileCheck:
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

    findings: tuple[FileCheck, ...]
    resumes_at: int | None
    owner: str

    @property
    def sound(self) -> bool:
        """Whether nothing is known to be damaged or missing."""
        return all(finding.health in {Health.SOUND, Health.WRITING} for finding in self.findings)


def verify(run: Path) -> Report:
    """Check every file that grokyolo and Ultralytics wrote.

    Raises:
        RunError: the folder is not there, or holds no grokyolo.yaml.
    """
    must_be_run(run)
    owner = owner_of(run)
    findings = _findings(run)
    if owner is not None:  # files come and go while they are read: only what stays damaged may be
        later = {finding.file: finding for finding in _findings(run)}
        again = [_while_written(later.get(one.file)) if one.health is Health.DAMAGED else one for one in findings]
        findings = [finding for finding in again if finding is not None]
    return Report(
        findings=tuple(findings),
        resumes_at=_resumes_at(run) if findings[0].health is Health.SOUND else None,
        owner="" if owner is None else named(owner),
    )


def _findings(run: Path) -> list[FileCheck]:
    sound = {state: state.is_sound() for state in state_files(run)}
    states = [
        FileCheck(f"{FOLDER}/{state.path.name}", *_health(whole, f"after epoch {state.epoch}"))
        for state, whole in sound.items()
    ]
    log = _log(run, [state for state, whole in sound.items() if whole])
    return [_settings(run), log, *(_weights(run, name) for name in ("last.pt", "best.pt")), *states]


def _while_written(later: FileCheck | None) -> FileCheck | None:
    """Return what to say of a file of a run in training that looked damaged a moment ago; None where it is gone."""
    if later is None or later.health is not Health.DAMAGED:
        return later
    return replace(later, health=Health.WRITING, detail=f"{later.detail}: being written, or damaged; look again later")


def _resumes_at(run: Path) -> int | None:
    try:
        state = state_to_resume(run)
    except GrokyoloError:
        return None
    return state.epoch + 1 if state else 1


def _health(sound: bool, detail: str) -> tuple[Health, str]:
    return (Health.SOUND, detail) if sound else (Health.DAMAGED, "its checksum does not match")


def _settings(run: Path) -> FileCheck:
    try:
        read_settings(run)
        return FileCheck(RUN_FILE, Health.SOUND, f"recipe {run_file(run).recipe_hash[:12] or None}")
    except GrokyoloError as error:
        return FileCheck(RUN_FILE, Health.DAMAGED, error.what)


def _log(run: Path, states: Sequence[StateFile]) -> FileCheck:
    try:
        epochs, rows = len(read_gap_csv(run / LOG_NAME, str(run)).epoch), supported_rows(read(run))
        if len(rows) < epochs:
            return FileCheck("gap.csv", Health.DAMAGED, f"the row of epoch {len(rows) + 1} cannot be read")
        for state in states:
            if state.epoch <= len(rows) and not state.knows(row.line for row in rows[: state.epoch]):
                detail = f"its rows up to epoch {state.epoch} are not those that {state.path.name} was saved with"
                return FileCheck("gap.csv", Health.DAMAGED, detail)
        return FileCheck("gap.csv", Health.SOUND, f"{epochs} epochs")
    except GrokyoloError as error:
        return FileCheck("gap.csv", Health.DAMAGED, error.what)


def _weights(run: Path, name: str) -> FileCheck:
    path = run / "weights" / name
    if not os.path.lexists(path):
        written = exists(run / "weights" / "last.pt")  # which comes after it
        return FileCheck(f"weights/{name}", Health.MISSING, "removed since" if written else "not written yet")
    try:
        with opened(path, STATE_BYTES, within=run) as file:
            size = os.fstat(file.fileno()).st_size
            trouble = _trouble(file, size)
    except OSError as error:
        return FileCheck(f"weights/{name}", Health.DAMAGED, error.strerror or str(error))
    except Exception as error:  # zipfile raises whatever a damaged file makes it stumble over
        return FileCheck(f"weights/{name}", Health.DAMAGED, first_line(error))
    if trouble:
        return FileCheck(f"weights/{name}", Health.DAMAGED, trouble)
    return FileCheck(f"weights/{name}", Health.SOUND, f"{size / 1e6:.1f} MB")


def _trouble(file: BinaryIO, size: int) -> str:
    """Return what is wrong with the archive that weights are, empty for a sound one; never unpacks a bomb."""
    with zipfile.ZipFile(file) as archive:
        members = archive.infolist()
        packed = any(member.compress_type != zipfile.ZIP_STORED for member in members)
        if packed or sum(member.file_size for member in members) > size:
            return "it is compressed, as no checkpoint is"
        broken = archive.testzip()
    return f"{broken} does not match its checksum" if broken else ""
