"""Going on with a run that may come from a stranger: its weights and its architecture run no code."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from shlex import quote

from grokyolo.errors import GrokyoloError, RunError
from grokyolo.files import STATE_BYTES, Refused, opened

VARIABLE = "ULTRALYTICS_SAFE_LOAD"


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
    before, flag = os.environ.get(VARIABLE), tasks.SAFE_LOAD
    os.environ[VARIABLE], tasks.SAFE_LOAD = "1", True  # the variable is for further processes of this training
    try:
        yield
    finally:
        tasks.SAFE_LOAD = flag
        if before is None:
            del os.environ[VARIABLE]
        else:
            os.environ[VARIABLE] = before


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
