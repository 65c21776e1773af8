"""The job array: a shell runs it as Slurm would."""

import signal
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from grokyolo.sweep.slurm import script
from grokyolo.sweep.trials import plan_sweep

STAND_IN = """#!/bin/bash
trap 'touch "$CALLS.told"; exit 75' USR1
printf '%s\\n' "$@" >"$CALLS"
[ "$1" = "$WAITING" ] && while :; do sleep 0.05; done
exit "${CODE:-0}"
"""
"""Takes the place of `python`; it notes what it was called with and ends as it was told."""


@pytest.fixture
def array(workplace):
    """Return the script of a sweep, its python and scontrol being stand-ins, and a way to run a task of it."""
    made = plan_sweep(Path("runs") / "s", "grok-modular-addition", ["data.operation=+,*", "seed=0,1", "epochs=9"])
    text = script(replace(made.sweep, cpus=3), made.trials, workplace, gpus=1)
    (workplace / "python").write_text(STAND_IN)
    (workplace / "scontrol").write_text('#!/bin/bash\necho "$@" >requeued\n')
    for name in ("python", "scontrol"):
        (workplace / name).chmod(0o755)
    lines = [f"grokyolo=({workplace}/python)" if line.startswith("grokyolo=(") else line for line in text.splitlines()]
    (workplace / "sweep.sbatch").write_text("\n".join(lines) + "\n")
    return Array(workplace, text)


class Array:
    def __init__(self, workplace: Path, text: str) -> None:
        self.text = text
        self.workplace = workplace
        self.calls = workplace / "calls"

    def start(self, task: int, **environment: str) -> subprocess.Popen:
        known = {"PATH": f"{self.workplace}:/usr/bin:/bin", "CALLS": str(self.calls), "SLURM_ARRAY_JOB_ID": "77"}
        return subprocess.Popen(
            ["bash", "sweep.sbatch"],
            cwd=self.workplace,
            env={**known, "SLURM_ARRAY_TASK_ID": str(task), **environment},
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, task: int, **environment: str) -> int:
        return self.start(task, **environment).wait(30)

    @property
    def requeued(self) -> str:
        file = self.workplace / "requeued"
        return file.read_text().strip() if file.exists() else ""


def test_it_is_a_sound_script(array):
    assert subprocess.run(["bash", "-n", "sweep.sbatch"], cwd=array.workplace, check=False).returncode == 0


def test_it_asks_for_what_its_points_need(array):
    head = [line for line in array.text.splitlines() if line.startswith("#SBATCH")]
    assert {
        *("#SBATCH --array=0-3", "#SBATCH --cpus-per-task=3", "#SBATCH --gpus-per-task=1", "#SBATCH --job-name=s"),
        *("#SBATCH --signal=B:USR1@120", "#SBATCH --requeue", "#SBATCH --output=runs/s/logs/slurm-%A_%a.out"),
    } <= set(head)
    assert array.text.startswith("#!/bin/bash\n")


def test_each_task_trains_its_point(array):
    assert array.run(3) == 0
    assert array.calls.read_text().splitlines() == [
        *("train", "--recipe", "grok-modular-addition", "epochs=9", "data.operation='*'", "seed=1"),
        *("--name", "s/data.operation=times,seed=1", "--resume"),
    ]
    assert array.requeued == ""


def test_tasks_beyond_those_of_one_array_are_reached_by_an_offset(array):
    assert array.run(0, OFFSET="2") == 0
    assert "data.operation='*'" in array.calls.read_text()


def test_a_task_without_a_point_says_so(array):
    task = array.start(4)
    assert task.wait(30) == 2
    assert task.stderr.read() == "this sweep has points 0 to 3\n"


def test_exit_code_75_puts_the_task_back_into_the_queue(array):
    assert array.run(2, CODE="75") == 75
    assert array.requeued == "requeue 77_2"


def test_a_failure_does_not(array):
    assert array.run(2, CODE="1") == 1
    assert array.requeued == ""


def test_the_signal_before_the_end_reaches_the_training_which_may_save(array):
    task = array.start(1, WAITING="train")
    while not (array.calls.exists() and array.calls.read_text()):
        assert task.poll() is None
    task.send_signal(signal.SIGUSR1)
    assert task.wait(30) == 75
    assert Path(f"{array.calls}.told").exists()
    assert array.requeued == "requeue 77_1"


def test_more_points_than_an_array_takes_are_submitted_in_parts(workplace):
    made = plan_sweep(Path("runs") / "s", "grok-modular-addition", ["seed=0,1"])
    text = script(made.sweep, made.trials * 1250, workplace, gpus=0)  # resolving so many takes its time
    assert "#SBATCH --array=0-999\n" in text
    assert "#   sbatch --array=0-499 --export=ALL,OFFSET=2000 FILE\n" in text
    assert "\n##SBATCH --gpus-per-task=1\n" in text
