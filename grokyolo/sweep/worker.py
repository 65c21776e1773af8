"""A process of a sweep: the command line of grokyolo that does not outlive who started it.

    python -m grokyolo.sweep.worker train --recipe ... --name SWEEP/POINT --resume

Its standard input is a pipe that its parent holds open. Where the parent dies, by kill -9 too, the pipe ends; the
training then saves and stops as on SIGTERM. Nothing else is portable: Linux alone can tie a process to its parent.
"""

from __future__ import annotations

import os
import runpy
import signal
import sys
import threading


def end_with_parent() -> None:
    """Wait for the end of standard input, then ask this process to stop."""
    while os.read(sys.stdin.fileno(), 4096):
        pass
    if os.name == "nt":
        signal.raise_signal(signal.SIGTERM)  # os.kill would end the process at once there
    else:
        os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored below a shell's `&`, which this is not
    threading.Thread(target=end_with_parent, daemon=True).start()
    sys.argv[0] = "grokyolo"
    runpy.run_module("grokyolo", run_name="__main__", alter_sys=True)
