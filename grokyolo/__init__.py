"""Train YOLO far past memorisation, measure the train-val gap honestly, and judge what happened."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from grokyolo.gap import Series, read_run
    from grokyolo.training.api import train
    from grokyolo.training.callback import add_grokyolo_callback
    from grokyolo.verdict import Assessment, Verdict
    from grokyolo.verdict.assess import assess

__all__ = ["Assessment", "Series", "Verdict", "__version__", "add_grokyolo_callback", "assess", "read_run", "train"]

_HOME = {
    "Assessment": "grokyolo.verdict",
    "Series": "grokyolo.gap",
    "Verdict": "grokyolo.verdict",
    "add_grokyolo_callback": "grokyolo.training.callback",
    "assess": "grokyolo.verdict",
    "read_run": "grokyolo.gap",
    "train": "grokyolo.training.api",
}


def __getattr__(name: str) -> Any:
    """Import the public names on first use, so that `grokyolo --help` loads neither numpy nor polars."""
    if name in _HOME:
        from importlib import import_module

        return getattr(import_module(_HOME[name]), name)
    raise AttributeError(f"module 'grokyolo' has no attribute '{name}'")
