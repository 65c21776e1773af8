"""What a training finds around it: where Ultralytics prints, how many threads compute, what weights may run."""

from __future__ import annotations

import logging
import os
import re
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from shlex import quote
from typing import TextIO

from grokyolo.errors import GrokyoloError, RunError
from grokyolo.files import STATE_BYTES, Refused, opened

THREADS = "GROKYOLO_THREADS"
"""Environment variable: how many threads compute on a CPU; what sweeps set for the trainings that they start."""
SAFE_LOAD = "ULTRALYTICS_SAFE_LOAD"
"""Ultralytics' environment variable: weights are read with `weights_only`."""
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


def limit_threads() -> None:
    """Let trainings on the CPU in this process use as many threads as the environment says, if it does.

    Ultralytics takes all cores but one, up to eight, whatever else runs on the machine. Another number changes the
    order of sums and with it the last digits, so a run keeps its number from beginning to end.
    """
    wanted = os.environ.get(THREADS, "")
    if not wanted.isdecimal() or int(wanted) < 1:
        return
    from ultralytics.utils import torch_utils

    torch_utils.NUM_THREADS = int(wanted)  # what `select_device` sets, each time it chooses the CPU


@contextmanager
def own_activation() -> Iterator[None]:
    """Keep the activation of later models of this process as it was.

    Ultralytics puts it back only where an architecture that names another one is built to its end.
    """
    from ultralytics.nn.modules import Conv

    before = Conv.default_act
    try:
        yield
    finally:
        Conv.default_act = before


# Runs of strangers ---------------------------------------------------------------------------------------------------


@contextmanager
def data_only() -> Iterator[None]:
    """Let Ultralytics read weights with `weights_only`, and evaluate nothing in architectures, during the block.

    It is Ultralytics' own restricted loading: known layers, plain constructors of `torch.nn`, literals.

    Raises:
        GrokyoloError: the installed torch is too old for it.
    """
    from ultralytics.nn import tasks

    if not tasks._SafeLoad.SUPPORTED:
        raise GrokyoloError("this torch cannot read weights without running them", hint="pip install 'torch>=2.6'")
    before, flag = os.environ.get(SAFE_LOAD), tasks.SAFE_LOAD
    os.environ[SAFE_LOAD], tasks.SAFE_LOAD = "1", True  # the variable is for further processes of this training
    try:
        yield
    finally:
        tasks.SAFE_LOAD = flag
        if before is None:
            del os.environ[SAFE_LOAD]
        else:
            os.environ[SAFE_LOAD] = before


def must_be_weights(run: Path) -> None:
    """Make sure that weights/best.pt, which the last evaluation reads, holds nothing but weights.

    Raises:
        RunError: it holds more, or is damaged.
    """
    from ultralytics.nn.tasks import torch_safe_load

    path = run / "weights" / "best.pt"
    if not os.path.lexists(path):
        return
    try:
        opened(path, STATE_BYTES, within=run).close()
        torch_safe_load(path, safe_only=True)
    except Exception as error:  # whatever a damaged file makes torch stumble over
        reason = f": {error.strerror}" if isinstance(error, Refused) else ""
        aside = path.with_name("best-unread.pt")
        raise RunError(
            f"weights/best.pt is damaged, or holds more than weights{reason}",
            where=str(path),
            hint=f"mv {quote(str(path))} {quote(str(aside))}",
        ) from error
