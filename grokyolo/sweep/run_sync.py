"""A run on its way between two machines: only what is new travels, and every moment of it can be resumed.

A resume cuts the logs back to the newest state and cannot add to them. So states are read before logs, and written
behind them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from grokyolo.files import write_durably
from grokyolo.run.folder import OWNER
from grokyolo.run.state import FOLDER as STATES
from grokyolo.sweep.folder import log_of

OF_PROCESS = ("lock", OWNER)
"""Files in the folder of states that belong to the process that trains."""


class RunSync:
    """One run and its log, inside a sweep folder.

    Args:
        sweep: the folder.
        point: name of the run folder in it.
    """

    def __init__(self, sweep: Path, point: str) -> None:
        self._sweep = sweep
        self._run = sweep / point
        self._log = log_of(sweep, point)
        self._sent: dict[str, tuple[int, int]] = {}

    def changes(self) -> tuple[dict[str, bytes], list[str]]:
        """Return the content of each file that changed since the last call, and the names of all there are.

        Names are relative to the sweep folder.
        """
        changed: dict[str, bytes] = {}
        present = []
        for path in self._files():
            name = path.relative_to(self._sweep).as_posix()
            try:
                stat = path.stat()
                mark = (stat.st_size, stat.st_mtime_ns)
                if self._sent.get(name) != mark:
                    changed[name] = path.read_bytes()
                    self._sent[name] = mark
            except OSError:  # a state that has just given way to a newer one
                continue
            present.append(name)
        return changed, present

    def apply(self, content: Mapping[str, bytes], present: Iterable[str] | None = None) -> None:
        """Write files; then remove the states that are not among those present.

        Args:
            content: name to content.
            present: names of all files of the run; None removes nothing.
        """
        for name in sorted(content, key=_is_state):
            write_durably(self._sweep / name, content[name])
        if present is not None:
            kept = set(present)
            for path in self._files():
                name = path.relative_to(self._sweep).as_posix()
                if _is_state(name) and name not in kept:
                    path.unlink(missing_ok=True)

    def _files(self) -> list[Path]:
        """Return the files that travel, states first."""
        found = [self._log] if self._log.is_file() else []
        for path in self._run.rglob("*"):
            of_process = path.parent.name == STATES and path.name in OF_PROCESS
            if path.is_file() and path.suffix != ".tmp" and not of_process:
                found.append(path)
        return sorted(found, key=lambda path: (path.parent.name != STATES, path))


class Store:
    """The sweep's folder, for nodes that do not see it; an actor on the machine that has it.

    Args:
        folder: the sweep folder.
    """

    def __init__(self, folder: str) -> None:
        self._folder = Path(folder)

    def load(self, point: str) -> dict[str, bytes]:
        """Return what there is of a point."""
        return RunSync(self._folder, point).changes()[0]

    def save(self, point: str, changed: dict[str, bytes], present: list[str]) -> None:
        """Write what is new of a point."""
        RunSync(self._folder, point).apply(changed, present)


def _is_state(name: str) -> bool:
    return f"/{STATES}/" in name
