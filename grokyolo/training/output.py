"""Ultralytics' output: silent unless asked for, never on standard output."""

from __future__ import annotations

import logging
import os
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout
from pathlib import Path

COLOUR = re.compile("\x1b\\[[0-9;]*[A-Za-z]")
"""Terminal codes that Ultralytics puts into its messages."""


class _Forward(logging.Handler):
    """Hands each warning on, once, without Ultralytics' emoji and colours."""

    def __init__(self, warn: Callable[[str], None]) -> None:
        super().__init__(logging.WARNING)
        self.warn = warn
        self._seen: set[str] = set()

    def emit(self, record: logging.LogRecord) -> None:
        message = COLOUR.sub("", record.getMessage()).replace("WARNING ⚠️", "").strip()
        if message and message not in self._seen:
            self._seen.add(message)
            self.warn(message)


@contextmanager
def ultralytics_output(warn: Callable[[str], None], *, verbose: bool) -> Iterator[None]:
    """Route what Ultralytics prints during the block.

    Args:
        warn: takes each warning, one string.
        verbose: let its tables and progress bars through, on standard error; results own standard output.
    """
    os.environ.setdefault("YOLO_VERBOSE", str(verbose))
    from ultralytics.utils import LOGGER

    level, handlers = LOGGER.level, LOGGER.handlers
    LOGGER.handlers = [logging.StreamHandler(sys.stderr) if verbose else _Forward(warn)]
    LOGGER.setLevel(logging.INFO if verbose else logging.WARNING)
    try:
        with Path(os.devnull).open("w") as nowhere, redirect_stdout(sys.stderr if verbose else nowhere):
            yield
    finally:
        LOGGER.handlers = handlers
        LOGGER.setLevel(level)
