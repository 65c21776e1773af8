"""A job array for Slurm: one task a point, stopped in order before its time is over, and put back into the queue."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Sequence
from pathlib import Path

from grokyolo.sweep.folder import LOGS, Sweep
from grokyolo.sweep.trials import Trial
from grokyolo.training.environment import THREADS

ARRAY = 1000
"""Tasks of one array: Slurm takes no index above MaxArraySize - 1, which is 1000 where nobody changed it."""

HEADER = """#!/bin/bash
# {points} points of the sweep {name}, one a task, made by: grokyolo sweep --slurm
#
# Edit: the #SBATCH lines for your cluster (partition, account, time, GPUs), and the lines
# behind "environment". Then: {submit}
# A task whose time is nearly over saves its run and goes back into the queue (exit code 75);
# a finished one does nothing, so the script may be submitted again. After the grid has grown
# run `grokyolo sweep ... --slurm` again.
#
#SBATCH --job-name={name}
#SBATCH --array=0-{last}
#SBATCH --cpus-per-task={cpus}
{gpus}#SBATCH --time=04:00:00
#SBATCH --signal=B:USR1@120
#SBATCH --requeue
#SBATCH --open-mode=append
#SBATCH --output={logs}/slurm-%A_%a.out
##SBATCH --partition=...
##SBATCH --account=...

# environment
cd {folder} || exit 1
export {threads}={cpus}
grokyolo=({python} -m grokyolo)
"""

FOOTER = """
signals=0
stop() {
  signals=$((signals + 1))
  [ -n "$training" ] && kill -USR1 "$training" 2>/dev/null
}
trap stop USR1 TERM

"${grokyolo[@]}" train --recipe "$recipe" "${values[@]}" --name "$sweep/$point" --resume &
training=$!
[ "$signals" -gt 0 ] && kill -USR1 "$training" 2>/dev/null
while :; do  # a signal ends `wait` before the training has saved
  seen=$signals
  wait "$training"
  found=$?
  [ "$found" -eq 127 ] && break
  code=$found
  [ "$signals" -eq "$seen" ] && break
done

if [ "$code" -eq 75 ] && [ -n "$SLURM_ARRAY_JOB_ID" ]; then
  scontrol requeue "${SLURM_ARRAY_JOB_ID}_${SLURM_ARRAY_TASK_ID}"
fi
exit "$code"
"""


def script(sweep: Sweep, trials: Sequence[Trial], folder: Path, *, gpus: int) -> str:
    """Return the script.

    Args:
        sweep: whose points they are.
        trials: the points, one a task in this order.
        folder: the current folder, as all nodes see it.
        gpus: of each task.
    """
    last = min(len(trials), ARRAY) - 1
    header = HEADER.format(
        points=len(trials),
        name=sweep.folder.name,
        submit=_submit(len(trials)),
        last=last,
        cpus=sweep.cpus,
        gpus=f"#SBATCH --gpus-per-task={gpus}\n" if gpus else "##SBATCH --gpus-per-task=1\n",
        logs=sweep.folder / LOGS,
        folder=shlex.quote(str(folder)),
        threads=THREADS,
        python=shlex.quote(sys.executable),
    )
    recipe, name = shlex.quote(sweep.recipe), shlex.quote(sweep.folder.name)
    names = [f"\nrecipe={recipe}\nsweep={name}\n", 'case "$((SLURM_ARRAY_TASK_ID + ${OFFSET:-0}))" in\n']
    return "".join([header, *names, *map(_task, range(len(trials)), trials), _none(len(trials)), FOOTER])


def _submit(points: int) -> str:
    """Return how to submit; more points than an array takes need several."""
    if points <= ARRAY:
        return "sbatch FILE"
    parts = []
    for first in range(0, points, ARRAY):
        last = min(points - first, ARRAY) - 1
        parts.append(f"sbatch --array=0-{last} --export=ALL,OFFSET={first} FILE")
    return "\n#   ".join(["", *parts])


def _task(number: int, trial: Trial) -> str:
    values = shlex.join(trial.arguments)
    return f"  {number}) point={shlex.quote(trial.point.name)} values=({values}) ;;\n"


def _none(points: int) -> str:
    return f'  *) echo "this sweep has points 0 to {points - 1}" >&2; exit 2 ;;\nesac\n'
