"""Ultralytics' output: silent unless asked for, never on standard output."""

from __future__ import annotations

import logging
import os
import re
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from typing import TextIO

COLOUR = re.compile("\x1b\\[[0-9;]*[A-Za-z]")
"""Terminal codes that Ultralytics puts into its messages."""


POINTLESS = re.compile(r"`get_trial_id`|ScriptModule")
"""Python warnings of libraries that no user can heed: Ray asked outside of Ray, TensorBoard tracing a model twice."""


class _Forward(logging.Handler):
    """Hands each warning on, once, without Ultralytics' emoji and colours."""

    def __init__(self, warn: Callable[[str], None]) -> None:
        super().__init__(logging.WARNING)
        self.warn = warn
        self._seen: set[str] = set()

    def emit(self, record: logging.LogRecord) -> None:
        self.once(COLOUR.sub("", record.getMessage()).replace("WARNING ⚠️", "").strip())

    def once(self, message: str) -> None:
        """Hand a message on unless that was done before."""
        if message and message not in self._seen:
            self._seen.add(message)
            self.warn(message)

    def show(  # noqa: PLR0917  # the signature of `warnings.showwarning`
        self,
        message: Warning | str,
        category: type[Warning],
        filename: str = "",
        lineno: int = 0,
        file: TextIO | None = None,
        line: str | None = None,
    ) -> None:
        """Hand a Python warning on, in place of `warnings.showwarning`, unless it is for those who write the code."""
        if not issubclass(category, (FutureWarning, DeprecationWarning)) and not POINTLESS.search(str(message)):
            self.once(str(message).strip())


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
    forward = _Forward(warn)
    LOGGER.handlers = [logging.StreamHandler(sys.stderr) if verbose else forward]
    LOGGER.setLevel(logging.INFO if verbose else logging.WARNING)
    try:
        with (
            Path(os.devnull).open("w") as nowhere,
            redirect_stdout(sys.stderr if verbose else nowhere),
            warnings.catch_warnings(),
        ):
            if not verbose:
                warnings.showwarning = forward.show
            yield
    finally:
        LOGGER.handlers = handlers
        LOGGER.setLevel(level)
