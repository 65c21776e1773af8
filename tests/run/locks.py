"""Holding a run's lock as another process does."""

import fcntl
from contextlib import contextmanager


@contextmanager
def locked(run):
    """Lock a run, and name nobody."""
    with (run / "state" / "lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
